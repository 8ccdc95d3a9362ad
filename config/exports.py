"""What a member's export of her data is made of: every storey's sections, in order.

A test fails where a table that names a member stands in no section.
"""

from payments.deposits import export as deposits
from payments.limits import export as limits
from payments.paybill import export as paybill
from payments.transfers import export as transfers
from payments.withdrawals import export as withdrawals
from workers.identity.me import export
from workers.kyc import export as kyc

SECTIONS: tuple[export.Section, ...] = (
    *export.SECTIONS,
    *kyc.SECTIONS,
    *limits.SECTIONS,
    *transfers.SECTIONS,
    *deposits.SECTIONS,
    *withdrawals.SECTIONS,
    *paybill.SECTIONS,
)

# Tables that name a member and tell nothing that a section doesn't: hashes that go by themselves,
# and the admin's own log of what the audit trail says better.
HOLD_NO_DATA = frozenset({"workers.PinAttempt", "admin.LogEntry"})


def connect() -> None:
    """Register the sections."""
    export.register(SECTIONS)
