"""Reading statements: what is one, what is none, and that nothing else ever comes out."""

import csv
import io
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from payments.reconciliation.statements import layout, parsing, sheets
from payments.reconciliation.statements.layout import Refused, Statement
from tests.factories.statements import Moved, Paper, as_csv, as_xlsx

PAPER = Paper(
    opening_cents=1_000_00,
    moved=[
        Moved(1_250_50, receipt="UKT1A2B3C4", account="NW-7Q2M9D4X", details="Pay Bill, from A"),
        Moved(-500_00, receipt="UKT1A2B3C5", reason="Business Payment to Customer via API"),
        Moved(-5_00, receipt="UKT1A2B3C5", reason="Business Payment to Customer Charge"),
    ],
)


def refusal(content: bytes) -> Refused:
    """Return why a file is refused."""
    with pytest.raises(Refused) as caught:
        parsing.read(content)
    return caught.value


def changed(paper: Paper, row: int, cell: int, value: str) -> bytes:
    """Return the paper's csv with one cell (rows from 1, cells from 0) changed."""
    rows = paper.rows()
    rows[row - 1] = [*rows[row - 1], *[""] * (cell + 1 - len(rows[row - 1]))]
    rows[row - 1][cell] = value
    return as_csv(rows)


class TestWhatIsRead:
    """One statement, in all the ways in which it may be written."""

    @pytest.mark.parametrize(
        "content",
        [
            pytest.param(PAPER.csv(), id="csv"),
            pytest.param(PAPER.csv(delimiter=";", quoting=csv.QUOTE_ALL), id="semicolon, quoted"),
            pytest.param(PAPER.csv(encoding="utf-8", line_end="\n"), id="no mark, plain ends"),
            pytest.param(PAPER.csv(delimiter="\t"), id="tabs"),
            pytest.param(PAPER.but(newest_first=False).csv(), id="oldest first"),
            pytest.param(PAPER.but(plain=True).csv(), id="without commas"),
            pytest.param(PAPER.xlsx(), id="xlsx"),
            pytest.param(PAPER.but(newest_first=False).xlsx(), id="xlsx, oldest first"),
        ],
    )
    def test_is_the_same_whatever_the_format(self, content: bytes) -> None:
        statement = parsing.read(content)
        assert statement.head == layout.Head(
            shortcode="600000",
            account="Utility Account",
            period_from=datetime(2026, 11, 19, 21, 0, tzinfo=UTC),
            period_to=datetime(2026, 11, 20, 20, 59, 59, tzinfo=UTC),
            opening_cents=1_000_00,
            closing_cents=1_745_50,
            paid_in_cents=1_250_50,
            withdrawn_cents=505_00,
            reported_at=datetime(2026, 11, 20, 21, 0, tzinfo=UTC),
        )
        first, second, third = statement.lines
        assert (first.receipt, first.amount_cents, first.balance_cents) == (
            *("UKT1A2B3C4", 1_250_50),
            2_250_50,
        )
        assert first.completed_at == datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
        assert (first.account, first.details) == ("NW-7Q2M9D4X", "Pay Bill, from A")
        assert (second.amount_cents, third.amount_cents) == (-500_00, -5_00)
        assert third.reason_type == "Business Payment to Customer Charge"

    def test_numbers_and_times_of_excel_are_read_exactly(self) -> None:
        rows: list[list[Any]] = [list(row) for row in PAPER.but(newest_first=False).rows()]
        rows[7][5], rows[7][7] = 1250.5, 2250.5
        rows[8][6], rows[8][7] = -500, 1750.5
        rows[7][1] = datetime(2026, 11, 20, 9, 0)  # noqa: DTZ001 - Excel knows no zones
        statement = parsing.read(as_xlsx(rows))
        assert statement.lines == parsing.read(PAPER.but(newest_first=False).csv()).lines

    def test_withdrawn_is_the_same_with_a_minus_and_without(self) -> None:
        line = PAPER.rows()[8]
        assert line[6].startswith("-")
        without = changed(PAPER, 9, 6, line[6].removeprefix("-"))
        assert parsing.read(without) == parsing.read(PAPER.csv())

    def test_iso_times_are_taken_and_others_are_not(self) -> None:
        assert parsing.read(changed(PAPER, 10, 1, "2026-11-20 09:00:00")).lines
        for other in ("11-20-2026 09:00:00", "20-11-26 09:00:00", "20 Nov 2026", "1795158000"):
            assert refusal(changed(PAPER, 10, 1, other)).line == 10

    @pytest.mark.parametrize(
        ("row", "told"),
        [
            (["Operator:", "A", "Date of Report:", "20-11-2026 12:00:00"], (20, 9, 0)),
            (["Operator: A", "Date of Report: 20-11-2026 12:00:00"], (20, 9, 0)),
            (["Operator:", "A", "Date Of Report", "2026-11-20T02:30:00"], (19, 23, 30)),
            (["Operator:", "A", "Date of Report:", ""], None),
            (["Operator:", "A"], None),
        ],
    )
    def test_when_it_was_made_is_told_in_nairobis_time(
        self, row: list[str], told: tuple[int, int, int] | None
    ) -> None:
        rows = PAPER.rows()
        rows[4] = row
        expected = datetime(2026, 11, *told, tzinfo=UTC) if told else None
        assert parsing.read(as_csv(rows)).head.reported_at == expected

    def test_a_day_without_lines_is_a_statement(self) -> None:
        assert parsing.read(Paper(moved=[], opening_cents=7_00).csv()).lines == ()

    def test_what_was_not_completed_has_moved_nothing(self) -> None:
        paper = Paper(moved=[Moved(5_00), Moved(9_00, status="Cancelled"), Moved(6_00)])
        first, second, third = parsing.read(paper.csv()).lines
        assert [first.is_completed, second.is_completed, third.is_completed] == [True, False, True]
        assert third.balance_cents == 11_00


class TestWhatIsRefused:
    """A file that is none, or contradicts itself: the reason, and the line."""

    @pytest.mark.parametrize(
        ("row", "cell", "value", "words", "line"),
        [
            (7, 5, "Paid", "Column 6 is not called Paid In", 7),
            (7, 13, "Fee", "more than 13 columns", 7),
            (8, 0, "", "no Receipt No", 8),
            (8, 0, "=HYPERLINK(1)", "no Receipt No", 8),
            (8, 6, "five", "Withdrawn is no amount", 8),
            (8, 6, "-5.001", "Withdrawn is no amount", 8),
            (8, 6, "-5,00", "Withdrawn is no amount", 8),
            (8, 6, "", "Either Paid In or Withdrawn", 8),
            (8, 5, "5.00", "Either Paid In or Withdrawn", 8),
            (10, 5, "-1250.50", "Either Paid In or Withdrawn", 10),
            (8, 7, "1,745.51", "Balance does not follow", 8),
            (9, 7, "1,750.51", "Balance does not follow", 9),
            (8, 1, "32-11-2026 09:00:00", "is no time", 8),
            (8, 1, "21-11-2026 09:00:00", "not within the period", 8),
            (8, 4, "", "no Transaction Status", 8),
            (8, 9, "", "no Reason Type", 8),
            (8, 11, "no receipt", "Linked Transaction ID", 8),
            (2, 1, "", "does not say Short Code", None),
            (2, 1, "ours", "is no number", None),
            (3, 1, "", "does not say Account", None),
            (4, 5, "", "which Time Period", None),
            (5, 3, "at noon", "Date of Report is not written as", None),
            (6, 1, "1,000.01", "is not the Closing Balance", None),
            (6, 3, "1,745.51", "is not the Closing Balance", None),
            (6, 7, "1.00", "Total Paid In", None),
            (6, 9, "1.00", "Total Withdrawn", None),
        ],
    )
    def test_what_is_wrong_is_named(
        self, row: int, cell: int, value: str, words: str, line: int | None
    ) -> None:
        refused = refusal(changed(PAPER, row, cell, value))
        assert words in refused.reason
        assert refused.line == line

    def test_a_line_left_out_shows(self) -> None:
        rows = PAPER.rows()
        del rows[8]
        assert "add up to another sum" in refusal(as_csv(rows)).reason

    @pytest.mark.parametrize(
        "content",
        [b"", b"%PDF-1.7", b"PK\x03\x04 broken", b"\xd0\xcf\x11\xe0old", b"\x00\x01\x02", b"\x81"],
    )
    def test_what_is_no_table_at_all(self, content: bytes) -> None:
        refusal(content)

    def test_reasons_quote_no_cell(self) -> None:
        refused = refusal(changed(PAPER, 8, 6, "JANE WANJIKU 254722000108"))
        assert "JANE" not in str(refused)


class TestHostileFiles:
    """Workbooks that are made to hurt whoever opens them."""

    def packed(self, *, changes: dict[str, bytes]) -> bytes:
        """Return the workbook with these parts changed or added."""
        out = io.BytesIO()
        with (
            zipfile.ZipFile(io.BytesIO(PAPER.xlsx())) as good,
            zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bad,
        ):
            for name in good.namelist():
                if name not in changes:
                    bad.writestr(name, good.read(name))
            for name, content in changes.items():
                bad.writestr(name, content)
        return out.getvalue()

    def sheet(self) -> bytes:
        """Return the XML of the sheet."""
        with zipfile.ZipFile(io.BytesIO(PAPER.xlsx())) as good:
            return good.read("xl/worksheets/sheet1.xml")

    def test_a_bomb_is_not_unpacked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sheets, "UNPACKED_BYTES_MAX", 5_000_000)
        bomb = self.packed(changes={"xl/media/bomb.xml": b"<a/>" + b" " * 6_000_000})
        assert len(bomb) < 50_000
        assert "unpacks to too much" in refusal(bomb).reason

    def test_a_bomb_that_lies_about_its_size_is_cut_off(self) -> None:
        whole = self.packed(changes={"xl/worksheets/sheet1.xml": self.sheet() + b" " * 3_000_000})
        size = len(self.sheet()) + 3_000_000
        lying = whole.replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little"))
        assert lying != whole
        refusal(lying)

    @pytest.mark.parametrize(
        "entity", [b'<!ENTITY x SYSTEM "file:///etc/passwd">', b'<!ENTITY x "aaaaaaaaaa">']
    )
    def test_entities_are_refused(self, entity: bytes) -> None:
        sheet = self.sheet()
        at = sheet.index(b"<worksheet")
        bad = sheet[:at] + b"<!DOCTYPE worksheet [" + entity + b"]>" + sheet[at:]
        refused = refusal(self.packed(changes={"xl/worksheets/sheet1.xml": bad}))
        assert "document type" in refused.reason

    def test_entities_in_the_shared_texts_are_refused(self) -> None:
        bad = b'<!DOCTYPE a [<!ENTITY x "aaaa">]><sst><si><t>&x;</t></si></sst>'
        kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
        part = b'<Override PartName="/xl/sharedStrings.xml" ContentType="' + kind + b'"/></Types>'
        with zipfile.ZipFile(io.BytesIO(PAPER.xlsx())) as good:
            types = good.read("[Content_Types].xml").replace(b"</Types>", part)
        changes = {"xl/sharedStrings.xml": bad, "[Content_Types].xml": types}
        assert "document type" in refusal(self.packed(changes=changes)).reason

    def test_macros_and_links_are_refused(self) -> None:
        assert "macro" in refusal(self.packed(changes={"xl/vbaProject.bin": b"x"})).reason
        linked = self.packed(changes={"xl/externalLinks/externalLink1.xml": b"<x/>"})
        assert "other files" in refusal(linked).reason

    def test_a_formula_is_refused_and_a_text_that_looks_like_one_is_a_text(self) -> None:
        rows = PAPER.rows()
        rows[7][12] = '=cmd|"/c calc"!A1'
        book = Workbook()
        for row in rows:
            book.active.append(row)  # type: ignore[union-attr]
        out = io.BytesIO()
        book.save(out)
        refused = refusal(out.getvalue())
        assert (refused.line, "formula" in refused.reason) == (8, True)
        assert parsing.read(as_csv(rows)).lines[-1].account == '=cmd|"/c calc"!A1'

    def test_a_sheet_that_says_it_is_endless_is_not(self) -> None:
        sheet = self.sheet()
        far = b'<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>X</t></is></c></row>'
        bad = sheet.replace(b"</sheetData>", far + b"</sheetData>")
        assert (
            "more than 250,000 lines"
            in refusal(self.packed(changes={"xl/worksheets/sheet1.xml": bad})).reason
        )

    def test_a_file_that_is_too_big_is_not_opened(self) -> None:
        assert "25 MB" in refusal(b"x" * (layout.CONTENT_BYTES_MAX + 1)).reason


def read(content: bytes) -> Statement | Refused:
    """Return what comes of a file: anything else that is raised fails the test."""
    try:
        return parsing.read(content)
    except Refused as refused:
        return refused


ODD_CELLS = (
    *("", "0", "-0", "1,000.00", "-5", "=1+1", "Completed", "20-11-2026 09:00:00", "UKT1A2B3C4"),
    *("1e9", "NaN", "Infinity", "\u0663", "9" * 40, "\ufeff", "\u202e", "2026-11-20T09:00:00"),
)
CELLS = st.text(max_size=12) | st.sampled_from(ODD_CELLS)


class TestWhateverComes:
    """Any file gives a statement that agrees with itself, or a reason."""

    @given(st.binary(max_size=400))
    def test_any_bytes(self, content: bytes) -> None:
        assert isinstance(read(content), Refused)

    @given(st.binary(max_size=200), st.integers(0, 6_000))
    def test_any_damage_to_a_workbook(self, damage: bytes, at: int) -> None:
        good = PAPER.xlsx()
        found = read(good[:at] + damage + good[at + len(damage) :])
        if isinstance(found, Statement):
            self.agrees(found)

    @given(st.integers(1, 10), st.integers(0, 14), CELLS, st.booleans())
    def test_any_cell(self, row: int, cell: int, value: str, as_workbook: bool) -> None:
        try:
            content = changed(PAPER, row, cell, value)
            if as_workbook:
                rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
                content = as_xlsx(rows)
        except Exception:  # noqa: BLE001 - what can't be written can't come
            return
        found = read(content)
        if isinstance(found, Statement):
            self.agrees(found)
            assert [line.amount_cents for line in found.lines] == [1_250_50, -500_00, -5_00]

    @given(
        st.lists(st.integers(-(10**11), 10**11).filter(bool), max_size=30),
        st.integers(-(10**12), 10**12),
        st.booleans(),
        st.booleans(),
        st.sampled_from([",", ";", "\t"]),
    )
    def test_any_amounts(
        self, cents: list[int], opening: int, newest: bool, plain: bool, delimiter: str
    ) -> None:
        paper = Paper(
            moved=[Moved(each) for each in cents],
            opening_cents=opening,
            newest_first=newest,
            plain=plain,
        )
        for content in (paper.csv(delimiter=delimiter), paper.xlsx()):
            found = read(content)
            assert isinstance(found, Statement)
            self.agrees(found)
            if len(set(cents)) > 1 or len(cents) < 2:
                moved = [line.amount_cents for line in found.lines]
                assert moved in (cents, cents[::-1])

    def agrees(self, found: Statement) -> None:
        """Assert that the balances follow from each other, to the last."""
        balance = found.head.opening_cents
        for line in found.lines:
            balance += line.amount_cents if line.is_completed else 0
            assert line.balance_cents == balance
            assert (line.paid_in_cents > 0) != (line.withdrawn_cents > 0)
        assert balance == found.head.closing_cents
