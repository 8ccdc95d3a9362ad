"""Celery's part in withdrawals: one call each."""

from celery import shared_task

from payments.withdrawals import sweep as sweeping
from payments.withdrawals import tending


@shared_task(name="payments.withdrawals.tend")
def tend(*, withdrawal_id: str, **_: object) -> None:
    """Do what is next for one withdrawal."""
    tending.tend(withdrawal_id)


@shared_task(name="payments.withdrawals.sweep")
def sweep(**_: object) -> None:
    """Ring for every withdrawal that is due."""
    sweeping.sweep()
