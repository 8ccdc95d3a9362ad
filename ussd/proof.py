"""Every screen as it may look, from the examples that screens declare: for pictures, and to prove
that all of them fit.
"""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from nannychain.language import speaking
from ussd.engine import showing, text
from ussd.engine.hop import Hop, Visit, Who
from ussd.engine.pages import Page
from ussd.engine.screens import Confirm, End, flow_name
from ussd.engine.session import Frame, Place
from ussd.menu import APPLICATION, MEMBER, STRANGER
from workers.identity.selectors import Caller

_JOINED = datetime(2026, 11, 20, 9, tzinfo=UTC)
_MEMBER = Caller(UUID(int=0), "NW-7K2Q9X4M", "en", _JOINED)
# What strangers see; everybody else is a member.
_STRANGERS = frozenset({STRANGER, "register", "sign_in", "take_phone"})


@dataclass(frozen=True)
class Screen:
    """One screen in one language: its name and what the phone shows, page by page."""

    name: str
    pages: tuple[str, ...]


def screens(language: str, *, at_longest: bool = False, hint: str = "") -> Iterator[Screen]:
    """Yield every screen, in the order of the menu; `at_longest`, with the longest values."""
    for name, screen in APPLICATION.screens.items():
        if isinstance(screen, End):
            continue
        with text.proving() if at_longest else nullcontext():
            place = place_of(name, language=language, hint=hint)
            yield Screen(name, tuple(page.text for page in _pages(place)))
            if isinstance(screen, Confirm) and screen.twin is not None and not hint:
                again = place.with_top(asked_at=_JOINED.isoformat())
                yield Screen(f"{name}, again", tuple(page.text for page in _pages(again)))


def place_of(name: str, *, language: str, hint: str = "") -> Place:
    """Return the place of a screen as its example has it, by the way that leads there in life."""
    flow = APPLICATION.all_flows[flow_name(name)]
    names = list(flow.screens)
    way = names[: names.index(name) + 1]
    if name not in APPLICATION.root_names:
        way.insert(0, STRANGER if flow.name in _STRANGERS else MEMBER)
    frames = [_frame(each) for each in way]
    return Place(path=tuple(frames), language=language).with_top(hint=hint)


def _frame(name: str) -> Frame:
    example = APPLICATION.screens[name].example
    return Frame(name, example.values, frozen=example.frozen)


def visit(language: str, *, name: str = MEMBER) -> Visit:
    """Return a visit of the person of the pictures."""
    is_stranger = flow_name(name) in _STRANGERS
    hop = Hop(
        gateway="africastalking",
        session_id="ATUid_picture",
        phone="+254712345678",
        service_code="*384*2024#",
        text="",
        is_authenticated=True,
    )
    return Visit(hop=hop, language=language, who=Who(lambda _: None if is_stranger else _MEMBER))


def _pages(place: Place) -> list[Page]:
    with speaking(place.language):
        seen = showing.at(APPLICATION, visit(place.language, name=place.screen), place)
        return showing.pages_of(APPLICATION, seen, place=place)
