"""One step of the fold: a place and an input give a new place, an effect, or the end.

Pure but for the reads that a screen makes: to show itself, and to freeze what it shows. How a
screen is shown stands in `showing`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from nannychain.errors import Conflict, Invalid, NannyChainError, NotFound
from nannychain.language import speaking
from ussd.engine import confirming, showing
from ussd.engine.application import Application
from ussd.engine.hop import Visit
from ussd.engine.screens import (
    BACK_KEY,
    HOME_KEY,
    MORE_KEY,
    Ask,
    Choose,
    Confirm,
    End,
    Pin,
    flow_name,
)
from ussd.engine.session import Frame, Place
from ussd.engine.steps import (
    Again,
    AskTwice,
    Back,
    Call,
    Commit,
    Do,
    Finish,
    Go,
    Home,
    Leave,
    Next,
    Reconfirm,
    Resume,
    Step,
)

_PIN_DIGITS = 4


@dataclass(frozen=True)
class Moved:
    """The session stands at `place`."""

    place: Place

    @property
    def is_wrong_input(self) -> bool:
        """Tell whether the input made no sense where it was typed."""
        return bool(self.place.top.hint)


@dataclass(frozen=True)
class Ended:
    """The session is over, with this last word."""

    place: Place
    text: str


@dataclass(frozen=True)
class Acts:
    """The input asks for an effect, which the caller runs or refuses."""

    place: Place
    do: Do | Call | Commit


Result = Moved | Ended | Acts


def step(app: Application, visit: Visit, *, place: Place, text: str) -> Result:
    """Return what the input `text` leads to at `place`."""
    with speaking(place.language):
        visit = showing.at(app, visit, place)
        if text in (BACK_KEY, HOME_KEY, MORE_KEY):
            turned = _special(app, visit, place=place, key=text)
            if turned is not None:
                return turned
        try:
            taken = _meaning(app, visit, place=place, text=text)
        except NannyChainError as error:
            taken = as_step(error)
        return settle(app, visit, taken, place=place)


def _special(app: Application, visit: Visit, *, place: Place, key: str) -> Result | None:
    """Return what a special key leads to where the phone shows it, else None."""
    shown = place.shown
    if shown is None:  # nobody has seen this place: what would have been shown?
        shown = showing.show(app, visit, place=place)[1].shown or ()
    if key not in shown:
        return None
    if key == MORE_KEY:
        return Moved(place.with_top(page=place.top.page + 1))
    if key == HOME_KEY:
        return settle(app, visit, Home(), place=place)
    if place.top.page:
        return Moved(place.with_top(page=place.top.page - 1))
    return settle(app, visit, Back(), place=place)


def _meaning(app: Application, visit: Visit, *, place: Place, text: str) -> Step:
    screen = app.screens[place.screen]
    keys = app.keys(place.screen, visit)
    if text in keys:
        return keys[text][1]
    if text in screen.aliases:
        return screen.aliases[text]
    match screen:
        case Ask():
            return screen.read(visit, text)
        case Choose():
            return _choice(app, visit, screen, place=place, text=text)
        case Confirm() if text == confirming.ACCEPT_KEY:
            return confirming.accepted(app, visit, place=place)
        case Pin():
            is_pin = len(text) == _PIN_DIGITS and text.isascii() and text.isdigit()
            return Commit(text) if is_pin else Again(str(app.sentences.pin_form))
    return Again(str(app.sentences.wrong_choice))


def _choice(app: Application, visit: Visit, screen: Choose, *, place: Place, text: str) -> Step:
    """Return what choosing from the list leads to: only what the phone has shown can be chosen."""
    if place.shown is not None and text in place.shown:
        return screen.pick(visit, visit.frozen[int(text) - 1][0])
    return Again(str(app.sentences.wrong_choice))


def settle(app: Application, visit: Visit, taken: Step, *, place: Place) -> Result:
    """Return where a step leads from `place`."""
    match taken:
        case Go(screen, values):
            return _enter(app, visit, place=place, frame=Frame(screen, values))
        case Next(values):
            return _enter(app, visit, place=place, frame=Frame(app.after(place.screen), values))
        case Resume(path):
            return _resumed(app, visit, path=path, place=place)
        case Reconfirm(hint):
            return _reconfirm(app, visit, place=place, hint=hint)
        case Back() if len(place.path) == 1:
            return Ended(place, str(app.sentences.goodbye))
        case Finish(text):
            return Ended(place, text)
        case Do() | Call() | Commit():
            return Acts(place, taken)
        case _:
            return Moved(_moved(app, taken, place=place))


def _moved(app: Application, taken: Step, *, place: Place) -> Place:
    """Return where a step leads that goes back, or nowhere; no screen is entered anew."""
    match taken:
        case Back(hint):
            return _before(app, place).with_top(hint=hint)
        case Leave(hint):
            return _outside(place).with_top(hint=hint, page=0)
        case Home(language, hint):
            home = Place.at(place.path[0].screen, language=language or place.language)
            return home.with_top(hint=hint)
        case Again(hint):
            return place.with_top(hint=hint, page=0)
        case AskTwice(before):
            return _confirming(app, place).with_top(asked_at=before.isoformat(), page=0)
    raise TypeError(f"no step: {type(taken).__name__}")


def _before(app: Application, place: Place) -> Place:
    """Return the place before; a PIN that was given is not asked for on the way back."""
    place = place.up()
    while isinstance(app.screens[place.screen], Pin):
        place = place.up()
    return place


def _outside(place: Place) -> Place:
    """Return the place from which the present flow was entered."""
    present = flow_name(place.screen)
    while len(place.path) > 1 and flow_name(place.screen) == present:
        place = place.up()
    return place


def _enter(app: Application, visit: Visit, *, place: Place, frame: Frame) -> Result:
    """Return the result of entering a screen: it makes the read that it freezes, if any."""
    entered = place.down(frame)
    screen = app.screens[frame.screen]
    visit = showing.at(app, visit, entered)
    try:
        match screen:
            case End():
                return Ended(entered, screen.prompt(visit))
            case Choose():
                options = [[option.value, option.label] for option in screen.options(visit)]
                return Moved(entered.with_top(frozen=options))
            case Confirm():
                return Moved(entered.with_top(frozen=dict(screen.freeze(visit))))
            case Pin() if not app.pin_service.has_pin(visit.caller):
                return _enter(app, visit, place=entered, frame=Frame(app.first_pin))
    except NannyChainError as error:
        return settle(app, visit, as_step(error), place=place)
    return Moved(entered)


def _reconfirm(app: Application, visit: Visit, *, place: Place, hint: str) -> Result:
    """Return to the confirm screen before, and let it read anew."""
    place = _confirming(app, place)
    frame = Frame(place.screen, place.top.values)
    result = _enter(app, visit, place=place.up(), frame=frame)
    return Moved(result.place.with_top(hint=hint)) if isinstance(result, Moved) else result


def _resumed(app: Application, visit: Visit, *, path: Sequence[Any], place: Place) -> Result:
    """Return to where another session stood; what its screen freezes is read anew."""
    *way, last = (Frame.from_json(stored) for stored in path)
    before = replace(place, path=tuple(way), shown=None)
    return _enter(app, visit, place=before, frame=Frame(last.screen, last.values))


def _confirming(app: Application, place: Place) -> Place:
    """Return the place of the confirm screen at or before `place`."""
    while not isinstance(app.screens[place.screen], Confirm):
        place = place.up()
    return place


def as_step(error: NannyChainError) -> Step:
    """Return what a foreseen failure means for the person: ask again, or an end."""
    if isinstance(error, Invalid | NotFound | Conflict):
        return Again(str(error.message))
    return Finish(str(error.message))
