"""The guarantee behind every ring: whatever is due is rung for."""

from nannychain.queues import enqueue
from payments.deposits import selectors


def sweep() -> None:
    """Ring for every deposit that is due. Safe to run twice, and at once."""
    for deposit_id in selectors.due():
        enqueue("payments.deposits.tend", deposit_id=deposit_id)
