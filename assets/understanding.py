"""A table with a mapping: the lines of a file as the rows of what it holds, in the file's own words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from assets import columns, describing, importing, placing, residents
from assets.columns import is_nothing
from assets.diffs import Task
from assets.handover import AssetRow, Handover, Quarantined
from assets.moving_in import PersonRow
from assets.placing import PlaceLine
from assets.reading import Line, Sheets
from core.errors import Invalid

ROWS: dict[str, type[AssetRow | PlaceLine | PersonRow]] = {"assets": AssetRow, "places": PlaceLine, "people": PersonRow}
SAMPLES = 3
FIRST = 50


class NeededColumn(Invalid):
    """Please choose the column that holds this: {columns}."""


class SameColumn(Invalid):
    """Two columns cannot both hold this: {columns}."""


class UnknownSheet(Invalid):
    """There is no sheet called {sheet} in this file."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """Which sheet is meant, in which line its headings stand, and what each column holds (empty: nothing of ours)."""

    sheet: str
    header: int
    fields: tuple[str, ...]

    @classmethod
    def of(cls, said: dict[str, Any]) -> Mapping:
        return cls(str(said["sheet"]), int(said["header"]), tuple(said["fields"]))

    @property
    def as_dict(self) -> dict[str, Any]:
        return {"sheet": self.sheet, "header": self.header, "fields": list(self.fields)}


def known_again(sheets: Sheets, kind: str) -> Mapping:
    """The mapping of a file by its headings alone. Errors: NeededColumn."""
    mapping = guess(sheets, kind, {})
    check(mapping, kind)
    return mapping


def guess(sheets: Sheets, kind: str, remembered: dict[str, str], sheet: str = "") -> Mapping:
    """The mapping that suits best: of the sheet that is named, else of the one with what is needed and most we know."""
    if sheet and sheet not in sheets:
        raise UnknownSheet(sheet=sheet)
    guessed = [_guess(name, lines, kind, remembered) for name, lines in sheets.items() if sheet in ("", name)]
    needed = set(columns.NEEDED[kind])

    def suits(one: Mapping) -> tuple[bool, int, int]:
        known = [field for field in one.fields if field]
        return needed <= set(known), len(known), len(sheets[one.sheet])

    return max(guessed, key=suits)


def _guess(sheet: str, lines: list[Line], kind: str, remembered: dict[str, str]) -> Mapping:
    at = columns.header_line(lines, kind)
    width = max(len(line.cells) for line in lines[at : at + columns.HEADER_AMONG])
    cells = [*lines[at].cells, *[""] * (width - len(lines[at].cells))]
    guessed = columns.guess(cells, kind, remembered)
    below = lines[at + 1 : at + 1 + FIRST]
    fields = ("" if _is_mute(cells[number], number, below, kind) else field for number, field in enumerate(guessed))
    return Mapping(sheet, lines[at].number, tuple(fields))


def _is_mute(heading: str, number: int, below: Sequence[Line], kind: str) -> bool:
    """Whether a column only repeats its heading, as handover workbooks do where nobody filled it in."""
    values = {line.cells[number] for line in below if len(line.cells) > number}
    return values == {heading} and len(below) >= SAMPLES and heading not in columns.own_headings(kind)


def check(mapping: Mapping, kind: str) -> None:
    """Errors: NeededColumn, SameColumn."""
    chosen = [field for field in mapping.fields if field]
    missing = [field for field in columns.NEEDED[kind] if field not in chosen]
    twice = sorted({field for field in chosen if chosen.count(field) > 1})
    if missing:
        raise NeededColumn(columns=[f"desk_exchange.{kind}_{field}" for field in missing])
    if twice:
        raise SameColumn(columns=[f"desk_exchange.{kind}_{field}" for field in twice])


def table_of(sheets: Sheets, mapping: Mapping) -> tuple[list[str], list[Line]]:
    """The headings and the lines below them. Errors: UnknownSheet."""
    if mapping.sheet not in sheets:
        raise UnknownSheet(sheet=mapping.sheet)
    lines = sheets[mapping.sheet]
    header = next((line.cells for line in lines if line.number == mapping.header), [])
    return header, [line for line in lines if line.number > mapping.header]


def samples(lines: Sequence[Line], column: int) -> list[str]:
    """The first different values of a column."""
    values = (line.cells[column] for line in lines if len(line.cells) > column)
    return list(dict.fromkeys(filter(None, values)))[:SAMPLES]


def rows(sheets: Sheets, mapping: Mapping, kind: str) -> tuple[list[Any], list[Quarantined]]:
    """The rows that a file holds, and those that have cells beside the table; placeholders such as n/a say nothing."""
    _, lines = table_of(sheets, mapping)
    blank, width = dict.fromkeys(columns.NEEDED[kind], ""), len(mapping.fields)
    build = ROWS[kind]
    found = [
        build(mapping.sheet, line.number, **(blank | _said(line, mapping)))
        for line in lines
        if len(line.cells) <= width
    ]
    beside = [line for line in lines if len(line.cells) > width]
    refused = [Quarantined(mapping.sheet, line.number, "", line.cells[-1], "import.too_many_cells") for line in beside]
    return found, refused


def _said(line: Line, mapping: Mapping) -> dict[str, str]:
    pairs = zip(mapping.fields, line.cells, strict=False)
    return {field: value for field, value in pairs if field and not is_nothing(field, value)}


def decide(
    session: Session, site_id: UUID, kind: str, found: Sequence[Any], now: datetime, actor: UUID | None
) -> Task:  # fmt: skip
    """What rows would change at a site. It only reads."""
    if kind == "places":
        return placing.prepare(session, site_id, found, now, actor)
    if kind == "people":
        return residents.prepare(session, site_id, found, now, actor)
    told = str(actor) if actor else importing.ACTOR
    handover = Handover(assets=tuple(found))
    return describing.task_of(importing.prepare(session, site_id, handover, now, actor=told))
