"""A session that was dropped can be resumed from a fresh dial, within five minutes.

Only where something had been chosen or typed, and never past a PIN: what a PIN opened stays shut,
and a confirm screen is read anew. The question gives nothing away.
"""

import json
from collections.abc import Sequence

from ussd.engine.application import Application
from ussd.engine.resuming import NAME
from ussd.engine.screens import Ask, Pin, Screen
from ussd.engine.session import Frame, Place

SECONDS = 300


def worth_resuming(app: Application, place: Place) -> str:
    """Return the way to `place` as it is stored to be resumed; empty where it isn't worth it."""
    way = _before_any_pin(app, place.path)
    if not any(frame.values for frame in way) or any(f.screen == NAME for f in way):
        return ""
    stored = [Frame(frame.screen, frame.values, frame.frozen).to_json() for frame in way]
    return json.dumps({"path": stored, "language": place.language}, separators=(",", ":"))


def question(app: Application, stored: bytes, *, root: str) -> Place | None:
    """Return the place that asks whether to go on, or None where what is stored is of no use."""
    try:
        data = json.loads(stored)
        path = [Frame.from_json(frame) for frame in data["path"]]
        language = str(data["language"])
    except (ValueError, KeyError, TypeError):
        return None
    if path[0].screen != root or not all(frame.screen in app.screens for frame in path):
        return None
    asking = Frame(NAME, frozen=data["path"])
    return Place(path=(Frame(root), asking), language=language)


def _before_any_pin(app: Application, path: Sequence[Frame]) -> Sequence[Frame]:
    """Return the way as far as it goes without a PIN; nothing where a PIN was passed or chosen."""
    for number, frame in enumerate(path):
        if _is_secret(app.screens[frame.screen]):
            return path[:number] if number == len(path) - 1 else ()
    return path


def _is_secret(screen: Screen) -> bool:
    return isinstance(screen, Pin) or (isinstance(screen, Ask) and screen.is_secret)
