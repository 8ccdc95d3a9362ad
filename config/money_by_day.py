"""What came in and went out on each day, over M-Pesa, in cents.

A day is that on which it was asked for, in Nairobi. Ids grow with time, so that a window of days is
a range of the primary key. A day that is over hardly changes: its sums are kept for an hour, and
reading them again costs nothing. Today's are read each time.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone
from redis.exceptions import RedisError

from nannychain.clock import NAIROBI
from nannychain.ids import first_since
from payments.deposits.models import Deposit
from payments.deposits.states import State as DepositState
from payments.paybill.models import PaybillPayment
from payments.paybill.states import State as PaybillState
from payments.withdrawals.models import Withdrawal
from payments.withdrawals.states import State as WithdrawalState

DAYS_MAX = 30
KEPT_SECONDS = 3_600
# With us, for a member or for we don't know whom.
_CAME = (PaybillState.CREDITED, PaybillState.SUSPENSE, PaybillState.RETURNING)


@dataclass(frozen=True)
class Day:
    """One day's sums, in cents."""

    day: date
    in_cents: int
    out_cents: int


def last(days: int) -> list[Day]:
    """Return the sums of the last `days` days, at most DAYS_MAX, the oldest first."""
    today = _today()
    wanted = [today - timedelta(days=back) for back in range(min(days, DAYS_MAX) - 1, -1, -1)]
    sums = _kept(wanted[:-1])
    missing = [day for day in wanted if day not in sums]
    read = _read(since=missing[0])
    fresh = {day: (read[0].get(day, 0), read[1].get(day, 0)) for day in missing}
    _keep({day: found for day, found in fresh.items() if day != today})
    return [Day(day, *{**sums, **fresh}[day]) for day in wanted]


def _today() -> date:
    return timezone.localtime(timezone=NAIROBI).date()


def _read(*, since: date) -> tuple[Mapping[date, int], Mapping[date, int]]:
    """Return what came in and what went out, by day."""
    first = first_since(datetime.combine(since, time(), tzinfo=NAIROBI))
    came: dict[date, int] = defaultdict(int)
    for rows in (
        Deposit.objects.filter(pk__gte=first, state=DepositState.PAID),
        PaybillPayment.objects.filter(pk__gte=first, state__in=_CAME),
    ):
        for day, cents in _by_day(rows):
            came[day] += cents
    went = Withdrawal.objects.filter(pk__gte=first, state=WithdrawalState.PAID)
    return came, dict(_by_day(went))


def _by_day(rows: QuerySet[Any]) -> Iterator[tuple[date, int]]:
    day = TruncDate("created_at", tzinfo=NAIROBI)
    sums = rows.order_by().values_list(day).annotate(cents=Sum("amount_cents"))
    yield from sums


def _key(day: date) -> str:
    return f"front:money:{day.isoformat()}"


def _kept(days: Iterable[date]) -> dict[date, tuple[int, int]]:
    keys = {_key(day): day for day in days}
    try:
        return {keys[key]: tuple(sums) for key, sums in cache.get_many(keys).items()}
    except (RedisError, OSError):
        return {}


def _keep(sums: Mapping[date, tuple[int, int]]) -> None:
    try:
        cache.set_many({_key(day): found for day, found in sums.items()}, timeout=KEPT_SECONDS)
    except (RedisError, OSError):
        return  # read again next time
