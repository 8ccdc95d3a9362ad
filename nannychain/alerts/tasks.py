"""Celery's part in alerts."""

from typing import Any

from celery import shared_task
from celery.signals import worker_ready

from nannychain.alerts import delivery, rules, watchdog


@shared_task(name="nannychain.alerts.evaluate")
def evaluate(**_: object) -> None:
    """Look at every rule."""
    rules.evaluate()


@shared_task(name="nannychain.alerts.deliver")
def deliver(**_: object) -> None:
    """Tell people outside of what they have not heard of."""
    delivery.deliver()


@worker_ready.connect
def watch(**_: Any) -> None:
    """Have each worker process notice when beat is silent."""
    watchdog.start()
