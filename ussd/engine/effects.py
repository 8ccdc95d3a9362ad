"""Effects happen once, and what was answered is stored with them, in PostgreSQL.

The key is gateway, session and a keyed hash of the text, so that a retry of the gateway gets the
same answer byte for byte, also when Redis has lost the session. The new place is stored too: a
rebuild goes on from there instead of repeating the effect.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from nannychain import idempotency
from nannychain.idempotency.models import IdempotentAnswer
from ussd.engine import transcript
from ussd.engine.hop import Hop, Reply
from ussd.engine.session import Place
from ussd.engine.steps import Step

SCOPE = "ussd"
KEPT = timedelta(days=7)  # no gateway repeats a request of a session that is days old
Effect = Callable[[], Step]


@dataclass(frozen=True)
class Outcome:
    """What an effect led to: the answer, and where the session stands after it."""

    reply: Reply
    place: Place


class ForeignSession(Exception):
    """The session was begun by another phone, code or gateway."""


def once(hop: Hop, *, effect: Callable[[], Outcome]) -> Outcome:
    """Run the effect under the key of this hop, or return what it led to before.

    Raises ForeignSession where the same session and text came from somebody else.
    """
    try:
        stored, _ = idempotency.once(
            scope=SCOPE,
            key=hop.key(hop.text),
            fingerprint=_fingerprint(hop),
            effect=lambda: _to_json(effect()),
        )
    except idempotency.KeyReused:
        raise ForeignSession from None
    return _from_json(stored)


def end(hop: Hop, outcome: Outcome) -> None:
    """Mark a session (of which the hop has no text) as over, so that its text can't rebuild it."""
    IdempotentAnswer.objects.update_or_create(
        scope=SCOPE,
        key=hop.key(""),
        defaults={"fingerprint": _fingerprint(hop), "answer": _to_json(outcome)},
    )


def answered(hop: Hop) -> Reply | None:
    """Return the stored answer to exactly this hop, or None where it had no effect."""
    found = idempotency.find(scope=SCOPE, key=hop.key(hop.text))
    if found is None or found.answer is None or found.fingerprint != _fingerprint(hop):
        return None
    return _from_json(found.answer).reply


def latest(hop: Hop) -> tuple[str, Outcome] | None:
    """Return the longest part of the text that has led to an effect, and its outcome. One query."""
    texts = {hop.key(text): text for text in [*transcript.prefixes(hop.text), ""]}
    rows = IdempotentAnswer.objects.filter(scope=SCOPE, key__in=texts).exclude(answer=None)
    found = sorted(rows, key=lambda row: len(texts[row.key]), reverse=True)
    if not found:
        return None
    if found[0].fingerprint != _fingerprint(hop):
        raise ForeignSession
    return texts[found[0].key], _from_json(found[0].answer)


def forget_old() -> int:
    """Forget answers that no gateway asks for again; return how many. They may hold a balance."""
    return idempotency.forget(scope_prefix=SCOPE, before=timezone.now() - KEPT)


def _fingerprint(hop: Hop) -> str:
    return transcript.digest(f"{hop.phone} {hop.service_code}")


def _to_json(outcome: Outcome) -> dict[str, Any]:
    reply = outcome.reply
    return {"reply": reply.text, "ends": reply.ends, **outcome.place.to_json()}


def _from_json(stored: Any) -> Outcome:
    return Outcome(Reply(stored["reply"], stored["ends"]), Place.from_json(stored))
