"""Reading several inputs in a row from one place, without any effect."""

from dataclasses import dataclass

from nannychain.language import speaking
from ussd.engine import fold
from ussd.engine.application import Application
from ussd.engine.hop import Visit
from ussd.engine.screens import Choose, Confirm, Sentence
from ussd.engine.session import Place


@dataclass(frozen=True)
class Track:
    """How the inputs read: the last result, and how many made no sense.

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


def read(
    app: Application, visit: Visit, *, place: Place, inputs: list[str], is_seen: bool
) -> Track:
    """Read the inputs (one or more) from `place`; `is_seen` says that the phone has shown it.

    An end, or an effect that would have to be had, before the last input cuts the reading short:
    what comes after has no meaning. So does an answer to a list or to figures that nobody can prove
    to be the ones that were seen: they are asked again.
    """
    wrong_inputs = 0
    result: fold.Result = fold.Moved(place)
    for number, text in enumerate(inputs, start=1):
        if not is_seen and isinstance(app.screens[place.screen], Choose | Confirm):
            hint = _said(app.sentences.ask_again, place)
            return Track(visit, fold.Moved(place.with_top(hint=hint)), wrong_inputs, is_cut=True)
        is_seen = False
        visit = visit.speaking(place.language)
        result = fold.step(app, visit, place=place, text=text)
        if isinstance(result, fold.Moved):
            wrong_inputs += result.is_wrong_input
        elif number < len(inputs):
            return Track(visit, _cut_short(app, result), wrong_inputs, is_cut=True)
        place = result.place
    return Track(visit, result, wrong_inputs)


def _cut_short(app: Application, result: fold.Result) -> fold.Result:
    if isinstance(result, fold.Ended):
        return fold.Ended(result.place, _said(app.sentences.over, result.place))
    return result


def _said(sentence: Sentence, place: Place) -> str:
    with speaking(place.language):
        return str(sentence)
