"""How often somebody may do something, counted in Redis for all processes together.

A window begins with the first call and ends `per_seconds` later. Without Redis, what is guarded
`strictly` (signing in, codes, PINs) is counted in each process by itself, with a quarter of the
limit; everything else goes on uncounted, since Redis being away must not keep people from their
money.
"""

import threading
import time
from functools import cache

import structlog
from django.utils.crypto import salted_hmac
from django_redis import get_redis_connection
from redis.commands.core import Script
from redis.exceptions import RedisError

from nannychain.breaker import Breaker
from nannychain.errors import TooOften

log = structlog.get_logger(__name__)

PREFIX = "rates"
_HERE_SHARE = 4
_HERE_KEYS_MAX = 10_000
# Counts, and says how many milliseconds of the window are left, in one round trip.
_COUNT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}
"""

_AWAY = (RedisError, OSError)
_here: dict[str, tuple[int, float]] = {}
_here_lock = threading.Lock()


def take(name: str, key: str, *, limit: int, per_seconds: int, strictly: bool = False) -> None:
    """Count one call of `name` by `key` (a number, an address, an id); raise TooOften beyond.

    The key is stored as a keyed hash: no phone number lies in Redis.
    """
    place = f"{PREFIX}:{name}:{salted_hmac(name, key, algorithm='sha256').hexdigest()[:32]}"
    counted = _count(place, per_seconds=per_seconds)
    if counted is None and strictly:
        counted = _count_here(place, per_seconds=per_seconds)
        limit = max(1, limit // _HERE_SHARE)
    if counted is None:
        return
    count, left_seconds = counted
    if count > limit:
        log.info("rates.refused", limit=name, count=count)
        raise TooOften(retry_after_seconds=int(left_seconds) + 1)


def _count(place: str, *, per_seconds: int) -> tuple[int, float] | None:
    """Return count and seconds left, or None where Redis is away."""
    if breaker.is_open():
        return None
    try:
        count, left_milliseconds = _script()(keys=[place], args=[per_seconds * 1000])
    except _AWAY:
        breaker.open()
        log.warning("rates.redis_away")
        return None
    return int(count), max(0, int(left_milliseconds)) / 1000


def _count_here(place: str, *, per_seconds: int) -> tuple[int, float]:
    now = time.monotonic()
    with _here_lock:
        if len(_here) >= _HERE_KEYS_MAX:
            _forget_what_is_over(now)
        count, ends_at = _here.get(place, (0, now + per_seconds))
        if ends_at <= now:
            count, ends_at = 0, now + per_seconds
        _here[place] = (count + 1, ends_at)
    return count + 1, ends_at - now


def _forget_what_is_over(now: float) -> None:
    for place in [place for place, (_, ends_at) in _here.items() if ends_at <= now]:
        del _here[place]
    while len(_here) >= _HERE_KEYS_MAX:
        del _here[next(iter(_here))]


@cache
def _script() -> Script:
    script: Script = get_redis_connection("default").register_script(_COUNT)
    return script


breaker = Breaker(lambda: get_redis_connection("default").ping(), errors=_AWAY)
