"""Celery's part in approvals."""

from celery import shared_task

from nannychain.approvals import services


@shared_task(name="nannychain.approvals.expire")
def expire(**_: object) -> None:
    """Close what nobody decided about in time."""
    services.expire()
