"""Receiving and working off callbacks."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from nannychain import alerts, queues
from nannychain.inbox.models import InboxMessage

log = structlog.get_logger(__name__)

VALUE_LENGTH_MAX = 2000
FIELDS_MAX = 40
BATCH_MAX = 100
ALERT_AFTER_ATTEMPTS = 5
REDACTED = "[redacted]"
_PAUSE_MAX = timedelta(minutes=10)

# A double costs one statement and no second row.
_STORE = """
    INSERT INTO nannychain_inboxmessage
        (source, digest, body, trusted, received_at, copies, due_at, attempts, outcome)
    VALUES (%s, %s, %s, %s, %s, 1, %s, 0, '')
    ON CONFLICT (source, digest) DO UPDATE SET copies = nannychain_inboxmessage.copies + 1
    RETURNING id, copies
"""

Handler = Callable[[Mapping[str, str]], str]


@dataclass(frozen=True)
class Source:
    """One kind of callback: its name, what must not be kept of it, and who works out its meaning.

    `handle` gets the redacted body within a transaction and returns the outcome in a word or two;
    it may be called twice with the same body.
    """

    name: str
    redact: frozenset[str]
    handle: Handler


_sources: dict[str, Source] = {}


def register(*sources: Source) -> None:
    """Take the sources that callbacks may come from; done once, at start."""
    _sources.update({source.name: source for source in sources})


def receive(source: Source, *, body: Mapping[str, str], trusted: bool = True) -> int:
    """Store one callback and ring for it; return its id. A double is counted, not stored again."""
    kept = redacted(body, names=source.redact)
    text = json.dumps(kept, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()
    instant = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_STORE, [source.name, digest, text, trusted, instant, instant])
        message_id, copies = cursor.fetchone()
    if copies == 1:
        queues.enqueue_after_commit("nannychain.inbox.handle", message_id=message_id)
    return int(message_id)


def redacted(body: Mapping[str, str], *, names: frozenset[str]) -> dict[str, str]:
    """Return the body with named fields blanked, values cut to size, and NULs (which
    PostgreSQL can't hold) made visible."""
    return {
        _clean(name)[:60]: REDACTED if name in names else _clean(value)
        for name, value in list(body.items())[:FIELDS_MAX]
    }


def _clean(value: str) -> str:
    printable = value.encode("utf-8", "replace").decode("utf-8")
    return printable.replace("\x00", "\N{REPLACEMENT CHARACTER}")[:VALUE_LENGTH_MAX]


def sweep() -> int:
    """Handle what is due and was not handled at once; return how many messages were taken up."""
    due = InboxMessage.objects.filter(handled_at__isnull=True, due_at__lte=timezone.now())
    message_ids = list(due.order_by("due_at").values_list("pk", flat=True)[:BATCH_MAX])
    for message_id in message_ids:
        handle(message_id)
    return len(message_ids)


def handle(message_id: int) -> None:
    """Work out what one message means. Safe to call twice, and by two workers at once."""
    try:
        with transaction.atomic():
            waiting = InboxMessage.objects.select_for_update(skip_locked=True)
            message = waiting.filter(pk=message_id, handled_at__isnull=True).first()
            if message is None:
                return
            message.outcome = _sources[message.source].handle(message.body)
            message.handled_at = timezone.now()
            message.save(update_fields=["outcome", "handled_at"])
    except Exception:
        log.exception("inbox.handler_failed", message_id=message_id)
        _postpone(message_id)


def _postpone(message_id: int) -> None:
    message = InboxMessage.objects.get(pk=message_id)
    pause = min(timedelta(seconds=5 * 2 ** min(message.attempts, 10)), _PAUSE_MAX)
    InboxMessage.objects.filter(pk=message_id).update(
        attempts=F("attempts") + 1, due_at=timezone.now() + pause
    )
    if message.attempts + 1 >= ALERT_AFTER_ATTEMPTS:
        alerts.raise_alert(
            key=f"inbox:{message_id}",
            title=f"A callback from {message.source} can't be handled",
            details={"message_id": message_id},
        )
