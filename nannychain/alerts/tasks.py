"""Celery's part in alerts."""

from celery import shared_task

from nannychain.alerts import rules


@shared_task(name="nannychain.alerts.evaluate")
def evaluate(**_: object) -> None:
    """Look at every rule."""
    rules.evaluate()
