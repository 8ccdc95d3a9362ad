"""Statements as the portal writes them, in both formats, out of movements of money."""

import csv
import io
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from openpyxl import Workbook

from nannychain.clock import NAIROBI
from payments.reconciliation.statements.layout import COLUMNS

SHORTCODE, UTILITY = "600000", "Utility Account"
MIDNIGHT = datetime(2026, 11, 20, tzinfo=NAIROBI)
LAST_SECOND = MIDNIGHT + timedelta(days=1, seconds=-1)
_numbers = itertools.count(1)


def receipt() -> str:
    """Return a receipt that nobody has had."""
    return f"UKT{next(_numbers):07d}"


@dataclass(frozen=True)
class Moved:
    """One movement, as it becomes a line. `cents` are above zero where money came in."""

    cents: int
    receipt: str = field(default_factory=receipt)
    at: datetime | None = None
    reason: str = "Pay Utility"
    details: str = ""
    party: str = "254722****108 - JANE DOE"
    linked: str = ""
    account: str = ""
    status: str = "Completed"


@dataclass(frozen=True)
class Paper:
    """A statement that is made: whatever is wanted of it can be changed."""

    moved: Sequence[Moved]
    opening_cents: int = 0
    shortcode: str = SHORTCODE
    account: str = UTILITY
    since: datetime = MIDNIGHT
    until: datetime = LAST_SECOND
    reported: datetime | None = None  # just after its end
    newest_first: bool = True
    plain: bool = False  # amounts without commas

    @property
    def closing_cents(self) -> int:
        """Return what stands there at the end."""
        done = (each.cents for each in self.moved if each.status == "Completed")
        return self.opening_cents + sum(done)

    @property
    def made_at(self) -> datetime:
        """Return when the portal made it."""
        return self.reported or self.until + timedelta(seconds=1)

    def rows(self) -> list[list[str]]:
        """Return all rows."""
        return [*self.head(), list(COLUMNS), *self.lines()]

    def head(self) -> list[list[str]]:
        """Return what stands above the columns."""
        done = [each.cents for each in self.moved if each.status == "Completed"]
        paid_in = sum(cents for cents in done if cents > 0)
        withdrawn = sum(cents for cents in done if cents < 0)
        return [
            ["Account Holder:", "NannyChain"],
            ["Short Code:", self.shortcode],
            ["Account:", self.account],
            ["Time Period:", "", "From", clock(self.since), "To", clock(self.until)],
            ["Operator:", "OFFICER", "Date of Report:", clock(self.made_at)],
            [
                *("Opening Balance:", amount(self.opening_cents)),
                *("Closing Balance:", amount(self.closing_cents)),
                *("Available Balance:", amount(self.closing_cents)),
                *("Total Paid In:", amount(paid_in), "Total Withdrawn:", amount(withdrawn)),
            ],
        ]

    def lines(self) -> list[list[str]]:
        """Return the lines, each with the balance after it."""
        written, balance = [], self.opening_cents
        for place, each in enumerate(self.moved):
            balance += each.cents if each.status == "Completed" else 0
            at = clock(each.at or self.since + timedelta(hours=9, seconds=place))
            written.append(
                [
                    *(each.receipt, at, at, each.details, each.status),
                    amount(each.cents, plain=self.plain) if each.cents > 0 else "",
                    amount(each.cents, plain=self.plain) if each.cents < 0 else "",
                    amount(balance, plain=self.plain),
                    *("true", each.reason, each.party, each.linked, each.account),
                ]
            )
        return written[::-1] if self.newest_first else written

    def but(self, **changes: Any) -> "Paper":
        """Return another one that differs in this."""
        return replace(self, **changes)

    def csv(self, **how: Any) -> bytes:
        """Return it as the portal's csv."""
        return as_csv(self.rows(), **how)

    def xlsx(self) -> bytes:
        """Return it as a workbook."""
        return as_xlsx(self.rows())


def clock(at: datetime) -> str:
    """Return a time as the portal writes it."""
    return at.astimezone(NAIROBI).strftime("%d-%m-%Y %H:%M:%S")


def amount(cents: int, *, plain: bool = False) -> str:
    """Return an amount as the portal writes it."""
    whole, rest = divmod(abs(cents), 100)
    sign = "-" if cents < 0 else ""
    return f"{sign}{whole}.{rest:02d}" if plain else f"{sign}{whole:,}.{rest:02d}"


def as_csv(
    rows: Iterable[Sequence[str]],
    *,
    delimiter: str = ",",
    line_end: str = "\r\n",
    encoding: str = "utf-8-sig",
    quoting: Any = csv.QUOTE_MINIMAL,
) -> bytes:
    """Return rows as separated values."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=line_end, quoting=quoting).writerows(rows)
    return out.getvalue().encode(encoding)


def as_xlsx(rows: Iterable[Sequence[Any]]) -> bytes:
    """Return rows as a workbook."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Statement")
    for row in rows:
        sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def utc(at: datetime) -> datetime:
    """Return an instant in UTC."""
    return at.astimezone(UTC)


# Handing in. Models can't be loaded sooner.


def handed_in(paper: Paper | bytes, *, name: str = "statement.csv") -> Any:
    """Hand a statement in and work it off; return its row."""
    from nannychain.actors import Actor
    from nannychain.ids import new_id
    from payments.reconciliation.statements import services

    content = paper if isinstance(paper, bytes) else paper.csv()
    file, _ = services.hand_in(content, name=name, by=Actor(new_id(), "NW-OFFICER"))
    return services.work_off(file.pk)


def today(moved: Sequence[Moved], **how: Any) -> Paper:
    """Return a statement whose period is around this moment."""
    now = datetime.now(tz=NAIROBI).replace(microsecond=0)
    return Paper(
        moved=moved, since=now - timedelta(hours=12), until=now + timedelta(hours=1), **how
    )


def undated(paper: Paper) -> bytes:
    """Return a statement that does not say when the portal made it."""
    rows = paper.rows()
    rows[4] = rows[4][:2]
    return as_csv(rows)


def unknown_payout(safaricom: Any) -> tuple[Any, str]:
    """Return a withdrawal of which nobody says what became of it, and its id at M-Pesa."""
    from payments.withdrawals import services as withdrawals
    from payments.withdrawals.states import State
    from tests.factories import mpesa
    from tests.factories.safaricom import CUT, PAYOUT

    member = mpesa.member_with(1_000_00)
    withdrawal = withdrawals.request(member.pk, amount_cents=500_00, channel="ussd")
    safaricom.plan(PAYOUT, CUT)
    mpesa.work()
    withdrawal.refresh_from_db()
    assert withdrawal.state == State.UNKNOWN
    return withdrawal, str(safaricom.asked(PAYOUT)[-1]["OriginatorConversationID"])


def breaks_left() -> dict[str, str]:
    """Return the class of each break that is not over, by what one searches for."""
    from payments.reconciliation.breaks.models import Break
    from payments.reconciliation.breaks.states import UNSETTLED

    rows = Break.objects.filter(state__in=UNSETTLED)
    return dict(rows.values_list("reference", "kind"))
