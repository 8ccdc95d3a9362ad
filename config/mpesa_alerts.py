"""What the rules about M-Pesa look at: the float that pays out, and callbacks that don't come.

The table that they stand in is `alerts.py`.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import CharField, Count, Exists, OuterRef, Q, Sum
from django.db.models.functions import Cast
from django.utils import timezone

from nannychain.alerts.rules import Found
from nannychain.ids import first_since
from nannychain.states.models import StateChange
from payments.deposits.models import Deposit
from payments.deposits.states import State as DepositState
from payments.paybill.models import PaybillPayment
from payments.paybill.services import CONFIRMATION, PULL
from payments.reconciliation.balances import selectors as balances
from payments.withdrawals.models import Desk, Withdrawal
from payments.withdrawals.results import CALLBACK, STATEMENT, STATUS
from payments.withdrawals.sending import GIVE_BACK_AFTER, NOT_IN_TIME
from payments.withdrawals.states import WITHDRAWAL, State
from wallets.ledger import reading
from wallets.ledger.chart import Kind
from wallets.ledger.models import Account

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
CALLBACKS_LEAST = 5  # fewer prove nothing


def float_low() -> Found:
    """Tell which number's float is less than was wanted from it in the last day, or fell short.

    What is there is the lower of our books and M-Pesa's last word. A number whose float was short
    when it was last tried is low, whatever either says.
    """
    now = timezone.now()
    needs = _wanted_cents(since=now - DAY)
    short = Desk.objects.filter(short_since__isnull=False).values_list("pk", "short_since")
    short_since = dict(short)
    numbers = sorted({*needs, *short_since})
    held = _held_cents(numbers, at=now)
    low = {
        number: {
            "holds_cents": held[number],
            "a_day_needs_cents": needs.get(number, 0),
            "short_since": since.isoformat(timespec="seconds") if since else None,
        }
        for number in numbers
        if (since := short_since.get(number)) or held[number] < needs.get(number, 0)
    }
    return low or None


def _wanted_cents(*, since: datetime) -> dict[str, int]:
    """Return what each number was to pay out since then, and what it couldn't in time.

    The latter is in the wallets again, and will be asked for anew. What M-Pesa refused for good
    took no float.
    """
    rows = Withdrawal.objects.filter(
        ~Q(state=State.FAILED) & Q(pk__gte=first_since(since))
        | Q(state=State.FAILED, reason=NOT_IN_TIME, ended_at__gte=since),
        pk__gte=first_since(since - GIVE_BACK_AFTER - DAY),
    )
    by_number = rows.order_by().values_list("shortcode").annotate(cents=Sum("amount_cents"))
    return dict(by_number.order_by())


def _held_cents(numbers: list[str], *, at: datetime) -> dict[str, int]:
    """Return what lies under each number to pay out from: nothing where no account is open."""
    accounts = Account.objects.filter(
        kind=Kind.PAYOUT_FLOAT, label__in=numbers, owner_id__isnull=True
    )
    label_of = dict(accounts.values_list("pk", "label"))
    held = dict.fromkeys(numbers, 0)
    for pk, standing in reading.standings(label_of).items():
        held[label_of[pk]] += standing.balance
    for number, told in balances.last(numbers).items():
        if told.told_cents is not None and balances.is_fresh(told, at=at):
            held[number] = min(held[number], told.told_cents)
    return held


def callbacks_silent() -> Found:
    """Tell of what M-Pesa did in the last hour and told by itself not once: we learnt it by asking.

    Of deposits, of payouts, and of payments to the paybill: each comes to an address of its own.
    """
    since = first_since(timezone.now() - HOUR)
    flows: tuple[tuple[str, Callable[[UUID], int]], ...] = (
        ("deposits paid", _deposits_asked_about),
        ("withdrawals paid", _withdrawals_asked_about),
        ("paybill payments found", _payments_pulled),
    )
    counts = {name: count(since) for name, count in flows}
    silent = {
        f"{name} in the last hour, none told by M-Pesa itself": count
        for name, count in counts.items()
        if count >= CALLBACKS_LEAST
    }
    return silent or None


def _deposits_asked_about(since: UUID) -> int:
    """Return how many deposits were paid, where not one was told by a callback; else 0."""
    rows = Deposit.objects.filter(pk__gte=since, state=DepositState.PAID)
    found = rows.aggregate(paid=Count("pk"), told=Count("pk", filter=Q(told_by="callback")))
    return 0 if found["told"] else int(found["paid"])


def _withdrawals_asked_about(since: UUID) -> int:
    """Return how many payouts a question or a statement told of, where no result did; else 0."""
    rows = Withdrawal.objects.filter(pk__gte=since, state=State.PAID)
    if rows.filter(_told_by(CALLBACK)).exists():
        return 0
    return rows.filter(_told_by(STATUS, STATEMENT)).count()


def _told_by(*who: str) -> Exists:
    """Narrow withdrawals to those that became paid by the word of one of these."""
    return Exists(
        StateChange.objects.filter(
            machine=WITHDRAWAL.name,
            subject_id=Cast(OuterRef("pk"), CharField()),
            target=State.PAID,
            why__in=[f"told by {each}" for each in who],
        )
    )


def _payments_pulled(since: UUID) -> int:
    """Return how many payments a pull has found, where not one was confirmed; else 0."""
    rows = PaybillPayment.objects.filter(pk__gte=since)
    found = rows.aggregate(
        pulled=Count("pk", filter=Q(told_by=PULL)),
        confirmed=Count("pk", filter=Q(told_by=CONFIRMATION)),
    )
    return 0 if found["confirmed"] else int(found["pulled"])
