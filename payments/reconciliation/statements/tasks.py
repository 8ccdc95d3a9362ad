"""Celery's part in statements: one call each."""

from celery import shared_task

from nannychain.queues import enqueue
from payments.reconciliation.statements import services


@shared_task(name="payments.reconciliation.statements.work_off")
def work_off(*, file_id: str, **_: object) -> None:
    """Do all that is left to do for one file."""
    services.work_off(file_id)


@shared_task(name="payments.reconciliation.statements.sweep")
def sweep(**_: object) -> None:
    """Ring for files that wait, or whose worker died."""
    for file_id in services.unfinished():
        enqueue("payments.reconciliation.statements.work_off", file_id=file_id)


@shared_task(name="payments.reconciliation.statements.compare")
def compare(**_: object) -> None:
    """Compare all that is left open with what was settled since."""
    services.compare_all()
