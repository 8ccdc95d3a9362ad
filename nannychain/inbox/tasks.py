"""Celery's part in the inbox."""

from celery import shared_task

from nannychain.inbox import services


@shared_task(name="nannychain.inbox.sweep")
def sweep(**_: object) -> None:
    """Work off what is due."""
    services.sweep()
