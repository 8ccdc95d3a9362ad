"""Celery's part in reconciliation: one call each."""

import structlog
from celery import shared_task

from payments.reconciliation import services
from payments.reconciliation.balances import asking
from payments.reconciliation.reports import printing

log = structlog.get_logger(__name__)


@shared_task(name="payments.reconciliation.run")
def run(**_: object) -> None:
    """Reconcile, and make the report of the day that is over."""
    try:
        services.run()
    except services.AlreadyRunning:
        # Somebody has it run by hand, or a run takes longer than a day: that one makes the report.
        log.warning("reconciliation.already_running")


@shared_task(name="payments.reconciliation.ask_balances")
def ask_balances(**_: object) -> None:
    """Ask M-Pesa what our accounts hold."""
    asking.ask_all()


@shared_task(name="payments.reconciliation.print_report")
def print_report(*, report_id: int, **_: object) -> None:
    """Print one report."""
    printing.print_report(report_id)


@shared_task(name="payments.reconciliation.print_all")
def print_all(**_: object) -> None:
    """Print what is not printed yet."""
    printing.print_all()
