"""Gateways that send all input so far: what is new in it, and where it leads.

Where no state is stored, `rebuild` finds the place from the text.
"""

import structlog

from nannychain.language import DEFAULT as DEFAULT_LANGUAGE
from nannychain.language import speaking
from ussd.engine import beginning, transcript
from ussd.engine.acting import finish
from ussd.engine.application import Application
from ussd.engine.effects import Outcome
from ussd.engine.hop import Hop, Visit, Who
from ussd.engine.reading import read
from ussd.engine.rebuild import over, rebuild
from ussd.engine.screens import Menu, Show
from ussd.engine.session import Place, Session
from ussd.engine.transcript import News

log = structlog.get_logger(__name__)


def following(
    app: Application, hop: Hop, *, session: Session | None, dropped_place: bytes | None
) -> Session:
    """Return the session after this hop; the same one where the text brings nothing new."""
    if session is None:
        visit = Visit(hop=hop, language=DEFAULT_LANGUAGE, who=Who(app.find_caller))
        if hop.text:
            return _stored(app, visit, rebuild(app, visit))
        return _stored(app, visit, beginning.begin(app, visit, dropped_place=dropped_place))
    news, text = transcript.compare(hop.text, consumed=session.consumed)
    if news is News.SAME or news is News.STALE:
        return session
    place = session.place
    visit = beginning.visit_of(app, hop, session)
    if session.reply.ends or hop.text.count(transcript.SEPARATOR) >= transcript.INPUTS_MAX:
        return _stored(app, visit, over(app, place))
    if news is News.DIVERGED:
        log.warning("ussd.text_diverged", gateway=hop.gateway)
    inputs = _inputs(app, place, text)
    with speaking(place.language):
        track = read(app, visit, place=place, inputs=inputs, is_seen=news is News.INPUT)
        is_certain = not track.is_cut and (len(inputs) == 1 or track.wrong_inputs == 0)
        may_act = news is News.INPUT and is_certain
        return _stored(app, visit, finish(app, track.visit, track.result, may_act=may_act))


def _inputs(app: Application, place: Place, text: str) -> list[str]:
    """Return the inputs that a text stands for: several where a menu has missed a hop.

    Where anything may be typed, a separator is part of what was typed; and what follows the answer
    to a list, a quote or a PIN is never guessed.
    """
    is_menu = isinstance(app.screens[place.screen], Menu | Show)
    return text.split(transcript.SEPARATOR) if is_menu else [text]


def _stored(app: Application, visit: Visit, outcome: Outcome) -> Session:
    return beginning.session_of(app, visit, outcome, consumed=transcript.mark(visit.hop.text))
