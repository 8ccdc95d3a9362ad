"""What a statement of M-Pesa's organisation portal looks like, and why one is refused.

Rows 1 to 6 say whose account it is, which period, and the balances; row 7 names thirteen columns.
Source: files of the portal, as a public production parser reads them. Amounts are cents.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from nannychain.errors import Invalid

COLUMNS = (
    *("Receipt No.", "Completion Time", "Initiation Time", "Details", "Transaction Status"),
    *("Paid In", "Withdrawn", "Balance", "Balance Confirmed", "Reason Type", "Other Party Info"),
    *("Linked Transaction ID", "A/C No."),
)
CONTENT_BYTES_MAX = 25 * 1024 * 1024
LINES_MAX = 250_000
HEAD_ROWS_MAX = 30
CELL_LENGTH_MAX = 500


class Refused(Invalid):
    """A file that is no statement of ours, or contradicts itself; nothing of it is kept.

    `line` is the row of the file at fault, counted from 1, where it is one row.
    """

    code = "statements.refused"

    def __init__(self, reason: str, *, line: int | None = None) -> None:
        self.reason = reason
        self.line = line
        super().__init__(f"Line {line}: {reason}" if line else reason)


@dataclass(frozen=True, kw_only=True)
class Head:
    """What stands above the columns. What the file does not say is None.

    `reported_at` is when the portal made it: it says nothing of what came after.
    """

    shortcode: str
    account: str
    period_from: datetime
    period_to: datetime
    opening_cents: int
    closing_cents: int
    paid_in_cents: int | None = None
    withdrawn_cents: int | None = None
    reported_at: datetime | None = None


class Line(NamedTuple):
    """One line. `paid_in_cents` and `withdrawn_cents` are both zero or more, and one is zero.

    One that is not completed has moved nothing, and may have no times yet.
    """

    number: int
    receipt: str
    completed_at: datetime | None
    initiated_at: datetime | None
    details: str
    is_completed: bool
    paid_in_cents: int
    withdrawn_cents: int
    balance_cents: int
    reason_type: str
    party: str
    linked: str
    account: str

    @property
    def amount_cents(self) -> int:
        """Return what it adds to the balance: below zero where it takes."""
        return self.paid_in_cents - self.withdrawn_cents


@dataclass(frozen=True)
class Statement:
    """A file that agrees with itself. The lines are in the order in which money moved."""

    head: Head
    lines: tuple[Line, ...]
