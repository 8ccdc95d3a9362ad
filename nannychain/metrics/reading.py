"""Reading the registered figures: each by itself, kept for some seconds, so that asking is cheap.

A figure that can't be read is left out and counted; the others are told all the same.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog
from django.core.cache import cache
from django.db import DatabaseError
from redis.exceptions import RedisError

from nannychain.metrics.exposition import Family, Sample

log = structlog.get_logger(__name__)

KEPT_SECONDS = 15
CACHE_KEY = "metrics:figures"

Samples = Iterable[Sample]


@dataclass(frozen=True)
class Figure:
    """One name, what it tells, and how it is read. A gauge unless said otherwise."""

    name: str
    what: str
    read: Callable[[], Samples]
    kind: str = "gauge"


_registered: dict[str, Figure] = {}


def register(figures: Iterable[Figure]) -> None:
    """Have these figures told too; a name once."""
    for figure in figures:
        _registered[figure.name] = figure


def names() -> frozenset[str]:
    """Return the names of all registered figures."""
    return frozenset(_registered)


def families() -> list[Family]:
    """Return what all registered figures tell, at most some seconds old."""
    try:
        kept: list[Family] | None = cache.get(CACHE_KEY)
    except (RedisError, OSError):
        return _read()
    if kept is None:
        kept = _read()
        try:
            cache.set(CACHE_KEY, kept, timeout=KEPT_SECONDS)
        except (RedisError, OSError):
            log.info("metrics.not_kept")
    return kept


def _read() -> list[Family]:
    found: list[Family] = []
    missing = 0
    for figure in _registered.values():
        try:
            samples = tuple(figure.read())
        except (DatabaseError, RedisError, OSError) as error:
            missing += 1
            log.warning("metrics.unreadable", figure=figure.name, why=type(error).__name__)
            continue
        found.append(Family(figure.name, figure.kind, figure.what, samples))
    what = "figures that could not be read this time"
    found.append(Family("nannychain_figures_missing", "gauge", what, (Sample(missing),)))
    return found
