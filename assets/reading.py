"""Files as lines of text: CSV or XLSX, from Excel, WPS and mail attachments.

With or without a byte order mark, in UTF-8 or GBK, with commas, semicolons or tabs, with thousands of formatted but
blank rows below: all of them are read, within limits that no file can exceed. The apostrophe by which our own exports
guard a cell is taken away.
"""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from openpyxl import load_workbook

from assets.cells import unguarded
from assets.handover import MEGABYTE, Source
from core.errors import Invalid

SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm")
DELIMITERS = ",;\t"
MOST_ROWS = 200_000
MOST_COLUMNS = 100
MOST_UNPACKED = 300 * MEGABYTE
ZIP_MARK = b"PK\x03\x04"
OLD_EXCEL_MARK = b"\xd0\xcf\x11\xe0"
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
BREAKAGES = (
    zipfile.BadZipFile, zlib.error, csv.Error, OSError, EOFError, SyntaxError, ValueError, LookupError, TypeError,
    AttributeError, RuntimeError,
)  # fmt: skip


class EmptyTable(Invalid):
    """There is nothing in this table."""


class BrokenTable(Invalid):
    """This file is damaged or is not a table. Please save it again as CSV or XLSX."""


class OldExcel(Invalid):
    """This is an old or encrypted Excel file. Please save it as XLSX without a password."""


class TooManyRows(Invalid):
    """This table has more than {rows} rows. Please split it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row that is not blank, by its number in the file."""

    number: int
    cells: list[str]


Sheets = dict[str, list[Line]]


def is_table(source: Source) -> bool:
    """Whether a file looks like one that can be read here, by its name or its first bytes."""
    return source.name.lower().endswith(SUFFIXES) or source.data.startswith((ZIP_MARK, OLD_EXCEL_MARK))


def sheets(source: Source, most: int = MOST_ROWS) -> Sheets:
    """Every sheet with lines that are not blank; of each no more than the first ones if `most` says so.

    Errors: EmptyTable, BrokenTable, OldExcel, TooManyRows.
    """
    if source.data.startswith(OLD_EXCEL_MARK):
        raise OldExcel
    try:
        is_book = source.data.startswith(ZIP_MARK)
        found = _workbook(source.data, most) if is_book else {"": _csv_lines(source.data, most)}
    except BREAKAGES as error:
        raise BrokenTable from error
    if not any(found.values()):
        raise EmptyTable
    return {name: lines for name, lines in found.items() if lines}


def _workbook(data: bytes, most: int) -> Sheets:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MOST_UNPACKED:
            raise BrokenTable
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of charts and rules that it leaves out
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        return {sheet.title: _kept(_sheet_rows(sheet), most) for sheet in book.worksheets}


def _sheet_rows(sheet: Any) -> Iterator[list[str]]:
    sheet.reset_dimensions()  # what a file claims its size to be is often wrong
    for row in sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True):
        yield [] if not any(row) and not any(cell is not None for cell in row) else [_said(cell) for cell in row]


def _csv_lines(data: bytes, most: int) -> list[Line]:
    text = _decoded(data)
    return _kept(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)), most)


def _decoded(data: bytes) -> str:
    if data.startswith(UTF_16_MARKS):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def _delimiter(text: str) -> str:
    """The delimiter that stands most often in the first line with words."""
    heading = next((line for line in text.splitlines() if line.strip()), "")
    return max(DELIMITERS, key=heading.count)


def _kept(rows: Iterable[list[str]], most: int) -> list[Line]:
    """The rows that are not blank, trimmed of blank cells at their ends."""
    kept: list[Line] = []
    for number, row in enumerate(rows, start=1):
        cells = [unguarded(" ".join(cell.split())) for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            kept.append(Line(number, cells))
        if len(kept) > MOST_ROWS:
            raise TooManyRows(rows=MOST_ROWS)
        if len(kept) == most < MOST_ROWS:
            break
    return kept


def _said(cell: Any) -> str:
    """A cell as a person reads it: 201, not 201.0; a day without a clock."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime) and not any((cell.hour, cell.minute, cell.second)):
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date) else str(cell)
