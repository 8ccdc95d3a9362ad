"""Reading several inputs in a row from one place, without any effect."""

from dataclasses import dataclass

from nannychain.language import speaking
from ussd.engine import fold
from ussd.engine.application import Application
from ussd.engine.hop import Visit
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


def read(app: Application, visit: Visit, *, place: Place, inputs: list[str]) -> Track:
    """Read the inputs (one or more) from `place`.

    An end, or an effect that would have to be had, before the last input cuts the reading short:
    what comes after has no meaning.
    """
    wrong_inputs = 0
    for number, text in enumerate(inputs, start=1):
        visit = visit.speaking(place.language)
        result = fold.step(app, visit, place=place, text=text)
        if isinstance(result, fold.Moved):
            wrong_inputs += bool(result.hint)
        elif number < len(inputs):
            return Track(visit, _cut_short(app, result), wrong_inputs, is_cut=True)
        place = result.place
    return Track(visit, result, wrong_inputs)


def _cut_short(app: Application, result: fold.Result) -> fold.Result:
    if isinstance(result, fold.Ended):
        with speaking(result.place.language):
            return fold.Ended(result.place, str(app.sentences.over))
    return result
