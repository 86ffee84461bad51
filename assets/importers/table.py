"""The plain table that anybody can fill in: `code,name,type,place,parent` or 编号,名称,类型,位置,上级, CSV or XLSX.

It may also have the columns `warranty,maker,model,serial,note` (保修至,厂家,型号,序列号,备注), as our exports do. What
is not a table of these columns is refused with the column's name; the desk lets people say what other columns mean.
"""

from __future__ import annotations

from assets import columns
from assets.handover import AssetRow, Handover, Quarantined, Source, importer
from assets.reading import Line, is_table, sheets
from core.errors import Invalid

HEADERS = columns.own_headings("assets")
NEEDED = columns.NEEDED["assets"]


class MissingColumns(Invalid):
    """These columns are missing: {columns}. A table has the columns code, name, type, place, parent."""


class UnknownColumns(Invalid):
    """These columns are not known: {columns}. A table has the columns code, name, type, place, parent."""


class RepeatedColumns(Invalid):
    """These columns stand there more than once: {columns}."""


def fits(source: Source) -> int:
    return int(is_table(source))


@importer("table", fits)
def read_table(source: Source) -> Handover:
    """Read every sheet that has the columns; a workbook may hold notes beside them."""
    found = sheets(source)
    tables = {name: lines for name, lines in found.items() if _is_table(lines[0])} or found
    assets: list[AssetRow] = []
    refused: list[Quarantined] = []
    for name, (header, *lines) in tables.items():
        fields = _columns(header)
        for line in lines:
            if line.cells[len(fields) :]:
                refused.append(Quarantined(name, line.number, "", line.cells[-1], "import.too_many_cells"))
            else:
                assets.append(_asset(name, line, fields))
    return Handover(assets=tuple(assets), quarantined=tuple(refused))


def _asset(sheet: str, line: Line, fields: list[str]) -> AssetRow:
    said = {"name": "", "place": ""} | dict(zip(fields, line.cells, strict=False))
    said.pop("", None)
    return AssetRow(sheet, line.number, **said)


def _is_table(header: Line) -> bool:
    return {HEADERS.get(cell.lower()) for cell in header.cells} >= set(NEEDED)


def _columns(header: Line) -> list[str]:
    """The fields that the columns hold; a column without a heading holds none."""
    unknown = [cell for cell in header.cells if cell and cell.lower() not in HEADERS]
    fields = [HEADERS.get(cell.lower(), "") for cell in header.cells]
    repeated = sorted({column for column in fields if column and fields.count(column) > 1})
    missing = [column for column in NEEDED if column not in fields]
    if unknown:
        raise UnknownColumns(columns=unknown)
    if repeated:
        raise RepeatedColumns(columns=repeated)
    if missing:
        raise MissingColumns(columns=missing)
    return fields
