"""Tables on the ledger's admin pages, of what no inline can show."""

from dataclasses import dataclass, field
from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime


@dataclass(frozen=True)
class Cell:
    """What stands in one place of a table, and under which heading; figures keep to the right.

    `is_below` marks an amount that should not be so small.
    """

    header: str
    content: object
    is_amount: bool = False
    is_below: bool = False


@dataclass(frozen=True)
class Way:
    """A way from a table to another page."""

    text: str
    address: str


@dataclass(frozen=True)
class Table:
    """A titled table; `empty` stands where it has no rows, `older` leads to those before."""

    title: str
    rows: list[list[Cell]]
    empty: str
    ways: list[Way] = field(default_factory=list)
    older: str | None = None

    @property
    def headers(self) -> list[Cell]:
        """Return the headings."""
        return self.rows[0] if self.rows else []


def when(instant: datetime | None) -> str:
    """Return an instant as it is told in Nairobi; nothing for none."""
    return date_format(localtime(instant), "j M Y H:i") if instant else ""
