"""A report as PDF, printed by a worker: the library is not loaded where requests are served."""

from datetime import datetime

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace

from nannychain.clock import NAIROBI
from payments.reconciliation.reports import layout
from payments.reconciliation.reports.layout import Sheet
from payments.reconciliation.reports.models import DailyReport, SignOff

_INK, _GREEN, _RULE = (30, 41, 37), (15, 118, 84), (203, 213, 208)
_MARGIN_MM = 14


class _Page(FPDF):
    """A page that says at its foot which report it belongs to."""

    foot = ""

    def footer(self) -> None:
        """Print the digest and the number of the page."""
        self.set_y(-12)
        self.set_font("helvetica", size=6.5)
        self.set_text_color(110, 120, 115)
        self.cell(0, 4, f"{self.foot}   page {self.page_no()} of {{nb}}", align="C")


def of(report: DailyReport, sign_off: SignOff | None) -> bytes:
    """Return the PDF of a report, with who signed it off where somebody has."""
    page = _Page(orientation="landscape", format="A4")
    page.foot = f"NannyChain {report}, digest {report.digest}"
    page.set_margin(_MARGIN_MM)
    page.set_auto_page_break(auto=True, margin=16)
    page.set_title(f"Daily reconciliation report {report}")
    page.set_creation_date(report.made_at)
    page.add_page()
    _head(page, report, sign_off)
    for sheet in layout.sheets(report.content):
        _table(page, sheet)
    return bytes(page.output())


def _head(page: FPDF, report: DailyReport, sign_off: SignOff | None) -> None:
    page.set_text_color(*_GREEN)
    page.set_font("helvetica", style="B", size=17)
    _line(page, f"Daily reconciliation report, {report}", height=9)
    page.set_text_color(*_INK)
    page.set_font("helvetica", size=9)
    period = f"{_when(report.period_from)} to {_when(report.cut_off)} in Nairobi"
    _line(page, f"Period: {period}. Made {_when(report.made_at)} by {report.maker}.")
    if report.reason:
        _line(page, f"Supersedes the version before: {report.reason}")
    if sign_off is None:
        _line(page, "Not signed off when this was printed.")
    else:
        signed = f"{_when(sign_off.signed_at)} by {sign_off.signer}: {sign_off.note}"
        _line(page, f"Signed off {signed}")
    _line(page, f"Digest {report.digest}, after {report.previous_digest}")
    page.ln(3)


def _table(page: FPDF, sheet: Sheet) -> None:
    if page.will_page_break(24):
        page.add_page()
    page.set_text_color(*_GREEN)
    page.set_font("helvetica", style="B", size=10.5)
    _line(page, sheet.title, height=7)
    page.set_text_color(*_INK)
    page.set_font("helvetica", size=8)
    if not sheet.rows:
        _line(page, sheet.empty)
        page.ln(2)
        return
    page.set_draw_color(*_RULE)
    align = tuple("R" if place in sheet.amounts else "L" for place in range(len(sheet.headers)))
    with page.table(
        borders_layout="HORIZONTAL_LINES",
        headings_style=FontFace(emphasis="BOLD"),
        text_align=align,
        line_height=4.6,
        padding=0.6,
    ) as table:
        for row in (sheet.headers, *sheet.rows):
            cells = table.row()
            for cell in row:
                cells.cell(_latin(cell))
    page.ln(3)


def _line(page: FPDF, text: str, *, height: float = 5) -> None:
    page.multi_cell(0, height, _latin(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _latin(text: str) -> str:
    """Return what the built-in fonts can print; another letter becomes a question mark."""
    return text.encode("latin-1", "replace").decode("latin-1")


def _when(moment: datetime) -> str:
    return f"{moment.astimezone(NAIROBI):%Y-%m-%d %H:%M:%S}"
