"""Celery's part in alerts."""

from celery import shared_task

from nannychain.alerts import delivery, rules


@shared_task(name="nannychain.alerts.evaluate")
def evaluate(**_: object) -> None:
    """Look at every rule."""
    rules.evaluate()


@shared_task(name="nannychain.alerts.deliver")
def deliver(**_: object) -> None:
    """Tell people outside of what they have not heard of."""
    delivery.deliver()
