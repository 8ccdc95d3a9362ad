"""Celery's part in limits."""

from celery import shared_task

from payments.limits import caps, excess


@shared_task(name="payments.limits.release")
def release(**_: object) -> None:
    """Set free what was above a limit and has room now."""
    excess.release_all()


@shared_task(name="payments.limits.watch_caps")
def watch_caps(**_: object) -> None:
    """Tell staff when a cap of the mode comes near."""
    caps.watch()
