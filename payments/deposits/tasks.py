"""Celery's part in deposits: one call each."""

from celery import shared_task

from payments.deposits import sweep as sweeping
from payments.deposits import tending


@shared_task(name="payments.deposits.tend")
def tend(*, deposit_id: str, **_: object) -> None:
    """Do what is next for one deposit."""
    tending.tend(deposit_id)


@shared_task(name="payments.deposits.sweep")
def sweep(**_: object) -> None:
    """Ring for every deposit that is due."""
    sweeping.sweep()
