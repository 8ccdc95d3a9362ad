"""Everything that takes two people: the one table of what can be asked for and decided about."""

from nannychain.approvals import Kind, kinds
from payments.paybill import review as paybill
from payments.reconciliation.breaks import review as breaks
from payments.withdrawals import review as withdrawals
from workers.identity import two_people as people

KINDS: tuple[Kind, ...] = (*people.KINDS, *withdrawals.KINDS, *paybill.KINDS, *breaks.KINDS)


def connect() -> None:
    """Register the table."""
    kinds.register(KINDS)
