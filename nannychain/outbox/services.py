"""Delivery of events: each reaction in a transaction of its own, once."""

from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from nannychain import alerts, events
from nannychain.outbox.models import OutboxDelivery, OutboxEvent

log = structlog.get_logger(__name__)

BATCH_MAX = 100
ALERT_AFTER_ATTEMPTS = 5
_PAUSE_MAX = timedelta(minutes=10)


def relay() -> int:
    """Deliver what is due and was not delivered at once; return how many events were taken up."""
    due = OutboxEvent.objects.filter(delivered_at__isnull=True, due_at__lte=timezone.now())
    event_ids = list(due.order_by("due_at").values_list("pk", flat=True)[:BATCH_MAX])
    for event_id in event_ids:
        deliver(event_id)
    return len(event_ids)


def deliver(event_id: int) -> None:
    """Run every reaction that has not run yet for this event. Safe to call twice, and at once."""
    event = OutboxEvent.objects.filter(pk=event_id, delivered_at__isnull=True).first()
    if event is None:
        return
    failed = [
        name for name, reaction in _named_reactions(event) if not _react(event, name, reaction)
    ]
    if failed:
        _postpone(event, failed)
    else:
        OutboxEvent.objects.filter(pk=event.pk).update(delivered_at=timezone.now())


def _named_reactions(event: OutboxEvent) -> list[tuple[str, events.Reaction]]:
    return [(f"{r.__module__}.{r.__name__}", r) for r in events.reactions_to(event.name)]


def _react(event: OutboxEvent, name: str, reaction: events.Reaction) -> bool:
    """Run one reaction together with its mark; a second runner waits on it and does nothing."""
    try:
        with transaction.atomic():
            _, is_first = OutboxDelivery.objects.get_or_create(event=event, reaction=name)
            if is_first:
                reaction(**event.payload)
    except Exception:
        log.exception("outbox.reaction_failed", outbox_event=event.name, reaction=name)
        return False
    return True


def _postpone(event: OutboxEvent, failed: list[str]) -> None:
    pause = min(timedelta(seconds=5 * 2 ** min(event.attempts, 10)), _PAUSE_MAX)
    OutboxEvent.objects.filter(pk=event.pk).update(
        attempts=F("attempts") + 1, due_at=timezone.now() + pause
    )
    if event.attempts + 1 >= ALERT_AFTER_ATTEMPTS:
        alerts.raise_alert(
            key=f"outbox:{event.pk}",
            title=f"The event {event.name} can't be delivered",
            details={"event_id": event.pk, "failed": failed},
        )
