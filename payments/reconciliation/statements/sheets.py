"""From the bytes of a file to rows of text, whoever made the file: total but for `Refused`.

A workbook is a zip of XML. What it may unpack to is bounded before anything is unpacked. Macros,
references to other files and document types, without which there are no entities, are refused.
Formulas are never reckoned: a statement has none.
"""

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any
from xml.parsers import expat

from openpyxl import load_workbook
from openpyxl.xml import LXML

from payments.reconciliation.statements.layout import (
    CELL_LENGTH_MAX,
    CONTENT_BYTES_MAX,
    HEAD_ROWS_MAX,
    LINES_MAX,
    Refused,
)

UNPACKED_BYTES_MAX = 200 * 1024 * 1024
PARTS_MAX = 100
CELLS_MAX = 40  # of one row; a statement has thirteen
ROWS_MAX = LINES_MAX + HEAD_ROWS_MAX
_CHUNK_BYTES = 16 * 1024
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_DELIMITERS = ",;\t"
_TOO_LONG = f"The file has more than {LINES_MAX:,} lines. Export a shorter period."

if LXML:
    raise ImportError("openpyxl must read XML by expat, as it is looked at here, and not by lxml")

Row = tuple[int, list[str]]


def rows(content: bytes) -> Iterator[Row]:
    """Yield the rows of a file with their numbers from 1, as texts; raise Refused."""
    if not content:
        raise Refused("The file is empty.")
    if len(content) > CONTENT_BYTES_MAX:
        raise Refused(f"The file has more than {CONTENT_BYTES_MAX // 2**20} MB.")
    if content.startswith(_ZIP):
        return _workbook(content)
    if content.startswith(_OLE):
        raise Refused("This is an old or locked Excel file. Export it as xlsx or csv.")
    return _separated(content)


# Workbooks.


def _workbook(content: bytes) -> Iterator[Row]:
    try:
        _ensure_harmless(content)
        book = load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
        if not book.worksheets:
            raise Refused("The workbook has no sheet.")
        yield from _cells(book.worksheets[0])
    except Refused:
        raise
    except Exception as error:  # noqa: BLE001 - openpyxl raises whatever a broken file brings
        raise Refused(f"The workbook can't be read ({type(error).__name__}).") from None


def _ensure_harmless(content: bytes) -> None:
    """Raise Refused for what unpacks to too much, or holds more than tables."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        _ensure_small(parts.infolist())
        for name in parts.namelist():
            with parts.open(name) as part:
                if name.casefold().endswith((".xml", ".rels")):
                    _ensure_no_document_type(part)


def _ensure_small(infos: list[zipfile.ZipInfo]) -> None:
    if len(infos) > PARTS_MAX:
        raise Refused("The workbook has too many parts.")
    # zipfile unpacks no more of a part than its entry says.
    if sum(info.file_size for info in infos) > UNPACKED_BYTES_MAX:
        raise Refused("The workbook unpacks to too much.")
    names = [info.filename.casefold() for info in infos]
    if any("vba" in name or name.endswith(".bin") for name in names):
        raise Refused("The workbook holds a macro.")
    if any("externallink" in name for name in names):
        raise Refused("The workbook refers to other files.")


def _ensure_no_document_type(part: IO[bytes]) -> None:
    """Read a part up to its first element, before which alone a document type may stand."""
    is_begun = False

    def begin(*_: object) -> None:
        nonlocal is_begun
        is_begun = True

    def refuse(*_: object) -> None:
        raise Refused("The workbook declares a document type.")

    parser = expat.ParserCreate()
    parser.StartElementHandler = begin
    parser.StartDoctypeDeclHandler = refuse
    while not is_begun and (chunk := part.read(_CHUNK_BYTES)):
        parser.Parse(chunk, False)


def _cells(sheet: Any) -> Iterator[Row]:
    sheet.reset_dimensions()  # what a file says of its size is no size
    for number, row in enumerate(sheet.iter_rows(max_col=CELLS_MAX), start=1):
        if number > ROWS_MAX:
            raise Refused(_TOO_LONG)
        texts = [_text(cell.value) for cell in row]
        if any(cell.data_type == "f" for cell in row if cell.value is not None):
            raise Refused("There is a formula where the portal writes a value.", line=number)
        yield number, texts


def _text(value: object) -> str:
    """Return a cell as text.

    Numbers with decimals come as floats: the shortest text of one is what stood in the file.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return _plain(value)
    if isinstance(value, datetime):
        return value.strftime("%d-%m-%Y %H:%M:%S")
    return repr(value)[:CELL_LENGTH_MAX]


# Separated values.


def _separated(content: bytes) -> Iterator[Row]:
    text = _decoded(content)
    if "\x00" in text:
        raise Refused("This is neither an Excel workbook nor a csv file.")
    delimiter = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if reader.line_num > ROWS_MAX:
                raise Refused(_TOO_LONG)
            yield reader.line_num, [_plain(cell) for cell in row[:CELLS_MAX]]
    except csv.Error:
        raise Refused("Its quotation marks or line ends don't fit.", line=reader.line_num) from None


def _decoded(content: bytes) -> str:
    """Return the text: UTF-8, with a mark or without, or what Excel on Windows makes of it."""
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused("The file is not written in UTF-8.")


def _delimiter(text: str) -> str:
    """Return what separates the columns: what stands most often where they are named."""
    for line in text[: 64 * 1024].splitlines()[:HEAD_ROWS_MAX]:
        if "receipt no" in line.casefold():
            return max(_DELIMITERS, key=line.count)
    return ","


def _plain(text: str) -> str:
    """Return a text that can be stored and shown, without spaces around."""
    printable = text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
    return printable.strip()[:CELL_LENGTH_MAX]
