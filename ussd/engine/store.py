"""Sessions in Redis, one hop at a time. Without Redis, hops go on from their text alone."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import structlog
from django.conf import settings
from django_redis import get_redis_connection
from redis.commands.core import Script
from redis.exceptions import RedisError

from nannychain.breaker import Breaker
from nannychain.clock import nairobi_date, now
from ussd.engine import transcript
from ussd.engine.dropped import SECONDS as DROPPED_SECONDS
from ussd.engine.hop import Hop
from ussd.engine.session import Session

_AWAY = (RedisError, OSError)
log = structlog.get_logger(__name__)

KEY = "ussd:session:{}"
_LOCK = "ussd:lock:{}"
_DROPPED = "ussd:dropped:{}"
_DIALS = "ussd:dials:{}"
FIGURES = "ussd:figures:{}"  # by day in Nairobi
_FIGURES_SECONDS = 3 * 86_400
_LOCK_MILLISECONDS = 8_000
_WAIT_SECONDS_MAX = 6.0
_POLL_SECONDS = 0.02
_DIALS_MAX, _DIALS_SECONDS = 300, 600  # sessions that one phone may begin, and in which time

# The lock and the state in one round trip; a second hop of the same session waits. A new session is
# counted, and learns what the phone's session before it has dropped.
_TAKE = """
if not redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return 0 end
local kept = redis.call('GET', KEYS[1])
if kept then return kept end
local dials = redis.call('INCR', KEYS[4])
if dials == 1 then redis.call('EXPIRE', KEYS[4], ARGV[3]) end
local dropped = redis.call('GET', KEYS[3])
return {dials, dropped}
"""
# Whoever was so slow that the lock ran out must not overwrite what came after.
_GIVE = """
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
if ARGV[2] ~= '' then
  redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
  if ARGV[4] == '' then redis.call('DEL', KEYS[3])
  else redis.call('SET', KEYS[3], ARGV[4], 'EX', ARGV[5]) end
  for i = 7, #ARGV do redis.call('HINCRBY', KEYS[4], ARGV[i], 1) end
  redis.call('EXPIRE', KEYS[4], ARGV[6])
end
return redis.call('DEL', KEYS[2])
"""


@dataclass
class Slot:
    """What is stored of a session, held while its hop is worked on. Set `session` to store it, and
    `resumable` to what a later session of the phone may resume. `counts` are added to the figures
    of the day.
    """

    session: Session | None = None
    is_busy: bool = False
    is_too_many: bool = False
    dropped: bytes | None = None
    resumable: str = ""
    counts: tuple[str, ...] = ()


@contextmanager
def hold(hop: Hop) -> Iterator[Slot]:
    """Hold the session against a second hop of it; on leaving, store what the slot then has.

    When Redis is away the slot is empty and nothing is stored. When another hop holds the session
    for long, the slot says so.
    """
    by_phone = transcript.digest(f"phone {hop.phone} {hop.service_code}")
    keys = (
        KEY.format(hop.stored_as),
        _LOCK.format(hop.stored_as),
        _DROPPED.format(by_phone),
        _DIALS.format(by_phone),
    )
    token = secrets.token_hex(8)
    found = _take(keys, token)
    if found is None:
        yield Slot()
        return
    if found == 0:
        yield Slot(is_busy=True)
        return
    slot = _slot(found)
    before = slot.session
    try:
        yield slot
    finally:
        changed = slot.session if slot.session is not before else None
        state = changed.to_json() if changed else ""
        ttl = settings.USSD_SESSION_TTL
        day = FIGURES.format(nairobi_date(now()).isoformat())
        rest: tuple[str | int, ...] = (DROPPED_SECONDS, _FIGURES_SECONDS, *slot.counts)
        _call(_GIVE, (*keys[:3], day), token, state, ttl, slot.resumable, *rest)


def _slot(found: Any) -> Slot:
    if isinstance(found, bytes):
        return Slot(session=Session.from_json(found))
    dials, dropped = found
    return Slot(is_too_many=dials > _DIALS_MAX, dropped=dropped)


def _take(keys: tuple[str, ...], token: str) -> Any:
    """Return the stored state; where there is none, how many sessions this phone has begun, and
    what it has dropped; 0 while the session is locked; None without Redis.
    """
    deadline = time.monotonic() + _WAIT_SECONDS_MAX
    while True:
        found = _call(_TAKE, keys, token, _LOCK_MILLISECONDS, _DIALS_SECONDS)
        if found != 0 or time.monotonic() > deadline:
            return found
        time.sleep(_POLL_SECONDS)


def _call(script: str, keys: tuple[str, ...], *arguments: str | int) -> Any:
    """Run a script, or return None: at once while Redis is known to be away."""
    if breaker.is_open():
        return None
    try:
        return _script(script)(keys=keys, args=arguments)
    except _AWAY as error:
        breaker.open()
        log.warning("ussd.store_unreachable", error=type(error).__name__)
        return None


@cache
def _script(source: str) -> Script:
    script: Script = get_redis_connection("default").register_script(source)
    return script


def _look() -> None:
    _script("return 1")()


breaker = Breaker(_look, errors=_AWAY)


def everything(*, after: str = "") -> Iterator[tuple[str, Session, int]]:
    """Yield name, state and seconds left of each session whose name comes after that one, in the
    order of names; raise RedisError without Redis.
    """
    redis, prefix = get_redis_connection("default"), KEY.format("")
    keys = redis.scan_iter(KEY.format("*"), count=500)  # may tell of a key twice
    for name in sorted({key.decode().removeprefix(prefix) for key in keys}):
        raw = redis.get(KEY.format(name)) if name > after else None
        session = Session.from_json(raw) if raw else None
        if session is not None:
            yield name, session, redis.ttl(KEY.format(name))


def count() -> int:
    """Return how many sessions are stored; raise RedisError without Redis."""
    redis = get_redis_connection("default")
    return sum(1 for _ in redis.scan_iter(KEY.format("*"), count=500))


def find(name: str) -> Session | None:
    """Return the state of the session of that name; raise RedisError without Redis."""
    raw = get_redis_connection("default").get(KEY.format(name))
    return Session.from_json(raw) if raw else None


def overwrite(name: str, session: Session) -> None:
    """Store a state from outside any hop, whoever works on one; raise RedisError without Redis."""
    raw, seconds = session.to_json(), settings.USSD_SESSION_TTL
    get_redis_connection("default").set(KEY.format(name), raw, ex=seconds)
