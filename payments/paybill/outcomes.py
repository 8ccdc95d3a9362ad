"""What becomes of a payment, written down: the books, the row and the SMS, all or nothing."""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.utils import timezone

from nannychain import events, notifications
from nannychain.transactions import required
from payments import limits
from payments.mpesa.receipts import services as receipts
from payments.paybill import echoes, messages, postings, prompts
from payments.paybill.models import PaybillPayment
from payments.paybill.states import PAYBILL, State
from wallets.ledger import accounts, posting, reading
from wallets.ledger.chart import Kind
from wallets.wallet import selectors as wallets
from workers.identity import selectors as members
from workers.identity.models import Member

log = structlog.get_logger(__name__)

# M-Pesa's clock is believed where it can be true.
_OLDEST = timedelta(days=7)


@required
def locked(payment_id: UUID | str) -> PaybillPayment | None:
    """Return the payment, locked to the end of the transaction."""
    rows = PaybillPayment.objects.select_for_update(no_key=True).select_related(None)
    return rows.filter(pk=payment_id).first()


@required
def believe(payment: PaybillPayment) -> str:
    """Book a payment that has certainly come: as a prompt's, into a wallet, or into suspense.

    Returns where it went, in a word. `payment` must be locked, and stand in UNCONFIRMED.
    """
    match = _match(payment)
    if match is not None and match.is_echo and _is_of_prompt(payment, match.deposit_id):
        return "echo"
    member = _named(payment, match)
    if match is None and _is_of_unnamed_prompt(payment, member):
        return "echo"
    if not receipts.claim(payment.receipt, owner=f"paybill:{payment.pk}"):
        return _echo(payment, deposit_id=None, why="its receipt belongs to another operation")
    if member is None or not member.is_active:
        return put_aside(payment, why="the account number names nobody")
    return _credit(payment, member)


def _match(payment: PaybillPayment) -> prompts.Match | None:
    """Return the deposit whose reference the account number is."""
    return prompts.find(
        payment.account,
        receipt=payment.receipt,
        amount_cents=payment.amount_cents,
        shortcode=payment.shortcode,
    )


def _named(payment: PaybillPayment, match: prompts.Match | None) -> Member | None:
    """Return the member whom the account number names, by a deposit's reference or by herself."""
    if match is not None:
        return Member.objects.filter(pk=match.member_id).first()
    return members.member_by_address(payment.account)


@required
def _is_of_unnamed_prompt(payment: PaybillPayment, member: Member | None) -> bool:
    """Leave it to the deposit that has its receipt already, or that it can only be that of."""
    kind, _, key = receipts.owner(payment.receipt).partition(":")
    if not kind:
        deposit_id = echoes.certain(payment, named=member.pk if member is not None else None)
    else:
        deposit_id = UUID(key) if kind == "deposit" else None
    return deposit_id is not None and _is_of_prompt(payment, deposit_id)


@required
def _is_of_prompt(payment: PaybillPayment, deposit_id: UUID) -> bool:
    is_own = _record(payment, deposit_id)
    if is_own:
        _echo(payment, deposit_id=deposit_id, why="it is that of a prompt")
    return is_own


@required
def _record(payment: PaybillPayment, deposit_id: UUID) -> bool:
    return prompts.record(
        deposit_id,
        receipt=payment.receipt,
        amount_cents=payment.amount_cents,
        at=payment.paid_at,
    )


@required
def _echo(payment: PaybillPayment, *, deposit_id: UUID | None, why: str) -> str:
    PAYBILL.move(
        payment,
        to=State.ECHO,
        why=why,
        deposit_id=deposit_id,
        ended_at=timezone.now(),
        due_at=None,
    )
    return "echo"


@required
def put_aside(payment: PaybillPayment, *, why: str) -> str:
    """Book a payment that has certainly come into suspense; `payment` must be locked.

    Its receipt is claimed, so that no other operation books it.
    """
    if not receipts.claim(payment.receipt, owner=f"paybill:{payment.pk}"):
        return _echo(payment, deposit_id=None, why="its receipt belongs to another operation")
    suspense = accounts.open_account(Kind.SUSPENSE_RECEIPTS, label=payment.shortcode)
    _receive(payment, into=suspense)
    PAYBILL.move(payment, to=State.SUSPENSE, why=why, due_at=None)
    return "suspense"


@required
def _credit(payment: PaybillPayment, member: Member) -> str:
    wallet = wallets.account_of(member.pk)
    _receive(payment, into=wallet)
    _is_hers(payment, member, wallet=wallet, why="the account number names her")
    return "credited"


@required
def named(payment: PaybillPayment) -> str:
    """Put a payment out of suspense into the wallet that its account number names.

    For one whose account number has only now been told by somebody known; it may be a prompt's.
    `payment` must be locked, and `prompts.hold` called before.
    """
    match = _match(payment)
    if match is not None and match.is_echo and _record(payment, match.deposit_id):
        return "echo"
    member = _named(payment, match)
    if member is None or not member.is_active:
        return "suspense"
    allot(payment, member, why="M-Pesa has told now for whom it is")
    return "credited"


@required
def _receive(payment: PaybillPayment, *, into: int) -> None:
    posting.post(
        postings.received(
            receipt=payment.receipt,
            paybill_float=accounts.open_account(Kind.PAYBILL_FLOAT, label=payment.shortcode),
            to=into,
            amount_cents=payment.amount_cents,
            effective_at=_plausible(payment.paid_at),
        )
    )


@required
def allot(payment: PaybillPayment, member: Member, *, why: str) -> None:
    """Book a payment in suspense into the member's wallet; `payment` must be locked."""
    wallet = wallets.account_of(member.pk)
    posting.post(
        postings.allotted(
            receipt=payment.receipt,
            suspense=accounts.open_account(Kind.SUSPENSE_RECEIPTS, label=payment.shortcode),
            wallet=wallet,
            amount_cents=payment.amount_cents,
            effective_at=timezone.now(),
        )
    )
    _is_hers(payment, member, wallet=wallet, why=why)


@required
def _is_hers(payment: PaybillPayment, member: Member, *, wallet: int, why: str) -> None:
    """Let limits see the wallet, tell the member, and move the payment."""
    instant = timezone.now()
    limits.settle_excess(member.pk, account_id=wallet, at=instant, cause=f"mpesa:{payment.receipt}")
    text = messages.credited(
        amount_cents=payment.amount_cents,
        payer=payment.payer_name,
        balance_cents=reading.standing(wallet).available,
        receipt=payment.receipt,
        language=member.language,
    )
    sms = notifications.queue(
        phone=member.phone, kind="receipt", text=text, language=member.language
    )
    PAYBILL.move(
        payment,
        to=State.CREDITED,
        why=why,
        member=member,
        sms=sms,
        ended_at=instant,
        due_at=None,
    )
    events.publish(
        "paybill.credited",
        payment_id=str(payment.pk),
        member_id=str(member.pk),
        amount_cents=payment.amount_cents,
        receipt=payment.receipt,
    )
    log.info("paybill.credited", payment_id=str(payment.pk))


@required
def returned(payment: PaybillPayment, *, why: str) -> None:
    """Book that the payer has the money again; `payment` must be locked."""
    posting.post(
        postings.returned(
            receipt=payment.receipt,
            suspense=accounts.open_account(Kind.SUSPENSE_RECEIPTS, label=payment.shortcode),
            paybill_float=accounts.open_account(Kind.PAYBILL_FLOAT, label=payment.shortcode),
            amount_cents=payment.amount_cents,
            effective_at=timezone.now(),
        )
    )
    PAYBILL.move(payment, to=State.RETURNED, why=why, ended_at=timezone.now(), due_at=None)


def _plausible(at: datetime | None) -> datetime:
    instant = timezone.now()
    return at if at is not None and instant - _OLDEST <= at <= instant else instant
