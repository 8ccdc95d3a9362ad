"""The heartbeat that beat rings and a worker answers."""

from celery import shared_task

from nannychain.health import services


@shared_task(name="nannychain.health.beat")
def beat(**_: object) -> None:
    """Note the heartbeat."""
    services.beat()
