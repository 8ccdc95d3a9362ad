"""Where people are on the phone, and where they give up: counted in Redis, kept in PostgreSQL.

Each hop adds to the figures of the day in the round trip that stores its session; every minute what
was counted is written to the rows. Losing Redis loses at most the counts since then.
"""

from collections import defaultdict
from datetime import date

from django.db import transaction
from django.db.models import F
from django_redis import get_redis_connection

from ussd.engine.models import ScreenFigure
from ussd.engine.store import FIGURES

_WHATS = frozenset({"began", "shown", "left", "wrong", "ended"})
_SCREEN_LENGTH_MAX = 60


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


def _add(day: date, counts: dict[str, int]) -> int:
    by_screen: dict[str, dict[str, int]] = defaultdict(dict)
    for name, count in counts.items():
        what, _, screen = name.partition(" ")
        if what in _WHATS and len(screen) <= _SCREEN_LENGTH_MAX:
            by_screen[screen][what] = count
    with transaction.atomic():
        for screen, found in sorted(by_screen.items()):
            ScreenFigure.objects.get_or_create(day=day, screen=screen)
            added = {what: F(what) + count for what, count in found.items()}
            ScreenFigure.objects.filter(day=day, screen=screen).update(**added)
    return len(by_screen)
