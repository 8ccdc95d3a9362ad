"""Confirm screens: what was seen is what a PIN commits.

Accepting hands the PIN screen a digest of all that the confirm screen showed and froze. Where the
two don't meet any more, the screen is shown again and nothing is done. What was done a moment ago
in the same way is asked about once more.
"""

import hmac
import json
from dataclasses import dataclass, replace
from datetime import datetime

from ussd.engine import text, transcript, twins
from ussd.engine.application import Application
from ussd.engine.hop import Visit
from ussd.engine.screens import Confirm, flow_name
from ussd.engine.session import Frame, Place
from ussd.engine.steps import AskTwice, Next, Step

ACCEPT_KEY = "1"
_CONFIRMED = "confirmed"  # the digest, as the PIN screen is handed it


@dataclass(frozen=True)
class Seen:
    """A confirm screen that was accepted, as the visit saw it."""

    frame: Frame
    visit: Visit
    screen: Confirm

    @property
    def twin(self) -> str | None:
        """What would be the same again, for this phone; None where nothing is alike."""
        if self.screen.twin is None:
            return None
        name = f"{self.frame.screen} {self.visit.hop.phone} {self.screen.twin(self.visit)}"
        return transcript.digest(name)

    def digest(self) -> str:
        """Return a digest of all that was frozen and shown."""
        shown = self.screen.prompt(self.visit)
        what = [self.frame.screen, dict(self.visit.values), self.frame.frozen, shown]
        return transcript.digest(json.dumps(what, sort_keys=True))


def accepted(app: Application, visit: Visit, *, place: Place) -> Step:
    """Return what accepting the confirm screen leads to: the PIN, or a question first."""
    seen = _seen(app, visit, place)
    if not place.top.asked_at and seen.twin is not None:
        before = twins.latest(seen.twin)
        if before is not None:
            return AskTwice(before)
    return Next({_CONFIRMED: seen.digest()})


def before(app: Application, visit: Visit, *, place: Place) -> Seen | None:
    """Return the confirm screen that stands before a PIN screen in its flow, or None."""
    found = place_before(app, place)
    return _seen(app, visit, found) if found is not None else None


def place_before(app: Application, place: Place) -> Place | None:
    """Return the place of the confirm screen before a PIN screen in its flow, or None."""
    present = flow_name(place.screen)
    while len(place.path) > 1:
        place = place.up()
        if flow_name(place.screen) != present:
            return None
        if isinstance(app.screens[place.screen], Confirm):
            return place
    return None


def is_the_one_seen(seen: Seen, *, place: Place) -> bool:
    """Tell whether the PIN screen at `place` was entered from exactly what stands here now."""
    named = str(place.top.values.get(_CONFIRMED, ""))
    return hmac.compare_digest(named, seen.digest())


def question(app: Application, frame: Frame) -> str:
    """Return what is asked where the same was done a moment ago."""
    instant = datetime.fromisoformat(frame.asked_at)
    return text.fill(str(app.sentences.sent_before), time=text.time(instant))


def label(app: Application, frame: Frame) -> str:
    """Return what the accepting key says."""
    return str(app.sentences.yes if frame.asked_at else app.sentences.confirm)


def _seen(app: Application, visit: Visit, place: Place) -> Seen:
    screen = app.screens[place.screen]
    if not isinstance(screen, Confirm):
        raise TypeError(f"{place.screen} is no confirm screen")
    visit = replace(visit.speaking(place.language), values=place.values, frozen=place.top.frozen)
    return Seen(place.top, visit, screen)
