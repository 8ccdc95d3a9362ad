"""Answering one hop: hold the session, find what is new, fold, act once, store."""

import structlog
from django.db import DatabaseError

from nannychain.language import DEFAULT as DEFAULT_LANGUAGE
from nannychain.language import speaking
from ussd.engine import effects, store, transcript
from ussd.engine.acting import finish
from ussd.engine.application import Application
from ussd.engine.effects import Outcome
from ussd.engine.hop import Hop, Reply, Visit, Who
from ussd.engine.reading import read
from ussd.engine.rebuild import rebuild
from ussd.engine.screens import Menu, Sentence, Show
from ussd.engine.session import Place, Session
from ussd.engine.transcript import News

log = structlog.get_logger(__name__)


def answer(app: Application, hop: Hop) -> Reply:
    """Return what the phone shows. Never raises: a caller always gets a sentence."""
    with store.hold(hop.session_id) as slot:
        if slot.is_busy:
            return effects.answered(hop) or last_word(app.sentences.busy)
        language = slot.session.place.language if slot.session else DEFAULT_LANGUAGE
        try:
            if slot.session is not None and not slot.session.belongs_to(hop):
                raise effects.ForeignSession
            slot.session = _next(app, hop, slot.session)
        except effects.ForeignSession:
            log.warning("ussd.foreign_session", gateway=hop.gateway)
            return last_word(app.sentences.foreign)
        except DatabaseError:
            log.exception("ussd.database_failed")
            return last_word(app.sentences.unavailable, language)
        except Exception:  # a caller gets a sentence, whatever is broken here
            log.exception("ussd.failed")
            return last_word(app.sentences.unavailable, language)
        return slot.session.reply


def last_word(sentence: Sentence, language: str = DEFAULT_LANGUAGE) -> Reply:
    """Return the sentence as the end of the session."""
    with speaking(language):
        return Reply(str(sentence), ends=True)


def _next(app: Application, hop: Hop, session: Session | None) -> Session:
    """Return the session after this hop; the same one where the hop brings nothing new."""
    who = Who(app.find_caller)
    if session is None or not _is_known(app, session.place):
        visit = Visit(hop=hop, language=DEFAULT_LANGUAGE, who=who)
        return _stored(app, visit, rebuild(app, visit))
    news, text = transcript.compare(hop.text, consumed=session.consumed)
    if news is News.SAME or news is News.STALE:
        return session
    place = session.place
    if session.caller is not None:
        who.found = app.unpack_caller(session.caller)
    visit = Visit(hop=hop, language=place.language, who=who)
    if session.reply.ends:
        over = Outcome(last_word(app.sentences.over, place.language), place)
        return _stored(app, visit, over)
    if news is News.DIVERGED:
        log.warning("ussd.text_diverged", gateway=hop.gateway)
    inputs = _inputs(app, place, text)
    with speaking(place.language):
        track = read(app, visit, place=place, inputs=inputs, is_seen=news is News.INPUT)
        is_certain = not track.is_cut and (len(inputs) == 1 or track.wrong_inputs == 0)
        may_act = news is News.INPUT and is_certain
        return _stored(app, visit, finish(app, track.visit, track.result, may_act=may_act))


def _is_known(app: Application, place: Place) -> bool:
    """Tell whether all screens on the way still exist: another version may have begun this."""
    return all(frame.screen in app.screens for frame in place.path)


def _inputs(app: Application, place: Place, text: str) -> list[str]:
    """Return the inputs that a text stands for: several where a menu has missed a hop.

    Where anything may be typed, a separator is part of what was typed; and what follows the answer
    to a list, a quote or a PIN is never guessed.
    """
    is_menu = isinstance(app.screens[place.screen], Menu | Show)
    return text.split(transcript.SEPARATOR) if is_menu else [text]


def _stored(app: Application, visit: Visit, outcome: Outcome) -> Session:
    hop, caller = visit.hop, visit.who.known
    return Session(
        gateway=hop.gateway,
        phone=hop.phone,
        service_code=hop.service_code,
        place=outcome.place,
        consumed=transcript.mark(hop.text),
        reply=outcome.reply,
        caller=app.pack_caller(caller) if caller is not None else None,
    )
