"""Asking each component whether it lives."""

import time
from collections.abc import Callable

from django.core.cache import cache
from django.db import DatabaseError, connection
from redis.exceptions import RedisError

HEARTBEAT_KEY = "health:celery"
HEARTBEAT_SECONDS_MAX = 30
_REMEMBERED_SECONDS = 86_400  # so that a silence can be told by its length


def components() -> dict[str, str]:
    """Return each component with `ok` or, in a few words, what is wrong with it."""
    return {"database": _asked(_database), "redis": _asked(_redis), "celery": _asked(_celery)}


def beat() -> None:
    """Note that beat, broker and a worker live; called by a task that beat rings."""
    cache.set(HEARTBEAT_KEY, time.time(), timeout=_REMEMBERED_SECONDS)


def heartbeat_age_seconds() -> float | None:
    """Return for how long no heartbeat has come; None where Redis knows of none.

    Raise RedisError or OSError where Redis is away.
    """
    last = cache.get(HEARTBEAT_KEY)
    return None if last is None else max(0.0, time.time() - last)


def is_redis_there() -> bool:
    """Tell whether Redis answers."""
    return _asked(_redis) == "ok"


def _asked(ask: Callable[[], str]) -> str:
    try:
        return ask()
    except (DatabaseError, RedisError, OSError):
        return "unreachable"


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def _redis() -> str:
    cache.get("health:ping")
    return "ok"


def _celery() -> str:
    age = heartbeat_age_seconds()
    if age is None:
        return "no heartbeat yet"
    return "ok" if age <= HEARTBEAT_SECONDS_MAX else f"silent for {age:.0f} seconds"
