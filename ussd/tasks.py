"""Celery's part in USSD: one call each."""

from celery import shared_task

from ussd import figures
from ussd.engine import effects, twins


@shared_task(name="ussd.keep_figures")
def keep_figures(**_: object) -> None:
    """Write what was counted in Redis to the rows."""
    figures.keep()


@shared_task(name="ussd.forget_old")
def forget_old(**_: object) -> None:
    """Forget what is too old to be asked about, and answers that nobody asks for again."""
    twins.forget_old()
    effects.forget_old()
