"""What the rules about M-Pesa look at: the float that pays out, and callbacks that don't come.

The table that they stand in is `alerts.py`.
"""

from datetime import datetime, timedelta

from django.db.models import Count, Q, Sum
from django.utils import timezone

from nannychain.alerts.rules import Found
from nannychain.ids import first_since
from payments.deposits.models import Deposit
from payments.deposits.states import State as DepositState
from payments.reconciliation.balances import selectors as balances
from payments.withdrawals.models import Desk, Withdrawal
from payments.withdrawals.sending import GIVE_BACK_AFTER, NOT_IN_TIME
from payments.withdrawals.states import State
from wallets.ledger import reading
from wallets.ledger.chart import Kind
from wallets.ledger.models import Account

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
DEPOSITS_LEAST = 5


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
    """Tell when deposits of the last hour were paid, and not one was told by a callback."""
    since = first_since(timezone.now() - HOUR)
    rows = Deposit.objects.filter(pk__gte=since, state=DepositState.PAID)
    found = rows.aggregate(paid=Count("pk"), told=Count("pk", filter=Q(told_by="callback")))
    if found["paid"] < DEPOSITS_LEAST or found["told"]:
        return None
    return {"deposits paid in the last hour": found["paid"], "told by a callback": 0}
