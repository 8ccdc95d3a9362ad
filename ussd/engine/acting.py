"""From the result of a step to what the phone shows; the one place where effects are run."""

from nannychain.errors import NannyChainError
from nannychain.language import speaking
from ussd.engine import confirming, effects, fold, showing, text, twins
from ussd.engine.application import Application, Verdict
from ussd.engine.confirming import Seen
from ussd.engine.effects import Effect, Outcome
from ussd.engine.hop import Reply, Visit
from ussd.engine.screens import Pin
from ussd.engine.session import Place
from ussd.engine.steps import Again, AskTwice, Call, Commit, Do, Finish, Reconfirm, Step


def finish(app: Application, visit: Visit, result: fold.Result, *, may_act: bool) -> Outcome:
    """Return what the phone shows after a step; where it may not act, the same screen again."""
    match result:
        case fold.Moved(place):
            return Outcome(*showing.show(app, visit, place=place))
        case fold.Ended(place, last_word):
            return Outcome(Reply(text.cut_to_screen(last_word), ends=True), place)
        case fold.Acts(place, _) if not may_act:
            return Outcome(*showing.show(app, visit, place=place))
        case fold.Acts(place, Do(effect)):
            return _once(app, visit, place=place, effect=effect)
        case fold.Acts(place, Call(service)):
            return _called(app, visit, place=place, service=service)
        case fold.Acts(place, Commit(pin)):
            return _commit(app, visit, place=place, pin=pin)
    raise TypeError(f"no result of a step: {type(result).__name__}")


class _Refused(Exception):
    """An effect was refused by name; its transaction goes, and the refusal is the answer."""


def _once(app: Application, visit: Visit, *, place: Place, effect: Effect) -> Outcome:
    """Run the effect once; its answer is stored in its own transaction.

    Where it is refused by name, nothing of it stays, and the refusal is stored as the answer.
    """

    def run(effect: Effect) -> Outcome:
        with speaking(place.language):
            result = fold.settle(app, visit, _taken(effect), place=place)
        return finish(app, visit, result, may_act=False)

    try:
        return effects.once(visit.hop, effect=lambda: run(effect))
    except _Refused as refused:
        (error,) = refused.args
        return effects.once(visit.hop, effect=lambda: run(lambda: _told(app, visit, error)))


def _told(app: Application, visit: Visit, error: NannyChainError) -> Step:
    """Return what a refusal leads to, and let the application do about it what it wants."""
    answer = app.on_refusal(visit, error)
    return Finish(answer) if answer else fold.as_step(error)


def _taken(effect: Effect) -> Step:
    try:
        return effect()
    except NannyChainError as error:
        raise _Refused(error) from None


def _called(app: Application, visit: Visit, *, place: Place, service: Effect) -> Outcome:
    """Call a service that keeps its own account of the key, and store where it led to."""
    with speaking(place.language):
        try:
            taken = service()
        except NannyChainError as error:
            taken = fold.as_step(error)
    return _once(app, visit, place=place, effect=lambda: taken)


def _commit(app: Application, visit: Visit, *, place: Place, pin: str) -> Outcome:
    """Check the PIN, and do what the screen is for, if what it commits is what was seen.

    The verdict is kept by the PIN service under the key of this input, in a transaction of its own:
    a wrong try counts whatever happens after it, and a replay doesn't count again.
    """
    screen, seen = app.screens[place.screen], confirming.before(app, visit, place=place)
    if not isinstance(screen, Pin):
        raise TypeError(f"{place.screen} asks for no PIN")
    visit = showing.at(app, visit, place)
    with speaking(place.language):
        if seen is not None and not confirming.is_the_one_seen(seen, place=place):
            lost = Reconfirm(str(app.sentences.ask_again))
            return finish(app, visit, fold.settle(app, visit, lost, place=place), may_act=False)
        try:
            verdict = app.pin_service.verify(visit.caller, pin=pin, key=visit.key)
        except NannyChainError as error:
            return finish(app, visit, fold.Ended(place, str(error.message)), may_act=False)
    if not verdict.is_right:
        return _once(app, visit, place=place, effect=lambda: _refused(app, verdict))
    return _once(app, visit, place=place, effect=lambda: _act(screen, visit, seen))


def _act(screen: Pin, visit: Visit, seen: Seen | None) -> Step:
    """Do what the PIN has committed, unless the same was done just now in another session."""
    if seen is None or (twin := seen.twin) is None:
        return screen.act(visit)
    before = twins.hold(twin)
    if before is not None and before.isoformat() != seen.frame.asked_at:
        return AskTwice(before)
    taken = screen.act(visit)
    if not isinstance(taken, Again | Reconfirm):
        twins.note(twin)
    return taken


def _refused(app: Application, verdict: Verdict) -> Step:
    """Return what a wrong PIN leads to: another try, or the end where there is none."""
    sentences = app.sentences
    if verdict.needs_reset:
        return Finish(str(sentences.pin_needs_reset))
    if verdict.locked_until is not None:
        until = text.time(verdict.locked_until)
        return Finish(text.fill(str(sentences.pin_locked), time=until))
    return Again(text.fill(str(sentences.pin_wrong), tries=text.count(verdict.tries_left)))
