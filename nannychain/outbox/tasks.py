"""Celery's part in the outbox."""

from celery import shared_task

from nannychain.outbox import services


@shared_task(name="nannychain.outbox.deliver")
def deliver(*, event_id: int, **_: object) -> None:
    """Deliver one event now."""
    services.deliver(event_id)


@shared_task(name="nannychain.outbox.relay")
def relay(**_: object) -> None:
    """Deliver what was left behind."""
    services.relay()
