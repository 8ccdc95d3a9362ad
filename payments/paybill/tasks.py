"""Celery's part in the paybill: one call each."""

from celery import shared_task

from payments.paybill import tending


@shared_task(name="payments.paybill.tend")
def tend(*, payment_id: str, **_: object) -> None:
    """Do what is next for one payment."""
    tending.tend(payment_id)


@shared_task(name="payments.paybill.sweep")
def sweep(**_: object) -> None:
    """Ring for what is due."""
    tending.sweep()


@shared_task(name="payments.paybill.pull")
def pull(**_: object) -> None:
    """Take what M-Pesa's list of the last hours has."""
    tending.pull()


@shared_task(name="payments.paybill.pull_far_back")
def pull_far_back(**_: object) -> None:
    """Take what M-Pesa's list of two days has."""
    tending.pull(back=tending.PULLS_FAR_BACK)
