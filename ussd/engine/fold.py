"""One step of the fold: a place and an input give a new place, an effect, or the end.

Pure but for the reads that a screen makes to show itself.
"""

from dataclasses import dataclass, replace

from nannychain.language import speaking
from ussd.engine.application import Application
from ussd.engine.hop import Reply, Visit
from ussd.engine.screens import Again, Back, Do, Finish, Go, Home, Step
from ussd.engine.session import Place


@dataclass(frozen=True)
class Moved:
    """The session stands at `place`; `hint` says what was wrong with the input, if anything."""

    place: Place
    hint: str = ""


@dataclass(frozen=True)
class Ended:
    """The session is over, with this last word."""

    place: Place
    text: str


@dataclass(frozen=True)
class Acts:
    """The input asks for an effect, which the caller runs or refuses."""

    place: Place
    do: Do


Result = Moved | Ended | Acts


def step(app: Application, visit: Visit, *, place: Place, text: str) -> Result:
    """Return what the input `text` leads to at `place`."""
    with speaking(place.language):
        return settle(app, _meaning(app, visit, place=place, text=text), place=place)


def settle(app: Application, taken: Step, *, place: Place) -> Result:
    """Return where a step leads from `place`."""
    match taken:
        case Go(screen):
            return Moved(replace(place, path=(*place.path, screen)))
        case Back() if len(place.path) > 1:
            return Moved(replace(place, path=place.path[:-1]))
        case Back():
            return Ended(place, str(app.sentences.goodbye))
        case Home(language):
            return Moved(Place(path=place.path[:1], language=language or place.language))
        case Again(hint):
            return Moved(place, hint)
        case Finish(text):
            return Ended(place, text)
        case Do():
            return Acts(place, taken)


def _meaning(app: Application, visit: Visit, *, place: Place, text: str) -> Step:
    screen = app.screens[place.screen]
    keys = app.keys(place.screen, visit)
    if text in keys:
        return keys[text][1]
    if text in screen.aliases:
        return screen.aliases[text]
    if screen.read is not None:
        return screen.read(visit, text)
    return Again(str(app.sentences.wrong_choice))


def show(app: Application, visit: Visit, *, place: Place, hint: str = "") -> Reply:
    """Return the screen at `place` as the phone shows it, below a hint where there is one."""
    screen = app.screens[place.screen]
    with speaking(place.language):
        prompt = screen.short if hint and screen.short else screen.prompt
        lines = [hint] if hint else []
        lines.append(prompt(visit))
        lines += [f"{key}. {label}" for key, (label, _) in app.keys(place.screen, visit).items()]
        return Reply("\n".join(lines), ends=False)
