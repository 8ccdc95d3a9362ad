"""Receiving and working off callbacks."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from nannychain import alerts, queues
from nannychain.inbox.models import InboxMessage
from nannychain.inbox.redaction import kept
from nannychain.inbox.statements import OPEN_ADDRESS, STORE, STORE_AT, STORE_UNTRUSTED

log = structlog.get_logger(__name__)

BATCH_MAX = 100
ALERT_AFTER_ATTEMPTS = 5
_PAUSE_MAX = timedelta(minutes=10)

Body = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What came to an address of one thing's own; not `trusted` where its sender is doubted."""

    subject_id: str
    body: Body
    trusted: bool
    received_at: datetime


@dataclass(frozen=True)
class Source:
    """One kind of callback: its name, what must not be kept of it, and who works out its meaning.

    `handle` gets the redacted body within a transaction and returns the outcome in a word or two;
    it may be called twice with the same body. Where the sender showed no secret, `hear` is set
    instead, which gets a whole `Letter`; so it is for what comes to addresses of `receive_at`.
    """

    name: str
    redact: frozenset[str] = frozenset()
    handle: Callable[[Body], str] | None = None
    hear: Callable[[Letter], str] | None = None

    def work_out(self, message: InboxMessage) -> str:
        """Work out what a message means; return the outcome."""
        if self.hear is not None:
            letter = Letter(
                subject_id=message.subject_id,
                body=message.body,
                trusted=message.trusted,
                received_at=message.received_at,
            )
            return self.hear(letter)
        if self.handle is None:
            raise TypeError(f"nobody hears {self.name}")
        return self.handle(message.body)


_sources: dict[str, Source] = {}


def register(*sources: Source) -> None:
    """Take the sources that callbacks may come from; done once, at start."""
    _sources.update({source.name: source for source in sources})


def receive(source: Source, *, body: Body, trusted: bool = True) -> int:
    """Store one callback and ring for it; return its id. A double is counted, not stored again.

    Of those that are not trusted, only so many a day are kept; beyond them, 0 is returned.
    """
    text = kept(body, names=source.redact)
    instant = timezone.now()
    if trusted:
        digest = hashlib.sha256(text.encode()).hexdigest()
        return _store(STORE, [source.name, digest, text, instant, instant])
    digest = hashlib.sha256(f"untrusted {text}".encode()).hexdigest()
    return _store(STORE_UNTRUSTED, [digest, text, instant, instant, source.name])


def receive_at(
    address_digest: str, *, body: Body, redact: frozenset[str], trusted: bool = True
) -> int:
    """Store what came to an address, for its source and its subject; return 0 where there is no
    such address, and then store nothing.

    The same words to another address, or from a sender who is believed otherwise, are no double.
    """
    text = kept(body, names=redact)
    digest = hashlib.sha256(f"{address_digest} {trusted} {text}".encode()).hexdigest()
    return _store(STORE_AT, [address_digest, digest, text, trusted, timezone.now()])


def open_address(address_digest: str, *, source: str, subject_id: str) -> None:
    """Let the thing be called back at the address whose token has this SHA-256; repeatable."""
    with connection.cursor() as cursor:
        cursor.execute(OPEN_ADDRESS, [address_digest, source, subject_id])


def _store(statement: str, values: list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        stored = cursor.fetchone()
    if stored is None or stored[0] is None:
        return 0
    message_id, copies = stored
    if copies == 1:
        queues.ring_after_commit("nannychain.inbox.sweep")
    return int(message_id)


def sweep() -> int:
    """Work off what is due, one after the other; return how many messages were taken up.

    Many workers may be at it at once: each takes what no other has.
    """
    for taken in range(BATCH_MAX):
        if not _handle(InboxMessage.objects.filter(due_at__lte=timezone.now())):
            return taken
    queues.ring("nannychain.inbox.sweep")  # there may be more
    return BATCH_MAX


def handle(message_id: int) -> None:
    """Work out what one message means. Safe to call twice, and by two workers at once."""
    _handle(InboxMessage.objects.filter(pk=message_id))


def _handle(messages: QuerySet[InboxMessage]) -> bool:
    """Handle the first of these that nobody has handled or is at; return whether there was one."""
    message = None
    try:
        with transaction.atomic():
            waiting = messages.select_for_update(skip_locked=True).filter(handled_at__isnull=True)
            message = waiting.order_by("due_at").first()
            if message is None:
                return False
            outcome = _sources[message.source].work_out(message)
            InboxMessage.objects.filter(pk=message.pk).update(
                outcome=outcome, handled_at=timezone.now()
            )
    except Exception:
        if message is None:
            raise
        log.exception("inbox.handler_failed", message_id=message.pk)
        _postpone(message.pk)
    return True


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
