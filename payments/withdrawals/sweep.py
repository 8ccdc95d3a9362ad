"""The guarantee behind every ring: whatever is due is rung for."""

from nannychain.queues import enqueue
from payments.withdrawals import selectors


def sweep() -> None:
    """Ring for every withdrawal that is due. Safe to run twice, and at once."""
    for withdrawal_id in selectors.due():
        enqueue("payments.withdrawals.tend", withdrawal_id=withdrawal_id)
