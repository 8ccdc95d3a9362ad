"""M-Pesa for tests: our account with it, members with money, and workers that work when told to."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db.models import F
from django.utils import timezone

from nannychain.actors import Actor
from nannychain.approvals import services as approvals
from nannychain.inbox import services as inbox
from nannychain.inbox.models import InboxMessage
from nannychain.notifications.models import Sms
from payments.deposits import postings
from payments.deposits import selectors as deposits
from payments.deposits import tending as deposit_tending
from payments.deposits.models import Deposit
from payments.withdrawals import selectors as withdrawals
from payments.withdrawals import tending as withdrawal_tending
from payments.withdrawals.models import Desk, PayoutAttempt, Withdrawal
from tests.factories import certificates
from tests.factories.members import MemberFactory
from wallets.ledger import accounts, posting, reading
from wallets.ledger.chart import Kind
from wallets.wallet import selectors as wallets
from workers.identity.models import Member

SHORTCODE, PAYOUT_SHORTCODE = "600000", "600001"


def account(url: str) -> dict[str, Any]:
    """Return the settings of our account with the M-Pesa that answers there."""
    return {
        "MPESA_BASE_URL": url,
        "MPESA_CONSUMER_KEY": f"key-{uuid4().hex}",  # each test has a token of its own
        "MPESA_CONSUMER_SECRET": "secret-of-the-tests",
        "MPESA_SHORTCODE": SHORTCODE,
        "MPESA_PASSKEY": "passkey-of-the-tests",
        "MPESA_B2C_SHORTCODE": PAYOUT_SHORTCODE,
        "MPESA_INITIATOR_NAME": "testapi",
        "MPESA_INITIATOR_PASSWORD": "initiator-of-the-tests",
        "MPESA_CERTIFICATE": certificates.self_signed().certificate,
    }


def use(configured: Any, **changes: Any) -> None:
    """Let Django's settings be these."""
    for name, value in changes.items():
        setattr(configured, name, value)


def member_with(cents: int = 0, **fields: Any) -> Member:
    """Return a new member with so much in her wallet."""
    member: Member = MemberFactory.create(**{"phone_proved": True, **fields})
    if cents:
        put_in(member, cents)
    return member


def put_in(member: Member, cents: int) -> None:
    """Put money into a member's wallet."""
    posting.post(
        postings.settled(
            deposit_id=uuid4().hex,
            paybill_float=accounts.open_account(Kind.PAYBILL_FLOAT, label=SHORTCODE),
            wallet=wallets.account_of(member.pk),
            amount_cents=cents,
            effective_at=timezone.now(),
        )
    )


def settle_by_two(withdrawal: Withdrawal, *, paid: bool, receipt: str = "") -> None:
    """Let one member of staff ask for the decision, and another take it."""
    kind = "withdrawal.settle_as_paid" if paid else "withdrawal.settle_as_not_paid"
    payload = {"evidence": "M-Pesa's statement", **({"receipt": receipt} if paid else {})}
    asked = approvals.ask(
        kind,
        subject_type="payments.withdrawal",
        subject_id=withdrawal.pk,
        payload=payload,
        by=Actor(uuid4(), "NW-ASKER"),
        reason="Looked at it",
    )
    by = Actor(uuid4(), "NW-DECIDER")
    approvals.decide(asked.pk, by=by, approve=True, reason="Looked at it too")


def balance(member: Member) -> int:
    """Return what a member can use, in cents."""
    return wallets.standing_of(member.pk).available


def standing(kind: Kind, label: str = "") -> int:
    """Return what stands on an account of ours."""
    return reading.standing(accounts.open_account(kind, label=label)).balance


def texts(member: Member) -> list[str]:
    """Return the SMS to a member, oldest first."""
    return list(
        Sms.objects.filter(phone=member.phone).order_by("pk").values_list("text", flat=True)
    )


def pass_time(**units: float) -> None:
    """Let everything under way be older by so much: a test does not wait."""
    past = timedelta(**units)
    for model, names in (
        (Deposit, ("created_at", "expires_at", "sent_at", "due_at")),
        (Withdrawal, ("created_at", "due_at")),
        (PayoutAttempt, ("sent_at", "asked_at", "not_known_since")),
        (Desk, ("short_since", "probe_at")),
    ):
        model.objects.update(**{name: F(name) - past for name in names})


def read_inbox() -> list[str]:
    """Work off all callbacks; return what the new ones came to."""
    waiting = InboxMessage.objects.filter(handled_at__isnull=True)
    keys = list(waiting.order_by("pk").values_list("pk", flat=True))
    inbox.sweep()
    return list(
        InboxMessage.objects.filter(pk__in=keys).order_by("pk").values_list("outcome", flat=True)
    )


def work() -> list[str]:
    """Do what beat and workers do: read callbacks, and tend whatever is due."""
    outcomes = read_inbox()
    for deposit_id in deposits.due():
        deposit_tending.tend(deposit_id)
    for withdrawal_id in withdrawals.due():
        withdrawal_tending.tend(withdrawal_id)
    return outcomes
