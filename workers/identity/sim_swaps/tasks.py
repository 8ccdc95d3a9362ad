"""Celery's part in questions about SIMs: one call each."""

from celery import shared_task

from workers.identity.sim_swaps import sweep as sweeping


@shared_task(name="workers.identity.sim_swaps.sweep")
def sweep(**_: object) -> None:
    """Ask what waits, and end what was left behind."""
    sweeping.sweep()
