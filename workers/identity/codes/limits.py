"""How often a number and an address may ask for codes and try them.

Counted in PostgreSQL, in the transaction of what is counted, so that the limits hold without Redis
and between any number of processes. Windows are fixed: at a boundary, twice as much may pass.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.utils import timezone

from nannychain import keyed
from nannychain.errors import TooOften
from nannychain.transactions import required
from workers.identity.codes.models import Tally

_TAKE = """
    INSERT INTO workers_tally AS tally (name, key, since, count) VALUES (%s, %s, %s, 1)
    ON CONFLICT (name, key, since) DO UPDATE SET count = tally.count + 1 WHERE tally.count < %s
    RETURNING count
"""
_GIVE_BACK = """
    UPDATE workers_tally SET count = count - 1
     WHERE name = %s AND key = %s AND since = %s AND count > 0
"""


@dataclass(frozen=True)
class Limit:
    """At most `most` times in `window`, for one number or address."""

    name: str
    most: int
    window: timedelta

    def since(self, instant: datetime) -> datetime:
        """Return when the window of that instant began."""
        seconds = int(self.window.total_seconds())
        return datetime.fromtimestamp(int(instant.timestamp()) // seconds * seconds, tz=UTC)


SENDING_TO_PHONE = (
    Limit("codes to a phone, shortly", 3, timedelta(minutes=10)),
    Limit("codes to a phone, in a day", 10, timedelta(days=1)),
)
SENDING_FROM_ADDRESS = (
    Limit("codes for an address, in an hour", 20, timedelta(hours=1)),
    Limit("codes for an address, in a day", 100, timedelta(days=1)),
)
# Wrong ones only: what was right is given back.
WRONG_FOR_PHONE = (Limit("wrong codes for a phone", 20, timedelta(days=1)),)
WRONG_FROM_ADDRESS = (Limit("wrong codes from an address", 30, timedelta(hours=1)),)
KEPT = timedelta(days=2)  # longer than the longest window


@required
def take_sending(*, phone: str, address: str) -> None:
    """Count a code that is about to be sent; raise TooOften, after which nothing is counted."""
    _take(_of(SENDING_TO_PHONE, phone) + _of(SENDING_FROM_ADDRESS, address))


@required
def take_try(*, phone: str, address: str) -> None:
    """Count a try of a code as wrong, before it is known; raise TooOften."""
    _take(_of(WRONG_FOR_PHONE, phone) + _of(WRONG_FROM_ADDRESS, address))


@required
def give_back_try(*, phone: str, address: str) -> None:
    """Count a try out again: it was right."""
    instant = timezone.now()
    with connection.cursor() as cursor:
        for limit, key in _of(WRONG_FOR_PHONE, phone) + _of(WRONG_FROM_ADDRESS, address):
            cursor.execute(_GIVE_BACK, [limit.name, key, limit.since(instant)])


def forget_old() -> int:
    """Delete counts whose windows are over; return how many."""
    return Tally.objects.filter(since__lt=timezone.now() - KEPT).delete()[0]


def _of(limits: Iterable[Limit], subject: str) -> list[tuple[Limit, bytes]]:
    """Return each limit with the key of the subject; none where there is no subject."""
    return [(limit, keyed.signed("tally", limit.name, subject)) for limit in limits if subject]


def _take(limits: list[tuple[Limit, bytes]]) -> None:
    instant = timezone.now()
    with connection.cursor() as cursor:
        for limit, key in limits:
            since = limit.since(instant)
            cursor.execute(_TAKE, [limit.name, key, since, limit.most])
            if cursor.fetchone() is None:
                rest = since + limit.window - instant
                raise TooOften(retry_after_seconds=int(rest.total_seconds()) + 1)
