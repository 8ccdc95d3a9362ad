"""Celery: one call each."""

from typing import Any

from celery import shared_task

from workers.identity import tidying


@shared_task(name="workers.identity.tidy")
def tidy(**_: Any) -> None:
    """Forget what is over."""
    tidying.tidy()
