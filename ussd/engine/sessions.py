"""The sessions that are open, for staff: seeing where they stand, and clearing them.

Clearing leaves a mark in Redis and in PostgreSQL: a session that was cleared doesn't come back by
its text.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from nannychain.language import speaking
from ussd.engine import effects, store
from ussd.engine.application import Application
from ussd.engine.effects import Outcome
from ussd.engine.hop import FIRST_GATEWAY, Hop, Reply
from ussd.engine.session import Session


@dataclass(frozen=True)
class Open:
    """One session that is open: nothing of what was typed, and nothing of what is shown."""

    name: str
    gateway: str
    phone: str
    screen: str
    language: str
    inputs_length: int
    seconds_left: int


def listed(*, after: str = "") -> Iterator[Open]:
    """Yield every open session whose name comes after that one, in the order of names.

    Raises RedisError without Redis.
    """
    for name, session, seconds in store.everything(after=after):
        if not session.reply.ends:
            yield Open(
                name=name,
                gateway=session.gateway,
                phone=session.phone,
                screen=session.place.screen,
                language=session.place.language,
                inputs_length=session.consumed.length,
                seconds_left=seconds,
            )


def count() -> int:
    """Return how many sessions Redis holds, those of the last minutes that have ended too.

    Raises RedisError without Redis.
    """
    return store.count()


def clear(app: Application, name: str) -> bool:
    """End the session of that name for good; tell whether there was one that was open."""
    session = store.find(name)
    if session is None or session.reply.ends:
        return False
    with speaking(session.place.language):
        reply = Reply(str(app.sentences.over), ends=True)
    effects.end(_hop(name, session), Outcome(reply, session.place))
    store.overwrite(name, replace(session, reply=reply))
    return True


def clear_all(app: Application) -> int:
    """End every session that is open; return how many."""
    return sum(clear(app, found.name) for found in list(listed()))


def _hop(name: str, session: Session) -> Hop:
    """Return a hop of the session, by which its mark is found again."""
    is_first = session.gateway == FIRST_GATEWAY
    return Hop(
        gateway=session.gateway,
        session_id=name if is_first else name.removeprefix(f"{session.gateway}:"),
        phone=session.phone,
        service_code=session.service_code,
        text="",
        is_authenticated=False,
    )
