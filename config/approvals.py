"""Everything that takes two people: the one table of what can be asked for and decided about."""

from nannychain.approvals import Kind, kinds
from nannychain.operating import review as operating
from payments.fees import review as fees
from payments.limits import changing as limits
from payments.paybill import review as paybill
from payments.reconciliation.breaks import review as breaks
from payments.reconciliation.floats import services as floats
from payments.withdrawals import review as withdrawals
from workers.identity import two_people as people

KINDS: tuple[Kind, ...] = (
    *people.KINDS,
    *withdrawals.KINDS,
    *paybill.KINDS,
    *breaks.KINDS,
    *fees.KINDS,
    *limits.KINDS,
    *operating.KINDS,
    *floats.KINDS,
)


def connect() -> None:
    """Register the table."""
    kinds.register(KINDS)
