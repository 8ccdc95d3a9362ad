"""Sessions in Redis, one hop at a time. Without Redis, hops go on from their text alone."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import structlog
from django.conf import settings
from django_redis import get_redis_connection
from redis.commands.core import Script
from redis.exceptions import RedisError

from ussd.engine.session import Session

log = structlog.get_logger(__name__)

KEY = "ussd:session:{}"
_LOCK = "ussd:lock:{}"
_LOCK_MILLISECONDS = 8_000
_WAIT_SECONDS_MAX = 6.0
_POLL_SECONDS = 0.02
_REST_SECONDS = 2.0

# The lock and the state in one round trip; a second hop of the same session waits.
_TAKE = """
if not redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return 0 end
return redis.call('GET', KEYS[1]) or 1
"""
# Whoever was so slow that the lock ran out must not overwrite what came after.
_GIVE = """
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
if ARGV[2] ~= '' then redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3]) end
return redis.call('DEL', KEYS[2])
"""

_resting_until = 0.0


@dataclass
class Slot:
    """What is stored of a session, held while its hop is worked on. Set `session` to store it."""

    session: Session | None = None
    is_busy: bool = False


@contextmanager
def hold(session_id: str) -> Iterator[Slot]:
    """Hold the session against a second hop of it; on leaving, store what the slot then has.

    When Redis is away the slot is empty and nothing is stored. When another hop holds the session
    for long, the slot says so.
    """
    keys = (KEY.format(session_id), _LOCK.format(session_id))
    token = secrets.token_hex(8)
    found = _take(keys, token)
    if found is None:
        yield Slot()
        return
    if found == 0:
        yield Slot(is_busy=True)
        return
    slot = Slot(session=Session.from_json(found) if isinstance(found, bytes) else None)
    before = slot.session
    try:
        yield slot
    finally:
        changed = slot.session if slot.session is not before else None
        _give(keys, token, state=changed.to_json() if changed else "")


def _take(keys: tuple[str, str], token: str) -> bytes | int | None:
    """Return the stored state, 1 where there is none, 0 while it is locked, None without Redis."""
    deadline = time.monotonic() + _WAIT_SECONDS_MAX
    while True:
        found = _call(_TAKE, keys, token, _LOCK_MILLISECONDS)
        if found != 0 or time.monotonic() > deadline:
            return found
        time.sleep(_POLL_SECONDS)


def _give(keys: tuple[str, str], token: str, *, state: str) -> None:
    _call(_GIVE, keys, token, state, settings.USSD_SESSION_TTL)


def _call(script: str, keys: tuple[str, str], *arguments: str | int) -> bytes | int | None:
    """Run a script, or return None at once while Redis is known to be away."""
    global _resting_until  # noqa: PLW0603 - one flag for the process: don't wait at every hop
    if time.monotonic() < _resting_until:
        return None
    try:
        found: bytes | int | None = _script(script)(keys=keys, args=arguments)
        return found
    except (RedisError, OSError) as error:
        _resting_until = time.monotonic() + _REST_SECONDS
        log.warning("ussd.store_unreachable", error=type(error).__name__)
        return None


@cache
def _script(source: str) -> Script:
    script: Script = get_redis_connection("default").register_script(source)
    return script
