"""CSV: nothing that somebody wrote is reckoned by a spreadsheet."""

import csv
import io
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nannychain import csv_lines

WIDE = "\uff1d\uff0b\uff0d\uff20"  # the full-width forms of = + - @


@pytest.mark.parametrize(
    "evil",
    [
        *("=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", " =1+1", "\t=1+1", "\r=1"),
        *("\n=1+1", "\x00=1", *(f"{wide}1" for wide in WIDE), "-", "--5", "+254712345678", "-1e5"),
    ],
)
def test_what_a_spreadsheet_would_reckon_becomes_text(evil: str) -> None:
    assert csv_lines.plain(evil) == f"'{evil}"


@pytest.mark.parametrize(
    "harmless", ["", "0", "1234.50", "-1234.50", "-7", "Wanjiku", "a=b", "KSh 5", "NW-7Q2M0Z4K"]
)
def test_numbers_and_plain_texts_stay_as_they_are(harmless: str) -> None:
    assert csv_lines.plain(harmless) == harmless


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), max_size=5))
def test_every_row_comes_back_as_it_was_written(rows: list[tuple[str, str]]) -> None:
    written = "".join(csv_lines.lines(("a", "b"), rows))
    read = list(csv.reader(io.StringIO(written, newline="")))
    assert read[0] == ["a", "b"]
    assert read[1:] == [[csv_lines.plain(cell) for cell in row] for row in rows]


@given(st.text(max_size=20))
def test_no_cell_begins_with_what_begins_a_formula(text: str) -> None:
    written = csv_lines.plain(text)
    begins = written.lstrip("\x00 \t\r\n")[:1]
    assert begins not in set("=+@") | set(WIDE)
    assert begins != "-" or float(written) < 0 or float(written) == 0


def test_none_is_an_empty_cell() -> None:
    assert list(csv_lines.lines(("a",), [(None,)])) == ["a\r\n", '""\r\n']


def test_rows_are_written_as_they_come() -> None:
    taken: list[int] = []

    def rows() -> Iterator[tuple[int]]:
        for number in range(10):
            taken.append(number)
            yield (number,)

    lines = csv_lines.lines(("n",), rows())
    assert next(lines) == "n\r\n"
    assert taken == []
    assert next(lines) == "0\r\n"
    assert taken == [0]
