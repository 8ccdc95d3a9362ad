"""What waits for a phone: accepted and durable in PostgreSQL, and not told or done yet.

`sync` rings the sweeps that work it off; they come by themselves every few seconds as well. Each
kind of thing that may wait is a line here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from nannychain import queues
from nannychain.notifications.models import Sms
from nannychain.notifications.states import State as SmsState
from payments.deposits.models import Deposit
from payments.deposits.states import AWAITED, OPEN
from payments.withdrawals.models import Withdrawal
from payments.withdrawals.states import WITHDRAWAL
from wallets.stellar.models import FundingRequest
from wallets.stellar.states import FUNDING
from workers.identity import selectors as identity

SWEEPS = (
    "nannychain.notifications.sweep",
    "nannychain.outbox.relay",
    "payments.deposits.sweep",
    "payments.withdrawals.sweep",
    "wallets.stellar.sweep",
)
_SMS_WAITING = (SmsState.QUEUED, SmsState.CLAIMED)


@dataclass(frozen=True)
class Waiting:
    """One thing that waits: of what kind, how far it is, and since when."""

    kind: str
    state: str
    since: datetime


def for_phone(phone: str) -> list[Waiting]:
    """Return all that waits for the phone (E.164), the oldest first."""
    found = [*_messages(phone), *_accounts(phone), *_payments(phone)]
    return sorted(found, key=lambda each: each.since)


def sync() -> tuple[str, ...]:
    """Ring every sweep now; return which."""
    for task in SWEEPS:
        queues.enqueue(task)
    return SWEEPS


def _messages(phone: str) -> Iterator[Waiting]:
    rows = Sms.objects.filter(phone=phone, state__in=_SMS_WAITING)
    for kind, state, since in rows.values_list("kind", "state", "created_at"):
        yield Waiting(f"sms.{kind}", state, since)


def _accounts(phone: str) -> Iterator[Waiting]:
    member = identity.member_by_phone(phone)
    if member is None:
        return
    rows = FundingRequest.objects.filter(wallet__party_id=member.pk).exclude(
        state__in=FUNDING.terminal
    )
    for state, since in rows.values_list("state", "created_at"):
        yield Waiting("stellar.account", state, since)


def _payments(phone: str) -> Iterator[Waiting]:
    # Late money may follow every other end, but nobody waits for it.
    deposits = Deposit.objects.filter(phone=phone, state__in=(*OPEN, *AWAITED))
    for state, since in deposits.values_list("state", "created_at"):
        yield Waiting("deposit", state, since)
    withdrawals = Withdrawal.objects.filter(phone=phone).exclude(state__in=WITHDRAWAL.terminal)
    for state, since in withdrawals.values_list("state", "created_at"):
        yield Waiting("withdrawal", state, since)
