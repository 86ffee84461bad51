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

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from assets import cells
from core.errors import Invalid

Cell = str | float | None
WIDEST_COLUMN = 60
BOLD, PLAIN = Font(bold=True), Font()


class UnknownSheetFormat(Invalid):
    """{file}: the name must end in .xlsx or .csv."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with a name. `title`: a line above it; a table that is to be read again has none."""

    name: str
    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    @property
    def lines(self) -> list[Sequence[Cell]]:
        """Everything from the top, the header as its last line above the rows."""
        return [*([[self.title]] if self.title else []), self.header, *self.rows]


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
    return cells.guarded(cell) if isinstance(cell, str) else cell


def _write_csv(file: Path, sheets: Sequence[Sheet]) -> None:
    """Every sheet below the other; the mark in front lets Excel see that it is UTF-8."""
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        for number, sheet in enumerate(sheets):
            if number:
                out.write("\r\n")
            _write_rows(out, sheet)


def _write_rows(out: TextIO, sheet: Sheet) -> None:
    for row in sheet.lines:
        csv.writer(out).writerow([guarded(cell) for cell in row])


def _write_xlsx(file: Path, sheets: Sequence[Sheet]) -> None:
    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet in sheets:
        page = book.create_sheet(sheet.name)
        heading = len(sheet.lines) - len(sheet.rows)
        for number, row in enumerate(sheet.lines, 1):
            for column, cell in enumerate(row, 1):
                page.cell(number, column, guarded(cell)).font = BOLD if number <= heading else PLAIN
        page.freeze_panes = f"A{heading + 1}"
        for column in range(1, len(sheet.header) + 1):
            widest = max(len(str(row[column - 1] or "")) for row in (sheet.header, *sheet.rows))
            page.column_dimensions[get_column_letter(column)].width = min(2 * widest + 4, WIDEST_COLUMN)
    with file.open("wb") as out:
        book.save(out)
        out.flush()
        os.fsync(out.fileno())


_WRITERS: dict[str, Callable[[Path, Sequence[Sheet]], None]] = {".csv": _write_csv, ".xlsx": _write_xlsx}
