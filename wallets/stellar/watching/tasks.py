"""Celery's part in watching: one call."""

from celery import shared_task

from wallets.stellar.watching import services


@shared_task(name="wallets.stellar.watching.watch")
def watch(**_: object) -> None:
    """Look at what has happened on the network since the last time."""
    services.watch()
