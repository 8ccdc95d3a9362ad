"""From the result of a step to what the phone shows; the one place where effects are run."""

from nannychain.language import speaking
from ussd.engine import effects, fold
from ussd.engine.application import Application
from ussd.engine.effects import Outcome
from ussd.engine.hop import Reply, Visit


def finish(app: Application, visit: Visit, result: fold.Result, *, may_act: bool) -> Outcome:
    """Return what the phone shows after a step; where it may not act, the same screen again."""
    match result:
        case fold.Moved(place, hint):
            shown = fold.show(app, visit.speaking(place.language), place=place, hint=hint)
            return Outcome(shown, place)
        case fold.Ended(place, text):
            return Outcome(Reply(text, ends=True), place)
        case fold.Acts(place, _) if not may_act:
            return Outcome(fold.show(app, visit, place=place), place)
        case fold.Acts():
            return _act(app, visit, result)


def _act(app: Application, visit: Visit, acts: fold.Acts) -> Outcome:
    """Run the effect once; its answer is stored in its own transaction."""

    def effect() -> Outcome:
        with speaking(acts.place.language):
            result = fold.settle(app, acts.do.effect(), place=acts.place)
        return finish(app, visit, result, may_act=False)

    return effects.once(visit.hop, effect=effect)
