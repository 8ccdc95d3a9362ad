"""Finding the place of a session from its text alone: at the first hop, and when Redis lost it.

The fold goes on from the last stored effect, or from the first screen. It runs no effect in the
middle of a text: where one would be needed, its screen is shown again.
"""

from dataclasses import dataclass

from nannychain.language import speaking
from ussd.engine import effects, fold
from ussd.engine.acting import finish
from ussd.engine.application import Application
from ussd.engine.effects import Outcome
from ussd.engine.hop import Reply, Visit
from ussd.engine.session import Place
from ussd.engine.transcript import SEPARATOR

INPUTS_MAX = 60


@dataclass(frozen=True)
class _Track:
    """How the inputs read from one beginning: the last result, and how many made no sense.

    `is_cut` says that the reading stopped before the last input.
    """

    visit: Visit
    result: fold.Result
    wrong_inputs: int
    is_cut: bool = False

    @property
    def doubt(self) -> tuple[bool, int]:
        """How little sense this reading makes; less is better."""
        return (self.is_cut, self.wrong_inputs)


def rebuild(app: Application, visit: Visit) -> Outcome:
    """Return the answer to a hop of which no state is stored."""
    hop = visit.hop
    language = app.language_of(visit.caller)
    starts = [Place(path=(root,), language=language) for root in app.roots(visit.caller)]
    inputs = hop.text.split(SEPARATOR) if hop.text else []
    if not inputs:
        return finish(app, visit, fold.Moved(starts[0]), may_act=False)
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
    # Somebody who has joined since the session began may have begun as a stranger: the inputs are
    # read from each beginning, and the one under which they make most sense is taken.
    tracks = [_read(app, visit, place=place, inputs=inputs) for place in starts]
    best, *others = sorted(tracks, key=lambda track: track.doubt)
    is_clear = best.wrong_inputs == 0 or all(other.doubt > best.doubt for other in others)
    return finish(app, best.visit, best.result, may_act=is_clear and not best.is_cut)


def _read(app: Application, visit: Visit, *, place: Place, inputs: list[str]) -> _Track:
    wrong_inputs = 0
    for number, text in enumerate(inputs, start=1):
        visit = visit.speaking(place.language)
        result = fold.step(app, visit, place=place, text=text)
        if isinstance(result, fold.Moved):
            wrong_inputs += bool(result.hint)
        elif number < len(inputs):
            # An effect that was not had, or an end: the inputs after it have no meaning.
            return _Track(visit, _cut_short(app, result), wrong_inputs, is_cut=True)
        place = result.place
    return _Track(visit, result, wrong_inputs)


def _cut_short(app: Application, result: fold.Result) -> fold.Result:
    if isinstance(result, fold.Ended):
        with speaking(result.place.language):
            return fold.Ended(result.place, str(app.sentences.over))
    return result


def _over(app: Application, place: Place) -> Outcome:
    with speaking(place.language):
        return Outcome(Reply(str(app.sentences.over), ends=True), place)
