"""Gateways that send one input at a time: nothing can be rebuilt from that.

A chain of keyed hashes stands for the text that other gateways send, so that effects have the same
kind of key. When the place is lost, the session starts again, and says so.
"""

from dataclasses import replace

from nannychain.language import DEFAULT as DEFAULT_LANGUAGE
from nannychain.language import speaking
from ussd.engine import beginning, transcript
from ussd.engine.acting import finish
from ussd.engine.application import Application
from ussd.engine.hop import Hop, Step, Visit, Who
from ussd.engine.reading import read
from ussd.engine.rebuild import over
from ussd.engine.session import Session
from ussd.engine.transcript import Mark

_TURN_DIGITS = 10  # what is longer is a name, or garbage


def following(
    app: Application, hop: Hop, *, session: Session | None, dropped_place: bytes | None
) -> Session:
    """Return the session after this input; the same one where the gateway only repeats itself."""
    step = hop.step or Step(begins=False)
    if step.begins and not step.is_sure and session is not None and not session.reply.ends:
        step = replace(step, begins=False)
    if session is not None and _is_repeated(hop, step, session):
        return session
    if session is None or step.begins:
        return _begun(app, hop, step, dropped_place)
    consumed = transcript.chained(hop.text, after=session.consumed)
    visit = beginning.visit_of(app, _chained(hop, step, consumed), session)
    place = session.place
    if session.reply.ends or consumed.length > transcript.INPUTS_MAX:
        outcome = over(app, place)
    else:
        with speaking(place.language):
            track = read(app, visit, place=place, inputs=[hop.text], is_seen=True)
            outcome = finish(app, track.visit, track.result, may_act=not track.is_cut)
    return beginning.session_of(app, visit, outcome, consumed=consumed)


def _is_repeated(hop: Hop, step: Step, session: Session) -> bool:
    """Tell whether the gateway sends again what was answered already.

    Where it has no name of its own for an input, that is sure only at the start and after the end:
    the same key pressed twice looks like one that was sent twice. Where names are numbers that
    count up, one that is behind was overtaken on its way.
    """
    if _counts(step.turn) and _counts(session.turn):
        is_behind = int(step.turn) < int(session.turn)
        return step.turn == session.turn or (is_behind and not session.reply.ends)
    if step.turn:
        return step.turn == session.turn
    if step.begins:
        return session.consumed.length == 0 and not session.reply.ends
    return session.reply.ends and session.turn == _last(hop)


def _counts(turn: str) -> bool:
    return turn.isascii() and turn.isdigit() and len(turn) < _TURN_DIGITS


def _chained(hop: Hop, step: Step, consumed: Mark) -> Hop:
    """Return the hop with the chain in the place of a text, and a name for the input."""
    return replace(hop, text=consumed.digest, step=replace(step, turn=step.turn or _last(hop)))


def _last(hop: Hop) -> str:
    """Return a keyed hash of the input, by which its repetition after the end is known."""
    return transcript.digest(f"last {hop.session_id} {hop.text}")


def _begun(app: Application, hop: Hop, step: Step, dropped_place: bytes | None) -> Session:
    consumed = transcript.begun()
    hop = _chained(hop, step, consumed)
    visit = Visit(hop=hop, language=DEFAULT_LANGUAGE, who=Who(app.find_caller))
    if not step.begins:
        outcome = beginning.begin_again(app, visit)
    elif not step.dialled:
        outcome = beginning.begin(app, visit, dropped_place=dropped_place)
    else:  # what is dialled beyond the code navigates, and does nothing
        place = beginning.begin(app, visit, dropped_place=None).place
        inputs = step.dialled.split(transcript.SEPARATOR)
        track = read(app, visit, place=place, inputs=inputs, is_seen=False)
        outcome = finish(app, track.visit, track.result, may_act=False)
    return beginning.session_of(app, visit, outcome, consumed=consumed)
