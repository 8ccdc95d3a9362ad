"""How many requests came by which route, and how long they took: counted here, added up in Redis.

A process counts in its own memory and hands over every few seconds, beside the requests, so that
nobody waits for Redis. What could not be handed over is kept for the next time. A route is the
pattern of an address (`/ussd/k/<str:key>`), never the address itself.
"""

import threading
import time
from collections import Counter

from django_redis import get_redis_connection
from redis.exceptions import RedisError

from nannychain.metrics.exposition import Family, Sample

KEY = "metrics:requests"
HAND_OVER_SECONDS = 5.0
BUCKETS_MILLISECONDS = (50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000)
REQUESTS = "nannychain_requests_total"
SECONDS = "nannychain_request_seconds"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_lock = threading.Lock()
_counted: Counter[str] = Counter()
_handed_over_at = 0.0


def count(*, method: str, route: str, status: int, milliseconds: int) -> None:
    """Count one answered request, and see that counts are handed over from time to time."""
    global _handed_over_at  # noqa: PLW0603 - one clock for the process
    shown = method if method in METHODS else "other"
    with _lock:
        _counted[f"n {shown} {status} {route}"] += 1
        _counted[f"s {milliseconds_bucket(milliseconds)} {route}"] += 1
        _counted[f"t 0 {route}"] += milliseconds
        is_time = time.monotonic() - _handed_over_at >= HAND_OVER_SECONDS
        if is_time:
            _handed_over_at = time.monotonic()
    if is_time:
        threading.Thread(target=hand_over, name="metrics", daemon=True).start()


def milliseconds_bucket(milliseconds: int) -> str:
    """Return the upper end of the bucket that a duration falls into."""
    fitting = (str(end) for end in BUCKETS_MILLISECONDS if milliseconds <= end)
    return next(fitting, "+Inf")


def hand_over() -> None:
    """Add what this process has counted to what all have; keep it where Redis is away."""
    with _lock:
        mine = dict(_counted)
        _counted.clear()
    if not mine:
        return
    try:
        with get_redis_connection("default").pipeline(transaction=True) as pipe:
            for name, value in mine.items():
                pipe.hincrby(KEY, name, value)
            pipe.execute()
    except (RedisError, OSError):
        with _lock:
            _counted.update(mine)


def families() -> list[Family]:
    """Return the counts of all processes; raise RedisError or OSError where Redis is away."""
    hand_over()
    stored = get_redis_connection("default").hgetall(KEY)
    answered: list[Sample] = []
    spread: dict[str, dict[str, int]] = {}
    total: dict[str, int] = {}
    for name, value in sorted(stored.items()):
        kind, head, rest = name.decode().split(" ", 2)
        if kind == "n":
            status, _, route = rest.partition(" ")
            labels = {"method": head, "status": status, "route": route}
            answered.append(Sample(int(value), labels))
        elif kind == "s":
            spread.setdefault(rest, {})[head] = int(value)
        else:
            total[rest] = int(value)
    durations = [
        sample
        for route, by_end in sorted(spread.items())
        for sample in _histogram(route, by_end, milliseconds=total.get(route, 0))
    ]
    return [
        Family(REQUESTS, "counter", "requests answered", tuple(answered)),
        Family(SECONDS, "histogram", "seconds until the answer", tuple(durations)),
    ]


def _histogram(route: str, by_end: dict[str, int], *, milliseconds: int) -> list[Sample]:
    samples, so_far = [], 0
    for end in (*BUCKETS_MILLISECONDS, None):
        so_far += by_end.get("+Inf" if end is None else str(end), 0)
        upto = "+Inf" if end is None else repr(end / 1000)
        samples.append(Sample(so_far, {"route": route, "le": upto}, "_bucket"))
    samples.append(Sample(milliseconds / 1000, {"route": route}, "_sum"))
    samples.append(Sample(so_far, {"route": route}, "_count"))
    return samples
