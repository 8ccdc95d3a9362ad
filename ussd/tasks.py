"""Celery's part in USSD: one call each."""

from celery import shared_task

from ussd.engine import twins


@shared_task(name="ussd.forget_old")
def forget_old(**_: object) -> None:
    """Forget what is too old to be asked about."""
    twins.forget_old()
