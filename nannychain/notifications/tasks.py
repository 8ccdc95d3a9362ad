"""Celery's part in SMS: one call each."""

from celery import shared_task

from nannychain.notifications import sending
from nannychain.notifications import sweep as sweeping


@shared_task(name="nannychain.notifications.send")
def send(*, sms_id: str, **_: object) -> None:
    """Send one SMS now."""
    sending.send(sms_id)


@shared_task(name="nannychain.notifications.sweep")
def sweep(**_: object) -> None:
    """Take up what was left behind."""
    sweeping.sweep()
