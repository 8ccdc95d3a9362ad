"""From rows of text to a statement that agrees with itself: total but for `Refused`.

Nothing is guessed and nothing passed over: a row that is not understood refuses the file, with its
number. Reasons quote no cell, since cells name people.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from nannychain.clock import NAIROBI
from nannychain.money import AMOUNT_CENTS_MAX, CENTS_PER_SHILLING
from payments.reconciliation.statements.layout import (
    COLUMNS,
    HEAD_ROWS_MAX,
    Head,
    Line,
    Refused,
    Statement,
)
from payments.reconciliation.statements.sheets import Row, rows

_DAY_FIRST = re.compile(
    r"([0-9]{2})[-/]([0-9]{2})[-/]([0-9]{4})[ T]([0-9]{2}):([0-9]{2}):([0-9]{2})"
)
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})[ T]([0-9]{2}):([0-9]{2}):([0-9]{2})")
_ANY_TIME = re.compile(r"[0-9]{2,4}[-/][0-9]{2}[-/][0-9]{2,4}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}")
_AMOUNT = re.compile(r"(-?)([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,15})(?:\.([0-9]{1,2})0*)?", re.ASCII)
_RECEIPT = re.compile(r"[A-Z0-9]{6,20}", re.ASCII)
_SHORTCODE = re.compile(r"([0-9]{4,10})(?![0-9]).*", re.ASCII)
_YEARS = range(2007, 2100)  # M-Pesa began in 2007
_LABELS = {
    "short code": "shortcode",
    "shortcode": "shortcode",
    "account": "account",
    "opening balance": "opening",
    "closing balance": "closing",
    "total paid in": "paid_in",
    "total withdrawn": "withdrawn",
    "date of report": "reported",
}
_NEEDED = {
    "shortcode": "Short Code",
    "account": "Account",
    "opening": "Opening Balance",
    "closing": "Closing Balance",
}
_COMPLETED = "completed"


def read(content: bytes) -> Statement:
    """Return the statement that a file holds; raise Refused, and nothing else, for any other."""
    found = rows(content)
    head = _head(found)
    lines = [_line(number, cells) for number, cells in found if any(cells)]
    return Statement(head, _in_order(head, lines))


# Above the columns.


def _head(found: Iterator[Row]) -> Head:
    """Read up to the row that names the columns, which is the last one taken."""
    told: dict[str, str] = {}
    times: list[datetime] = []
    for number, cells in found:
        if number > HEAD_ROWS_MAX:
            break
        if cells and _name(cells[0]) == _name(COLUMNS[0]):
            _ensure_columns(cells, line=number)
            return _made(told, times)
        _take_labels(cells, told, line=number)
        if not times and any("period" in cell.casefold() for cell in cells):
            texts = [text for cell in cells for text in _ANY_TIME.findall(cell)]
            times = [_instant(text, line=number, what="A time of the period") for text in texts]
    raise Refused("There is no row with the names of the columns, such as Receipt No.")


def _take_labels(cells: Sequence[str], told: dict[str, str], *, line: int) -> None:
    for place, cell in enumerate(cells):
        label, _, rest = cell.partition(":")
        name = _LABELS.get(_name(label))
        if name is None:
            continue
        value = rest.strip() or next((text for text in cells[place + 1 :] if text), "")
        if told.setdefault(name, value) != value:
            raise Refused(f"The head says {label} twice, and each time another.", line=line)


def _ensure_columns(cells: Sequence[str], *, line: int) -> None:
    for place, expected in enumerate(COLUMNS):
        given = cells[place] if place < len(cells) else ""
        if _name(given) != _name(expected):
            raise Refused(f"Column {place + 1} is not called {expected}.", line=line)
    if any(cells[len(COLUMNS) :]):
        raise Refused(f"There are more than {len(COLUMNS)} columns.", line=line)


def _made(told: dict[str, str], times: Sequence[datetime]) -> Head:
    for name, label in _NEEDED.items():
        if not told.get(name):
            raise Refused(f"The head does not say {label}.")
    if len(times) != 2 or times[0] > times[1]:
        raise Refused("The head does not say which Time Period, from and to.")
    shortcode = _SHORTCODE.fullmatch(told["shortcode"])
    if shortcode is None:
        raise Refused("The Short Code in the head is no number.")
    return Head(
        shortcode=shortcode[1],
        account=told["account"][:60],
        period_from=times[0],
        period_to=times[1],
        opening_cents=_cents(told["opening"], what="The Opening Balance"),
        closing_cents=_cents(told["closing"], what="The Closing Balance"),
        paid_in_cents=_total(told, "paid_in", "The Total Paid In"),
        withdrawn_cents=_total(told, "withdrawn", "The Total Withdrawn"),
        reported_at=_reported_at(told),
    )


def _total(told: dict[str, str], name: str, what: str) -> int | None:
    return abs(_cents(told[name], what=what)) if told.get(name) else None


def _reported_at(told: dict[str, str]) -> datetime | None:
    text = told.get("reported")
    return _instant(text, what="The Date of Report") if text else None


# Lines.


def _line(number: int, cells: Sequence[str]) -> Line:
    if any(cells[len(COLUMNS) :]):
        raise Refused(f"There are more than {len(COLUMNS)} columns.", line=number)
    receipt, completed, initiated, details, status, paid, drawn, balance, _, reason, *rest = [
        *cells[: len(COLUMNS)],
        *[""] * (len(COLUMNS) - len(cells)),
    ]
    party, linked, account = rest
    if not _RECEIPT.fullmatch(receipt):
        raise Refused("There is no Receipt No.", line=number)
    if linked and not _RECEIPT.fullmatch(linked):
        raise Refused("The Linked Transaction ID is no receipt.", line=number)
    if not reason:
        raise Refused("There is no Reason Type.", line=number)
    if not status:
        raise Refused("There is no Transaction Status.", line=number)
    paid_in_cents = _cents(paid, line=number, what="Paid In", empty=0)
    is_completed = status.casefold() == _COMPLETED
    completed_at = initiated_at = None
    if is_completed or completed:
        completed_at = _instant(completed, line=number, what="The Completion Time")
    if is_completed or initiated:
        initiated_at = _instant(initiated or completed, line=number, what="The Initiation Time")
    # The portal writes what was withdrawn with a minus, others without: both mean the same.
    withdrawn_cents = abs(_cents(drawn, line=number, what="Withdrawn", empty=0))
    if paid_in_cents < 0 or (paid_in_cents > 0) == (withdrawn_cents > 0):
        raise Refused("Either Paid In or Withdrawn is to be above zero.", line=number)
    return Line(
        number,
        receipt,
        completed_at,
        initiated_at,
        details,
        is_completed,
        paid_in_cents,
        withdrawn_cents,
        _cents(balance, line=number, what="The Balance"),
        " ".join(reason.split()),
        party,
        linked,
        account,
    )


# What must agree.


def _in_order(head: Head, lines: Sequence[Line]) -> tuple[Line, ...]:
    """Return the lines as money moved: files are written newest first, or oldest first."""
    for line in lines:
        at = line.completed_at
        if at is not None and not head.period_from <= at <= head.period_to:
            raise Refused("Its Completion Time is not within the period.", line=line.number)
    _ensure_sums(head, lines)
    forward = tuple(lines)
    backward = forward[::-1]
    broken = _broken(head, forward)
    if broken is None:
        return forward
    other = _broken(head, backward)
    if other is None:
        return backward
    # The order that holds for longer is the one that was meant.
    fault = broken if forward.index(broken) >= backward.index(other) else other
    raise Refused("Its Balance does not follow from the line beside it.", line=fault.number)


def _ensure_sums(head: Head, lines: Sequence[Line]) -> None:
    moved = [line for line in lines if line.is_completed]
    paid_in_cents = sum(line.paid_in_cents for line in moved)
    withdrawn_cents = sum(line.withdrawn_cents for line in moved)
    if head.paid_in_cents not in (None, paid_in_cents):
        raise Refused("The lines add up to another sum than the Total Paid In.")
    if head.withdrawn_cents not in (None, withdrawn_cents):
        raise Refused("The lines add up to another sum than the Total Withdrawn.")
    if head.opening_cents + paid_in_cents - withdrawn_cents != head.closing_cents:
        raise Refused("Opening Balance, plus paid in, less withdrawn, is not the Closing Balance.")


def _broken(head: Head, lines: Sequence[Line]) -> Line | None:
    """Return the first line whose balance does not follow from the one before; None without."""
    balance_cents = head.opening_cents
    for line in lines:
        if line.is_completed:  # what was not completed has moved nothing
            balance_cents += line.amount_cents
        if line.balance_cents != balance_cents:
            return line
    return None


# Cells.


def _name(text: str) -> str:
    return " ".join(text.casefold().replace(".", " ").split())


def _cents(text: str, *, what: str, line: int | None = None, empty: int | None = None) -> int:
    if not text and empty is not None:
        return empty
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise Refused(f"{what} is no amount.", line=line)
    sign, whole, cents = match.groups()
    shillings = int(whole.replace(",", ""))
    amount_cents = shillings * CENTS_PER_SHILLING + int((cents or "").ljust(2, "0"))
    if amount_cents > AMOUNT_CENTS_MAX:
        raise Refused(f"{what} is too great.", line=line)
    return -amount_cents if sign else amount_cents


def _instant(text: str, *, what: str, line: int | None = None) -> datetime:
    """Return an instant in UTC: the portal writes Nairobi's time, the day first."""
    if match := _DAY_FIRST.fullmatch(text):
        day, month, year, hour, minute, second = map(int, match.groups())
    elif match := _ISO.fullmatch(text):
        year, month, day, hour, minute, second = map(int, match.groups())
    else:
        raise Refused(f"{what} is not written as DD-MM-YYYY HH:MM:SS.", line=line)
    try:
        if year not in _YEARS:
            raise ValueError
        local = datetime(year, month, day, hour, minute, second, tzinfo=NAIROBI)
        return local.astimezone(UTC)
    except ValueError:
        raise Refused(f"{what} is no time.", line=line) from None
