"""What waits for a phone: accepted and durable in PostgreSQL, and not told or done yet.

`sync` rings the sweeps that work it off; they come by themselves every few seconds as well. Each
kind of thing that may wait is a line here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from nannychain import queues
from nannychain.ids import first_since
from nannychain.notifications.models import Sms
from nannychain.notifications.states import State as SmsState
from payments.deposits.models import Deposit
from payments.deposits.states import AWAITED, OPEN
from payments.paybill.models import PaybillPayment
from payments.paybill.states import OPEN as PAYBILL_OPEN
from payments.withdrawals.models import Withdrawal
from payments.withdrawals.states import WITHDRAWAL
from wallets.stellar.models import FundingRequest
from wallets.stellar.states import FUNDING
from workers.identity import addresses
from workers.identity import selectors as identity
from workers.identity.addresses import Address
from workers.identity.models import Member

SWEEPS = (
    "nannychain.inbox.sweep",
    "nannychain.notifications.sweep",
    "nannychain.outbox.relay",
    "payments.deposits.sweep",
    "payments.paybill.sweep",
    "payments.reconciliation.statements.sweep",
    "payments.withdrawals.sweep",
    "wallets.stellar.sweep",
    "workers.identity.sim_swaps.sweep",
)
_SMS_WAITING = (SmsState.QUEUED, SmsState.CLAIMED)
_FIRST = UUID(int=0)


@dataclass(frozen=True)
class Waiting:
    """One thing that waits: of what kind, how far it is, and since when.

    `place` is where it stands among all of them: it grows with time, and no two have the same.
    """

    place: UUID
    kind: str
    state: str
    since: datetime


def for_phone(phone: str, *, after: UUID | None = None, count: int) -> list[Waiting]:
    """Return the first so many that wait for the phone (E.164) after that place, oldest first."""
    place = after or _FIRST
    member = identity.member_by_phone(phone)
    found = [*_messages(phone, place, count), *_payments(phone, place, count)]
    if member is not None:
        found += [*_accounts(member, place), *_paybill(member, place)]
    return sorted(found, key=lambda each: each.place)[:count]


def sync() -> tuple[str, ...]:
    """Ring every sweep now; return which."""
    for task in SWEEPS:
        queues.enqueue(task)
    return SWEEPS


def _messages(phone: str, after: UUID, count: int) -> Iterator[Waiting]:
    rows = Sms.objects.filter(phone=phone, state__in=_SMS_WAITING, pk__gt=after).order_by("pk")
    for pk, kind, state, since in rows.values_list("pk", "kind", "state", "created_at")[:count]:
        yield Waiting(pk, f"sms.{kind}", state, since)


def _accounts(member: Member, after: UUID) -> Iterator[Waiting]:
    rows = FundingRequest.objects.filter(wallet__party_id=member.pk).exclude(
        state__in=FUNDING.terminal
    )
    for pk, state, since in rows.values_list("pk", "state", "created_at"):
        place = UUID(int=first_since(since).int | pk)  # one for each network, counted from 1
        if place > after:
            yield Waiting(place, "stellar.account", state, since)


def _payments(phone: str, after: UUID, count: int) -> Iterator[Waiting]:
    # Late money may follow every other end, but nobody waits for it.
    deposits = Deposit.objects.filter(phone=phone, state__in=(*OPEN, *AWAITED))
    withdrawals = Withdrawal.objects.filter(phone=phone).exclude(state__in=WITHDRAWAL.terminal)
    waiting: dict[str, QuerySet[Deposit] | QuerySet[Withdrawal]] = {
        "deposit": deposits,
        "withdrawal": withdrawals,
    }
    for kind, rows in waiting.items():
        found = rows.filter(pk__gt=after).order_by("pk")
        for pk, state, since in found.values_list("pk", "state", "created_at")[:count]:
            yield Waiting(pk, kind, state, since)


def _paybill(member: Member, after: UUID) -> Iterator[Waiting]:
    # Few stand open at once, and whom one is for may be typed in any spelling.
    hers = (Address(phone=member.phone), Address(worker_id=member.worker_id))
    rows = PaybillPayment.objects.filter(state__in=PAYBILL_OPEN, pk__gt=after).order_by("pk")
    for pk, state, since, typed in rows.values_list("pk", "state", "created_at", "account"):
        if addresses.read(typed) in hers:
            yield Waiting(pk, "paybill", state, since)
