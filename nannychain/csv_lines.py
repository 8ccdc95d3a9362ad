"""Rows as lines of CSV (RFC 4180), one at a time, so that memory stays flat."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence

# Where a spreadsheet would begin to reckon. https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = re.compile(r"[\s\x00]*[=+\-@\uff0b\uff0d\uff1d\uff20]|[\t\r\n]")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


class _Line:
    """What `csv` writes to: it hands each line back."""

    def write(self, line: str) -> str:
        """Return the line."""
        return line


def lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield the header and each row as a line. None is an empty cell; texts are made plain."""
    writer = csv.writer(_Line())
    yield writer.writerow(header)
    for row in rows:
        yield writer.writerow([plain("" if cell is None else str(cell)) for cell in row])


def plain(text: str) -> str:
    """Return the text so that no spreadsheet takes it for a formula; numbers stay what they are."""
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text
