"""Receiving and working off callbacks."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from nannychain import alerts, queues
from nannychain.inbox.models import InboxMessage
from nannychain.inbox.redaction import redacted

log = structlog.get_logger(__name__)

BATCH_MAX = 100
ALERT_AFTER_ATTEMPTS = 5
UNTRUSTED_MAX_A_DAY = 5_000
_PAUSE_MAX = timedelta(minutes=10)

# A double costs one statement and no second row.
_DOUBLES = """
    ON CONFLICT (source, digest) DO UPDATE SET copies = nannychain_inboxmessage.copies + 1
    RETURNING id, copies
"""
_COLUMNS = """
    INSERT INTO nannychain_inboxmessage
        (source, subject_id, digest, body, trusted, received_at, copies, due_at, attempts, outcome)
"""
_STORE = f"{_COLUMNS} VALUES (%s, '', %s, %s, true, %s, 1, %s, 0, '') {_DOUBLES}"
# Where nobody shows a secret, anybody can post: so many a day are kept, and no more.
_STORE_UNTRUSTED = f"""
    {_COLUMNS}
    SELECT source, '', %s, %s, false, %s, 1, %s, 0, '' FROM (VALUES (%s)) AS given (source)
    WHERE (
        SELECT count(*) FROM (
            SELECT FROM nannychain_inboxmessage AS kept
            WHERE kept.source = given.source AND NOT kept.trusted
              AND kept.received_at > now() - interval '1 day'
            LIMIT {UNTRUSTED_MAX_A_DAY}
        ) AS counted
    ) < {UNTRUSTED_MAX_A_DAY}
    {_DOUBLES}
"""
# Looking an address up and storing what came to it is one statement: an unknown one stores nothing.
_STORE_AT = f"""
    {_COLUMNS}
    SELECT source, subject_id, %s, %s, %s, %s, 1, %s, 0, ''
    FROM nannychain_inboxaddress WHERE digest = %s
    {_DOUBLES}
"""

Body = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What came to an address of one thing's own. `trusted` is false where its sender is doubted."""

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
    text = json.dumps(redacted(body, names=source.redact), sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()
    instant = timezone.now()
    if trusted:
        return _store(_STORE, [source.name, digest, text, instant, instant])
    return _store(_STORE_UNTRUSTED, [digest, text, instant, instant, source.name])


def receive_at(
    address_digest: str, *, body: Body, redact: frozenset[str], trusted: bool = True
) -> int:
    """Store what came to an address, for its source and its subject; return 0 where there is no
    such address, and then store nothing.

    The same words to another address, or from a sender who is believed otherwise, are no double.
    """
    text = json.dumps(redacted(body, names=redact), sort_keys=True)
    digest = hashlib.sha256(f"{address_digest} {trusted} {text}".encode()).hexdigest()
    instant = timezone.now()
    return _store(_STORE_AT, [digest, text, trusted, instant, instant, address_digest])


def open_address(address_digest: str, *, source: str, subject_id: str) -> None:
    """Let the thing be called back at the address, whose token has this SHA-256. May be repeated."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO nannychain_inboxaddress (digest, source, subject_id, created_at)"
            " VALUES (%s, %s, %s, now()) ON CONFLICT (digest) DO NOTHING",
            [address_digest, source, subject_id],
        )


def _store(statement: str, values: list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        stored = cursor.fetchone()
    if stored is None:
        return 0
    message_id, copies = stored
    if copies == 1:
        queues.enqueue_after_commit("nannychain.inbox.handle", message_id=message_id)
    return int(message_id)


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
            message.outcome = _sources[message.source].work_out(message)
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
