"""The portal of organisations: a statement of one account, in the portal's own thirteen columns.

Newest first, times of Nairobi, amounts with commas, what was withdrawn with a minus.
"""

import csv
import io
from datetime import datetime, timedelta, timezone
from typing import Any

from flask import Blueprint, Response, request
from openpyxl import Workbook
from werkzeug.exceptions import BadRequest

from simulators.daraja import answers
from simulators.daraja.bank import ACCOUNTS, CHARGES, SETTLEMENT, UTILITY, WORKING
from simulators.daraja.network import Network

_NAIROBI = timezone(timedelta(hours=3))
_COLUMNS = (
    *("Receipt No.", "Completion Time", "Initiation Time", "Details", "Transaction Status"),
    *("Paid In", "Withdrawn", "Balance", "Balance Confirmed", "Reason Type", "Other Party Info"),
    *("Linked Transaction ID", "A/C No."),
)
_REASONS = {
    "push": "Pay Utility",
    "paybill": "Pay Bill Online",
    "payout": "Business Payment to Customer via API",
    "charge": "Business Payment to Customer Charge",
    "reversal": "Pay Utility Reversal",
}
_SPELLINGS = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Rows = list[list[str]]


def blueprint(network: Network) -> Blueprint:
    """Return the portal's endpoint."""
    portal = Blueprint("portal", __name__)

    @portal.get("/portal/statement")
    def statement() -> Response:
        settings = network.desk.world.settings
        shortcode = request.args.get("shortcode") or settings.mpesa_shortcode
        usual = WORKING if shortcode == settings.mpesa_shortcode else UTILITY
        account = request.args.get("account") or usual
        if account not in ACCOUNTS or not shortcode.isdigit() or len(shortcode) > 10:
            raise BadRequest("There is no such account.")
        now = network.bank.clock()
        today = datetime.fromtimestamp(now, tz=_NAIROBI).replace(hour=0, minute=0, second=0)
        since = _instant("from") or today.replace(microsecond=0)
        until = _instant("to", is_end=True) or since + timedelta(days=1, seconds=-1)
        rows = _rows(network, shortcode, account, since, until)
        name = f"ORG_{shortcode}_{account.replace(' ', '_')}_{since:%Y%m%d}"
        kind = request.args.get("format") or "xlsx"
        if kind not in ("csv", "xlsx"):
            raise BadRequest("format must be csv or xlsx.")
        content = _csv(rows) if kind == "csv" else _xlsx(rows)
        answer = Response(content, content_type="text/csv" if kind == "csv" else _XLSX)
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
        return answer

    return portal


def _instant(name: str, *, is_end: bool = False) -> datetime | None:
    text = request.args.get(name)
    if not text:
        return None
    for spelling in _SPELLINGS:
        try:
            instant = datetime.strptime(text, spelling).replace(tzinfo=_NAIROBI)
        except ValueError:
            continue
        whole_day = timedelta(days=1, seconds=-1) if is_end and len(text) == 10 else timedelta(0)
        return instant + whole_day
    raise BadRequest(f"{name} must be a day, as 2026-11-20, or a time.")


def _rows(network: Network, shortcode: str, account: str, since: datetime, until: datetime) -> Rows:
    opening, moved = network.bank.movements(
        shortcode, account, since=since.timestamp(), until=until.timestamp() + 0.999
    )
    paid_in = sum(row["cents"] for row in moved if row["cents"] > 0)
    withdrawn = sum(row["cents"] for row in moved if row["cents"] < 0)
    closing = opening + paid_in + withdrawn
    now = datetime.fromtimestamp(network.bank.clock(), tz=_NAIROBI)
    return [
        ["Account Holder:", "NannyChain"],
        ["Short Code:", shortcode],
        ["Account:", account],
        ["Time Period:", "", "From", _clock(since), "To", _clock(until)],
        ["Operator:", "PORTAL", "Date of Report:", _clock(now)],
        [
            *("Opening Balance:", _amount(opening), "Closing Balance:", _amount(closing)),
            *("Available Balance:", _amount(closing)),
            *("Total Paid In:", _amount(paid_in), "Total Withdrawn:", _amount(withdrawn)),
        ],
        list(_COLUMNS),
        *(_line(row) for row in reversed(moved)),
    ]


def _line(row: Any) -> list[str]:
    at = _clock(datetime.fromtimestamp(int(row["at"]), tz=_NAIROBI))
    party = f"{_shown(row['phone'])} - {answers.name_of(row['phone'])}" if row["phone"] else ""
    is_in = row["cents"] > 0
    return [
        *(row["receipt"], at, at, _details(row, party), "Completed"),
        _amount(row["cents"]) if is_in else "",
        "" if is_in else _amount(row["cents"]),
        *(_amount(row["balance"]), "true", _reason(row), party, row["linked"]),
        row["reference"] if row["kind"] in ("push", "paybill") else "",
    ]


def _reason(row: Any) -> str:
    if known := _REASONS.get(row["kind"]):
        return known
    if row["kind"] == "charges-paid":
        return f"{row['reference']} to {CHARGES}"
    if row["kind"] == "sweep":
        return f"{row['reference']} to {SETTLEMENT}"
    ends = (SETTLEMENT, row["account"])  # a float was filled up, or emptied
    return " to ".join(ends if row["cents"] > 0 else ends[::-1])


def _details(row: Any, party: str) -> str:
    if row["kind"] in ("push", "paybill"):
        return f"Pay Bill from {party} Acc. {row['reference']}"
    if row["kind"] == "payout":
        about = f"Original conversation ID is {row['reference']}."
        return f"Business Payment to Customer to {party} via API. {about}"
    return _reason(row)


def _shown(phone: str) -> str:
    plain = phone.removeprefix("+")
    return f"{plain[:5]}****{plain[-3:]}"


def _clock(at: datetime) -> str:
    return at.strftime("%d-%m-%Y %H:%M:%S")


def _amount(cents: int) -> str:
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole:,}.{rest:02d}"


def _csv(rows: Rows) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def _xlsx(rows: Rows) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Statement")
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
