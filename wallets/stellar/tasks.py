"""Celery's part in Stellar: one call each."""

from celery import shared_task

from wallets.stellar import reclaiming, tending
from wallets.stellar import sweep as sweeping


@shared_task(name="wallets.stellar.send")
def send(*, submission_id: str, **_: object) -> None:
    """Tend one submission now."""
    tending.tend(submission_id)


@shared_task(name="wallets.stellar.sweep")
def sweep(**_: object) -> None:
    """Plan what waits, and ring for every submission that is due."""
    sweeping.sweep()


@shared_task(name="wallets.stellar.reclaim")
def reclaim(**_: object) -> None:
    """Close sponsored accounts that are idle for long."""
    reclaiming.reclaim()
