"""The rows that an import kept out as a workbook to mend: as they were, the faulty cell marked, the reason beside it.

It is read like any other table: mended and brought again, its rows go in.
"""

from __future__ import annotations

import io
from collections import defaultdict

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from assets import understanding
from assets.cells import guarded
from assets.handover import Quarantined
from assets.reading import Sheets
from assets.understanding import Mapping
from core.i18n import translate

FAULTY = PatternFill("solid", fgColor="FFD9D3")
BOLD = Font(bold=True)
WIDTH = 60
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def workbook(sheets: Sheets, mapping: Mapping, kind: str, refused: list[Quarantined], locale: str) -> bytes:
    header, lines = understanding.table_of(sheets, mapping)
    width = max(len(header), len(mapping.fields))
    faults: dict[int, list[Quarantined]] = defaultdict(list)
    for one in refused:
        faults[one.row].append(one)
    book = Workbook(write_only=True)
    page = book.create_sheet(guarded(mapping.sheet)[:31] or "1")
    assert isinstance(page, WriteOnlyWorksheet)
    page.freeze_panes = "A2"
    page.append([_cell(page, text, is_bold=True) for text in (*_wide(header, width), _word("reason", locale))])
    for line in lines:
        if line.number in faults:
            page.append(_row(page, _wide(line.cells, width), faults[line.number], mapping, kind, locale))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _row(
    page: WriteOnlyWorksheet, cells: list[str], faults: list[Quarantined], mapping: Mapping, kind: str, locale: str
) -> list[Cell]:
    made = [_cell(page, text) for text in cells]
    for fault in faults:
        if fault.column in mapping.fields:
            faulty = made[mapping.fields.index(fault.column)]
            faulty.fill, faulty.comment = FAULTY, Comment(fault.reason(locale), "Gongdan")
    said = [reason(fault, kind, locale) for fault in faults]
    return [*made, _cell(page, " ".join(said), is_bold=True)]


def reason(fault: Quarantined, kind: str, locale: str) -> str:
    """The column and what is wrong with it, in one sentence."""
    if not fault.column:
        return fault.reason(locale)
    column = translate(f"desk_exchange.{kind}_{fault.column}", locale)
    return translate("desk_exchange.fault", locale, column=column, reason=fault.reason(locale))


def _word(name: str, locale: str) -> str:
    return translate(f"desk_exchange.{name}", locale)


def _wide(cells: list[str], width: int) -> list[str]:
    return [*cells[:width], *[""] * (width - len(cells))]


def _cell(page: WriteOnlyWorksheet, text: str, *, is_bold: bool = False) -> Cell:
    cell = WriteOnlyCell(page, guarded(text))
    if is_bold:
        cell.font = BOLD
    return cell
