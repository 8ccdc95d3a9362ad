"""Celery's part in the ledger: one call each."""

from celery import shared_task

from wallets.ledger import holds, posting
from wallets.ledger.checking import services as checking


@shared_task(name="wallets.ledger.roll_up")
def roll_up(**_: object) -> None:
    """Put what was posted onto hot accounts into their balances."""
    posting.roll_up()


@shared_task(name="wallets.ledger.expire_holds")
def expire_holds(**_: object) -> None:
    """Release holds whose time is over."""
    holds.expire_due()


@shared_task(name="wallets.ledger.check_books")
def check_books(**_: object) -> None:
    """Recompute the books, and keep and tell what was found."""
    checking.check_books()
