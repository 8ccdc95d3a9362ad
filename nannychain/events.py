"""News that travels upward: "this happened", said below, reacted to above.

An event is an outbox row in the transaction of what it tells, so it is neither lost nor invented.
Who reacts is written in `config/events.py` alone.
"""

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from nannychain import queues
from nannychain.outbox.models import OutboxEvent
from nannychain.transactions import required

Reaction = Callable[..., None]
_reactions: dict[str, tuple[Reaction, ...]] = {}


def register(table: dict[str, tuple[Reaction, ...]]) -> None:
    """Take the table of event → reactions. Each reaction gets the event's payload as keywords."""
    _reactions.clear()
    _reactions.update(table)


def reactions_to(name: str) -> tuple[Reaction, ...]:
    """Return what happens upon the event `name`, in order."""
    return _reactions.get(name, ())


@required
def publish(name: str, **payload: Any) -> None:
    """Say that something happened: a past-tense name (`sms.opted_out`) and JSON values.

    Reactions run soon after the transaction commits, each exactly once in the database, in any
    order between events. Where nothing reacts, the row is only a record. Must be called within a
    transaction.
    """
    if not reactions_to(name):
        OutboxEvent.objects.create(name=name, payload=payload, delivered_at=timezone.now())
        return
    event = OutboxEvent.objects.create(name=name, payload=payload)
    queues.enqueue_after_commit("nannychain.outbox.deliver", event_id=event.pk)
