"""Where people are on the phone, where they give up, and how long they take: counted in Redis, and
kept in PostgreSQL.

Each hop adds to the figures of the day in the round trip that stores its session; every minute what
was counted is written to the rows. Losing Redis loses at most the counts since then.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django_redis import get_redis_connection

from nannychain.clock import nairobi_date
from ussd.engine import lengths
from ussd.engine.models import ScreenFigure, SessionFigure
from ussd.engine.store import FIGURES

_WHATS = frozenset({"began", "shown", "left", "wrong", "ended"})
_LENGTHS = frozenset(SessionFigure.What.values)
_SCREEN_LENGTH_MAX = 60
_DIGITS_MAX = 9


def keep() -> int:
    """Add what was counted since last time to the rows; return how many screens had news.

    The counts are taken out of Redis first: a crash in between loses them, and never doubles them.
    """
    redis, kept = get_redis_connection("default"), 0
    for key in list(redis.scan_iter(FIGURES.format("????-??-??"))):
        day = date.fromisoformat(key.decode().removeprefix(FIGURES.format("")))
        with redis.pipeline(transaction=True) as both:
            both.hgetall(key)
            both.delete(key)
            counts, _ = both.execute()
        kept += _add(day, {name.decode(): int(count) for name, count in counts.items()})
    return kept


def count_dropped(event: Mapping[str, str]) -> None:
    """Count a session that a gateway says was dropped; what it doesn't tell is left out."""
    day = nairobi_date(timezone.now())
    milliseconds, hops = _number(event, "durationInMillis"), _number(event, "hopsCount")
    if milliseconds is not None:
        end = lengths.upto(-(-milliseconds // 1000), lengths.SECONDS)
        _add_sessions(day, SessionFigure.What.DROPPED_SECONDS, upto=end, count=1)
    if hops is not None:
        end = lengths.upto(hops, lengths.HOPS)
        _add_sessions(day, SessionFigure.What.DROPPED_HOPS, upto=end, count=1)


def _number(event: Mapping[str, str], name: str) -> int | None:
    told = event.get(name, "")
    is_number = told.isascii() and told.isdigit() and len(told) <= _DIGITS_MAX
    return int(told) if is_number else None


def _add(day: date, counts: dict[str, int]) -> int:
    by_screen: dict[str, dict[str, int]] = defaultdict(dict)
    with transaction.atomic():
        for name, count in sorted(counts.items()):
            what, _, rest = name.partition(" ")
            if what in _LENGTHS and rest.isdigit():
                _add_sessions(day, what, upto=int(rest), count=count)
            elif what in _WHATS and len(rest) <= _SCREEN_LENGTH_MAX:
                by_screen[rest][what] = count
        for screen, found in sorted(by_screen.items()):
            ScreenFigure.objects.get_or_create(day=day, screen=screen)
            added = {what: F(what) + count for what, count in found.items()}
            ScreenFigure.objects.filter(day=day, screen=screen).update(**added)
    return len(by_screen)


def _add_sessions(day: date, what: str, *, upto: int, count: int) -> None:
    SessionFigure.objects.get_or_create(day=day, what=what, upto=upto)
    row = SessionFigure.objects.filter(day=day, what=what, upto=upto)
    row.update(sessions=F("sessions") + count)
