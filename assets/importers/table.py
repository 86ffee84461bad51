"""The plain table that anybody can fill in: `code,name,type,place,parent` or 编号,名称,类型,位置,上级, CSV or XLSX.

Files come from Excel, WPS and mail attachments: with or without a byte order mark, in UTF-8 or GBK, with commas,
semicolons or tabs, with thousands of formatted but blank rows below. All of them are read; what is not a table of
these columns is refused with the name of the column.
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

from assets.handover import MEGABYTE, AssetRow, Handover, Quarantined, Source, importer
from core.errors import Invalid

HEADERS = {
    "code": "code", "编号": "code",
    "name": "name", "名称": "name",
    "type": "type", "类型": "type",
    "place": "place", "位置": "place",
    "parent": "parent", "上级": "parent",
}  # fmt: skip
NEEDED = ("name", "place")
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


class MissingColumns(Invalid):
    """These columns are missing: {columns}. A table has the columns code, name, type, place, parent."""


class UnknownColumns(Invalid):
    """These columns are not known: {columns}. A table has the columns code, name, type, place, parent."""


class RepeatedColumns(Invalid):
    """These columns stand there more than once: {columns}."""


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


def fits(source: Source) -> int:
    return int(source.name.lower().endswith(SUFFIXES) or source.data.startswith((ZIP_MARK, OLD_EXCEL_MARK)))


@importer("table", fits)
def read_table(source: Source) -> Handover:
    """Read every sheet that has the columns; a workbook may hold notes beside them."""
    sheets = {name: lines for name, lines in _sheets(source).items() if lines}
    if not sheets:
        raise EmptyTable
    tables = {name: lines for name, lines in sheets.items() if _is_table(lines[0])} or sheets
    assets: list[AssetRow] = []
    refused: list[Quarantined] = []
    for name, (header, *lines) in tables.items():
        columns = _columns(header)
        for line in lines:
            if line.cells[len(columns) :]:
                refused.append(Quarantined(name, line.number, "", line.cells[-1], "import.too_many_cells"))
            else:
                assets.append(_asset(name, line, columns))
    return Handover(assets=tuple(assets), quarantined=tuple(refused))


def _asset(sheet: str, line: Line, columns: list[str]) -> AssetRow:
    said = {"name": "", "place": ""} | dict(zip(columns, line.cells, strict=False))
    said.pop("", None)
    return AssetRow(sheet, line.number, **said)


def _is_table(header: Line) -> bool:
    return {HEADERS.get(cell.lower()) for cell in header.cells} >= set(NEEDED)


def _columns(header: Line) -> list[str]:
    """The fields that the columns hold; a column without a heading holds none."""
    unknown = [cell for cell in header.cells if cell and cell.lower() not in HEADERS]
    columns = [HEADERS.get(cell.lower(), "") for cell in header.cells]
    repeated = sorted({column for column in columns if column and columns.count(column) > 1})
    missing = [column for column in NEEDED if column not in columns]
    if unknown:
        raise UnknownColumns(columns=unknown)
    if repeated:
        raise RepeatedColumns(columns=repeated)
    if missing:
        raise MissingColumns(columns=missing)
    return columns


def _sheets(source: Source) -> Sheets:
    if source.data.startswith(OLD_EXCEL_MARK):
        raise OldExcel
    try:
        return _workbook(source.data) if source.data.startswith(ZIP_MARK) else {"": _csv_lines(source.data)}
    except BREAKAGES as error:
        raise BrokenTable from error


def _workbook(data: bytes) -> Sheets:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MOST_UNPACKED:
            raise BrokenTable
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of charts and rules that it leaves out
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        return {sheet.title: _kept(_sheet_rows(sheet)) for sheet in book.worksheets}


def _sheet_rows(sheet: Any) -> Iterator[list[str]]:
    sheet.reset_dimensions()  # what a file claims its size to be is often wrong
    for row in sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True):
        yield [] if not any(row) and not any(cell is not None for cell in row) else [_said(cell) for cell in row]


def _csv_lines(data: bytes) -> list[Line]:
    text = _decoded(data)
    return _kept(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)))


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


def _kept(rows: Iterable[list[str]]) -> list[Line]:
    """The rows that are not blank, trimmed of blank cells at their ends."""
    kept: list[Line] = []
    for number, row in enumerate(rows, start=1):
        cells = [" ".join(cell.split()) for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            kept.append(Line(number, cells))
        if len(kept) > MOST_ROWS:
            raise TooManyRows(rows=MOST_ROWS)
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
