"""Celery's part in limits."""

from celery import shared_task

from payments.limits import excess


@shared_task(name="payments.limits.release")
def release(**_: object) -> None:
    """Set free what was above a limit and has room now."""
    excess.release_all()
