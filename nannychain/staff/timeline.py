"""What happened to one member, of all kinds, in one list: the newest first, a page at a time.

The roof registers the sources. A source whose permission a person lacks isn't read.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.dateparse import parse_datetime

PAGE = 40


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One thing that happened: when, of what kind (`Deposit`), in words, and where it stands."""

    at: datetime
    kind: str
    words: str
    address: str = ""


@dataclass(frozen=True, kw_only=True)
class Source:
    """One kind of thing. `permission` (`app.codename`) is what its own pages need.

    `read` gets the member, an instant and a number, and returns so many of the newest moments
    before the instant: one query along an index.
    """

    name: str
    permission: str
    read: Callable[[Any, datetime, int], Iterable[Moment]]


_sources: list[Source] = []


def register(sources: Iterable[Source]) -> None:
    """Take the table of all sources."""
    _sources[:] = sources


def registered() -> tuple[Source, ...]:
    """Return all sources, in the order of the table."""
    return tuple(_sources)


def moments(
    member: Any, *, request: HttpRequest, before: datetime, size: int = PAGE
) -> tuple[list[Moment], datetime | None]:
    """Return what happened before the instant, the newest first, and where the next page begins.

    Only what this person may see. What is of one instant stands on one page, so that nothing is
    left out where the next begins.
    """
    found = [
        moment
        for source in _sources
        if request.user.has_perm(source.permission)
        for moment in source.read(member, before, size + 1)
    ]
    found.sort(key=lambda moment: moment.at, reverse=True)
    if len(found) <= size:
        return found, None
    # Each source has told all that is later than the first one too many.
    over = found[size].at
    if page := [moment for moment in found if moment.at > over]:
        return page, page[-1].at
    return [moment for moment in found if moment.at == over], over


def instant(text: str) -> datetime | None:
    """Return the instant that an address names; None where it names none."""
    try:
        read = parse_datetime(text)
    except ValueError:
        return None
    return read if read is not None and read.tzinfo is not None else None
