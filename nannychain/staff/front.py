"""The front page of the admin: what needs a person, and how things stand.

The roof registers what is shown. Each person sees what her role may see, and nothing is read for
what she may not. Every card is one query, which stops counting at `COUNT_MAX`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.safestring import SafeString

COUNT_MAX = 1_000


@dataclass(frozen=True)
class Waiting:
    """How many wait, `COUNT_MAX` + 1 standing for more than that; and since when the oldest."""

    count: int
    oldest: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Card:
    """One kind of matter that needs a person.

    `permission` (`app.codename`, or who tells it) is what the list behind it needs. `look` reads
    what waits, `page` names the list (`payments_withdrawal`), and `query` narrows it to just that.
    `what_to_do` is one sentence. What has waited for `late_after` is shown as late.
    """

    title: str
    icon: str
    permission: str | Callable[[HttpRequest], bool]
    look: Callable[[HttpRequest], Waiting]
    page: str
    query: dict[str, str]
    what_to_do: str
    late_after: timedelta


@dataclass(frozen=True)
class Shown:
    """A card as the page shows it."""

    card: Card
    waiting: Waiting
    now: datetime

    @property
    def number(self) -> str:
        """Return how many there are, in figures."""
        count = self.waiting.count
        return f"{COUNT_MAX:,}+" if count > COUNT_MAX else f"{count:,}"

    @property
    def age(self) -> str:
        """Return how long the oldest has waited, in words; empty where that isn't known."""
        return in_words(self.now - self.waiting.oldest) if self.waiting.oldest else ""

    @property
    def is_late(self) -> bool:
        """Tell whether the oldest has waited for too long."""
        oldest = self.waiting.oldest
        return oldest is not None and self.now - oldest >= self.card.late_after

    @property
    def address(self) -> str:
        """Return the address of the narrowed list."""
        there = reverse(f"admin:{self.card.page}_changelist")
        return f"{there}?{urlencode(self.card.query)}" if self.card.query else there


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A chart or two of how things stand. It needs all of the permissions. `is_wide`: whole row."""

    permissions: tuple[str, ...]
    draw: Callable[[HttpRequest], SafeString]
    is_wide: bool = False


_cards: list[Card] = []
_panels: list[Panel] = []


def register(*, cards: Iterable[Card], panels: Iterable[Panel]) -> None:
    """Take the tables of everything that is shown."""
    _cards[:], _panels[:] = cards, panels


def registered() -> tuple[tuple[Card, ...], tuple[Panel, ...]]:
    """Return all cards and all panels, in the order of the tables."""
    return tuple(_cards), tuple(_panels)


def context(request: HttpRequest) -> dict[str, Any]:
    """Return what the page shows to this person: what waits, what doesn't, and the charts."""
    now = timezone.now()
    looked = [Shown(card, card.look(request), now) for card in _cards if _may(request, card)]
    waiting = [shown for shown in looked if shown.waiting.count]
    return {
        # The late ones first, each part in the order of the table.
        "waiting": sorted(waiting, key=lambda shown: not shown.is_late),
        "clear": [shown for shown in looked if not shown.waiting.count],
        "panels": list(_drawn(request)),
    }


def waiting(rows: QuerySet[Any], field: str) -> Waiting:
    """Return how many rows there are, and the least of `field`: one query, and never many rows."""
    few = rows.order_by(field).values(field)[: COUNT_MAX + 1]
    found = few.aggregate(rows=Count("*"), oldest=Min(field))
    return Waiting(found["rows"], found["oldest"])


def in_words(age: timedelta) -> str:
    """Return an age in its greatest unit: `3 min`, `5 h`, `12 days`."""
    minutes = int(age.total_seconds() // 60)
    if minutes < 1:
        return "under 1 min"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // (24 * 60)} days"


def _may(request: HttpRequest, card: Card) -> bool:
    if callable(card.permission):
        return card.permission(request)
    return bool(request.user.has_perm(card.permission))


def _drawn(request: HttpRequest) -> Iterator[tuple[SafeString, bool]]:
    for panel in _panels:
        if request.user.has_perms(panel.permissions):
            yield panel.draw(request), panel.is_wide
