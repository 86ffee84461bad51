"""Tables for Excel and its kin: CSV or XLSX by the file's ending, and never a formula.

Names and words in our tables come from people, and a cell that begins with `=` runs when it is opened.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO
from unicodedata import normalize

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from core.errors import Invalid

Cell = str | float | None
FULL_WIDTH = 0xFEE0  # from an ASCII character to its full-width form, which spreadsheets read alike
DANGEROUS = (*"=+-@", "\t", "\r", "\n", *(chr(ord(sign) + FULL_WIDTH) for sign in "=+-@"))
LONGEST_CELL = 32_767
WIDEST_COLUMN = 60


class UnknownSheetFormat(Invalid):
    """{file}: the name must end in .xlsx or .csv."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with a name. `title`: a line above it."""

    name: str
    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def write(file: Path, sheets: Sequence[Sheet]) -> None:
    """Write sheets into a file, which appears under its name only when it is complete. Errors: UnknownSheetFormat."""
    writer = _WRITERS.get(file.suffix.lower())
    if writer is None:
        raise UnknownSheetFormat(file=file.name)
    part = file.with_name(f".{file.name}.part")
    try:
        writer(part, sheets)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def guarded(cell: Cell) -> Cell:
    """A cell that is read as what it says: text is never a formula, nor does it hide anything."""
    if not isinstance(cell, str):
        return cell
    plain = "".join(character if character.isprintable() else " " for character in cell)[: LONGEST_CELL - 1]
    # Full-width signs count as well: spreadsheets of East Asia take them for the narrow ones.
    is_formula = any(start.startswith(DANGEROUS) for start in (cell, normalize("NFKC", plain).lstrip()))
    return f"'{plain}" if is_formula else plain


def _write_csv(file: Path, sheets: Sequence[Sheet]) -> None:
    """Every sheet below the other; the mark in front lets Excel see that it is UTF-8."""
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        for number, sheet in enumerate(sheets):
            if number:
                out.write("\r\n")
            _write_rows(out, sheet)


def _write_rows(out: TextIO, sheet: Sheet) -> None:
    for row in ([sheet.title], sheet.header, *sheet.rows):
        csv.writer(out).writerow([guarded(cell) for cell in row])


def _write_xlsx(file: Path, sheets: Sequence[Sheet]) -> None:
    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet in sheets:
        page = book.create_sheet(sheet.name)
        for number, row in enumerate(([sheet.title], sheet.header, *sheet.rows), 1):
            for column, cell in enumerate(row, 1):
                page.cell(number, column, guarded(cell)).font = Font(bold=number <= 2)
        page.freeze_panes = "A3"
        for column in range(1, len(sheet.header) + 1):
            widest = max(len(str(row[column - 1] or "")) for row in (sheet.header, *sheet.rows))
            page.column_dimensions[get_column_letter(column)].width = min(2 * widest + 4, WIDEST_COLUMN)
    with file.open("wb") as out:
        book.save(out)
        out.flush()
        os.fsync(out.fileno())


_WRITERS: dict[str, Callable[[Path, Sequence[Sheet]], None]] = {".csv": _write_csv, ".xlsx": _write_xlsx}
