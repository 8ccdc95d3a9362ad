"""Celery's part in the inbox."""

from celery import shared_task

from nannychain.inbox import services


@shared_task(name="nannychain.inbox.handle")
def handle(*, message_id: int, **_: object) -> None:
    """Handle one message now."""
    services.handle(message_id)


@shared_task(name="nannychain.inbox.sweep")
def sweep(**_: object) -> None:
    """Handle what was left behind."""
    services.sweep()
