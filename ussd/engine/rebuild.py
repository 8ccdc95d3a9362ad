"""Finding the place of a session from its text alone: at the first hop, and when Redis lost it.

The fold goes on from the last stored effect, or from the first screen. It runs no effect in the
middle of a text: where one would be needed, its screen is shown again.
"""

from dataclasses import dataclass
from typing import Any

from nannychain.language import speaking
from ussd.engine import effects, fold
from ussd.engine.acting import finish
from ussd.engine.application import Application
from ussd.engine.effects import Outcome
from ussd.engine.hop import Hop, Reply, Visit
from ussd.engine.session import Place
from ussd.engine.transcript import SEPARATOR

INPUTS_MAX = 60


@dataclass(frozen=True)
class _Track:
    """How the inputs read from one beginning: the last result, and whether each one made sense.

    `is_cut` says that the reading stopped before the last input.
    """

    visit: Visit
    result: fold.Result
    is_valid: bool
    is_cut: bool = False


def rebuild(app: Application, hop: Hop, *, caller: Any) -> Outcome:
    """Return the answer to a hop of which no state is stored."""
    language = app.language_of(caller)
    starts = [Place(path=(root,), language=language) for root in app.roots(caller)]
    inputs = hop.text.split(SEPARATOR) if hop.text else []
    if not inputs:
        return _at(app, hop, caller=caller, place=starts[0])
    known = effects.latest(hop)
    if known is not None:
        text, outcome = known
        if text == hop.text:
            return outcome
        if outcome.reply.ends:
            return _over(app, outcome.place)
        starts = [outcome.place]
        inputs = hop.text[len(text) + len(SEPARATOR) :].split(SEPARATOR)
    if len(inputs) > INPUTS_MAX:
        return _over(app, starts[0])
    track = _choose(app, hop, caller=caller, starts=starts, inputs=inputs)
    is_certain = not track.is_cut and (track.is_valid or len(starts) == 1)
    return finish(app, track.visit, track.result, may_act=is_certain)


def _choose(
    app: Application, hop: Hop, *, caller: Any, starts: list[Place], inputs: list[str]
) -> _Track:
    """Read the inputs from each beginning; take the first under which all of them make sense.

    Somebody who has joined since the session began may have begun as a stranger.
    """
    tracks = [_read(app, hop, caller=caller, place=place, inputs=inputs) for place in starts]
    return next((track for track in tracks if track.is_valid), tracks[0])


def _read(app: Application, hop: Hop, *, caller: Any, place: Place, inputs: list[str]) -> _Track:
    is_valid = True
    for number, text in enumerate(inputs, start=1):
        visit = Visit(hop=hop, caller=caller, language=place.language)
        result = fold.step(app, visit, place=place, text=text)
        if isinstance(result, fold.Moved):
            is_valid = is_valid and not result.hint
        elif number < len(inputs):
            # An effect that was not had, or an end: the inputs after it have no meaning.
            return _Track(visit, _cut_short(app, result), is_valid=False, is_cut=True)
        place = result.place
    return _Track(visit, result, is_valid)


def _cut_short(app: Application, result: fold.Result) -> fold.Result:
    if isinstance(result, fold.Ended):
        with speaking(result.place.language):
            return fold.Ended(result.place, str(app.sentences.over))
    return result


def _at(app: Application, hop: Hop, *, caller: Any, place: Place) -> Outcome:
    visit = Visit(hop=hop, caller=caller, language=place.language)
    return Outcome(fold.show(app, visit, place=place), place)


def _over(app: Application, place: Place) -> Outcome:
    with speaking(place.language):
        return Outcome(Reply(str(app.sentences.over), ends=True), place)
