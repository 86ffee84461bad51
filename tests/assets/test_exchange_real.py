"""Real handover workbooks through the import of the desk: sheets and columns are found, and the second time nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets import reading, understanding
from assets.diffs import Task
from assets.handover import Source
from assets.understanding import Mapping
from core import clock
from core.database import Database
from tests.personas import Cast

FILES = ("Duplex-Handover.xlsx", "Duplex-Design.xlsx")


def mapped(real_data: Path, name: str, kind: str, sheet: str = "") -> tuple[reading.Sheets, Mapping]:
    sheets = reading.sheets(Source(name, (real_data / "01_cobie" / name).read_bytes()))
    return sheets, understanding.guess(sheets, kind, {}, sheet)


@pytest.mark.parametrize("name", FILES)
def test_the_components_of_a_real_handover_come_in_once(db: Database, cast: Cast, real_data: Path, name: str) -> None:
    sheets, mapping = mapped(real_data, name, "assets")
    assert mapping.sheet == "Component"
    rows, beside = understanding.rows(sheets, mapping, "assets")
    assert (len(rows), beside) == (232, [])
    first = _imported(db, cast, rows)
    assert first.diff.counts == {"added": 232, "changed": 0, "unchanged": 0, "refused": 0}
    again = _imported(db, cast, rows)
    assert again.diff.counts == {"added": 0, "changed": 0, "unchanged": 232, "refused": 0}


def test_the_design_and_then_the_handover_double_nothing(db: Database, cast: Cast, real_data: Path) -> None:
    for name in reversed(FILES):
        sheets, mapping = mapped(real_data, name, "assets")
        task = _imported(db, cast, understanding.rows(sheets, mapping, "assets")[0])
    assert task.diff.counts["added"] == 0


def _imported(database: Database, cast: Cast, rows: list[object]) -> Task:
    with database.read_scope() as session:
        task = understanding.decide(session, cast.site, "assets", rows, clock.now(), cast.admin)
    for step in task.steps:
        database.write(step.write)
    return task
