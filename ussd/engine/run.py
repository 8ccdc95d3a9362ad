"""Answering one hop: hold the session, find what is new, fold, act once, store."""

import time
from dataclasses import replace

import structlog
from django.db import DatabaseError

from nannychain.language import DEFAULT as DEFAULT_LANGUAGE
from nannychain.language import speaking
from ussd.engine import cumulative, dropped, effects, lengths, single, store
from ussd.engine.application import Application
from ussd.engine.hop import Hop, Reply
from ussd.engine.screens import Sentence
from ussd.engine.session import Place, Session
from ussd.engine.store import Slot

log = structlog.get_logger(__name__)


def answer(app: Application, hop: Hop) -> Reply:
    """Return what the phone shows. Never raises: a caller always gets a sentence."""
    with store.hold(hop) as slot:
        if slot.is_busy:
            return effects.answered(hop) or last_word(app.sentences.busy)
        if slot.is_too_many:
            return last_word(app.sentences.too_often)
        language = slot.session.place.language if slot.session else DEFAULT_LANGUAGE
        try:
            session = _next(app, hop, slot)
        except effects.ForeignSession:
            log.warning("ussd.foreign_session", gateway=hop.gateway)
            return last_word(app.sentences.foreign)
        except DatabaseError:
            log.exception("ussd.database_failed")
            return last_word(app.sentences.unavailable, language)
        except Exception:  # a caller gets a sentence, whatever is broken here
            log.exception("ussd.failed")
            return last_word(app.sentences.unavailable, language)
        if session is not slot.session:
            session = _timed(slot.session, session)
            is_open = not session.reply.ends
            slot.resumable = dropped.worth_resuming(app, session.place) if is_open else ""
            slot.counts = counted(slot.session, session)
            slot.session = session
        return session.reply


def counted(before: Session | None, after: Session) -> tuple[str, ...]:
    """Return what a hop adds to the figures: `what screen`, for each screen that has a part in it.

    A screen that was shown and never left is where people give up. A session that ends tells how
    many seconds and hops it took.
    """
    screen = after.place.screen
    counts = [f"ended {screen}" if after.reply.ends else f"shown {screen}"]
    if after.place.top.hint and not after.reply.ends:
        counts.append(f"wrong {screen}")
    if _is_new(before, after):
        counts.append(f"began {screen}")
    elif before is not None and not before.reply.ends:
        counts.append(f"left {before.place.screen}")
    if after.reply.ends and not (before is not None and before.reply.ends):
        seconds = int(time.time()) - after.began_at
        counts.append(f"seconds {lengths.upto(seconds, lengths.SECONDS)}")
        counts.append(f"hops {lengths.upto(after.hops, lengths.HOPS)}")
    return tuple(counts)


def _is_new(before: Session | None, after: Session) -> bool:
    """Tell whether a session begins, perhaps under the name of one that has ended."""
    return before is None or (before.reply.ends and not after.reply.ends)


def _timed(before: Session | None, after: Session) -> Session:
    """Return the session with when it began, and one hop more."""
    if before is None or _is_new(before, after):
        return replace(after, began_at=int(time.time()), hops=1)
    return replace(after, began_at=before.began_at, hops=before.hops + 1)


def last_word(sentence: Sentence, language: str = DEFAULT_LANGUAGE) -> Reply:
    """Return the sentence as the end of the session."""
    with speaking(language):
        return Reply(str(sentence), ends=True)


def _next(app: Application, hop: Hop, slot: Slot) -> Session:
    """Return the session after this hop; the same one where the hop brings nothing new."""
    session = slot.session
    if session is not None and not session.belongs_to(hop):
        raise effects.ForeignSession
    if session is not None and not _is_known(app, session.place):
        session = None
    following = cumulative.following if hop.step is None else single.following
    return following(app, hop, session=session, dropped_place=slot.dropped)


def _is_known(app: Application, place: Place) -> bool:
    """Tell whether all screens on the way still exist: another version may have begun this."""
    return all(frame.screen in app.screens for frame in place.path)
