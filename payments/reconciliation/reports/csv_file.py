"""A report as CSV: each table with its title, its headings and its rows, and the digest."""

import csv
import io

from payments.reconciliation.reports import layout
from payments.reconciliation.reports.models import DailyReport

# What a spreadsheet takes for a formula, where it isn't a figure.
_FORMULAS = ("=", "+", "@", "\t", "\r")


def of(report: DailyReport) -> str:
    """Return the whole file, with figures as plain numbers."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["Daily reconciliation report", str(report)])
    writer.writerow(["Digest", report.digest])
    writer.writerow(["Digest of the report before", report.previous_digest])
    for sheet in layout.sheets(report.content):
        writer.writerow([])
        writer.writerow([sheet.title])
        writer.writerow(sheet.headers)
        for row in sheet.rows:
            writer.writerow(
                cell.replace(",", "") if place in sheet.amounts else _harmless(cell)
                for place, cell in enumerate(row)
            )
    return out.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULAS) else cell
