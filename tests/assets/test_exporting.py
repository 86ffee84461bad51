"""What is exported, imported into an empty site and exported again is the same table, whatever the words in it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import delete

from api import sheets
from api.sheets import Sheet
from assets import columns, editing, exporting, reading, understanding
from assets.cells import guarded, unguarded
from assets.handover import Source
from core import people, places
from core.database import Database, Session, Table
from core.upkeep import places as upkeep
from tests.personas import NOW, Cast

WORDS = [
    "=1+1", "+86", "-x", "@SUM(1)", "'quoted'", "'=1", "''", "'", "＝1", "'＋1", 'say "hi", he said',
    "a;b\tc", "line\nbreak",
    "电梯,一号", "Straße 'n", "مصعد", "🛗 lift", "x" * 190, "0123", "1e5", "007.50", "TRUE", "2027-01-01", "- ", "#1",
]  # fmt: skip
KINDS = ("places", "assets", "people")


@pytest.mark.parametrize("text", [*WORDS, "", "''=1", "' =1", "plain", "'plain", "＠", "'''-"])
def test_a_guarded_cell_comes_back_as_it_was(text: str) -> None:
    plain = " ".join(text.split())
    assert unguarded(guarded(plain)) == plain
    assert not guarded(plain).startswith(("=", "+", "-", "@", "＝"))


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
@pytest.mark.parametrize("locale", ["zh_CN", "en"])
def test_the_round_trip_is_identical(db: Database, cast: Cast, tmp_path: Path, suffix: str, locale: str) -> None:
    with db.write_scope() as session:
        _fill(session, cast)
    first = {kind: _exported(db, cast.site, kind, tmp_path / f"{kind}-1{suffix}", locale) for kind in KINDS}
    with db.read_scope() as session:
        told = {kind: exporting.table(session, cast.site, kind, locale) for kind in KINDS}
    site = _emptied(db)
    for kind in KINDS:
        refused = _imported(db, site, kind, first[kind])
        assert refused == []
    with db.read_scope() as session:
        assert {kind: exporting.table(session, site, kind, locale) for kind in KINDS} == told
    second = {kind: _exported(db, site, kind, tmp_path / f"{kind}-2{suffix}", locale) for kind in KINDS}
    if suffix == ".csv":
        assert {kind: file.read_bytes() for kind, file in first.items()} == {
            kind: file.read_bytes() for kind, file in second.items()
        }
    assert all(len(rows) >= len(WORDS) for _, rows in told.values())


def test_an_export_that_is_imported_where_it_came_from_changes_nothing(
    db: Database, cast: Cast, tmp_path: Path
) -> None:
    with db.write_scope() as session:
        _fill(session, cast)
    for kind in KINDS:
        file = _exported(db, cast.site, kind, tmp_path / f"{kind}.xlsx", "en")
        with db.read_scope() as session:
            task = understanding.decide(session, cast.site, kind, _rows(kind, file), NOW, None)
        assert task.diff.counts["refused"] == task.diff.counts["added"] == task.diff.counts["changed"] == 0
        assert task.total == 0


def test_what_is_retired_is_not_exported_nor_named_as_a_parent(db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        old = editing.add(session, cast.site, {"name": "Old", "place": "A/1/Hall"}, cast.admin, NOW)
        part = {"name": "Part", "place": "A/1/Hall", "parent": old.code}
        editing.add(session, cast.site, part, cast.admin, NOW)
        editing.retire(session, cast.site, old.id, cast.admin, NOW)
        _, rows = exporting.table(session, cast.site, "assets", "en")
    assert [(row[1], row[4]) for row in rows] == [("Part", "")]


def _fill(session: Session, cast: Cast) -> None:
    """Places, equipment and people with every kind of word."""
    hall = places.place_at(session, cast.site, "A/1/Hall")
    for number, words in enumerate(WORDS):
        name = " ".join(words.split()).replace("/", "|")
        upkeep.add_homes(session, cast.site, [name], cast.admin, NOW, is_home=bool(number % 2))
        place = places.place_at(session, cast.site, name)
        values = {
            "name": words, "type": name, "place": place.path, "warranty": date(2027, 1, 1 + number).isoformat(),
            **dict.fromkeys(("maker", "model", "serial", "note"), words),
        }  # fmt: skip
        asset = editing.add(session, cast.site, values, cast.admin, NOW)
        below = {"name": f"part of {number}", "place": hall.path, "parent": asset.code}
        editing.add(session, cast.site, below, cast.admin, NOW)
        phone = f"+86 138 0013 8{number:03}" if number % 3 else ""
        person = people.add_person(session, words, phone=phone)
        people.grant(session, person.id, "resident", cast.site)
        for home in (place.id, cast.home):
            people.decide_home(session, people.claim_home(session, person.id, home).id, approve=True, by=None)
    people.grant(session, people.add_person(session, "Nowhere yet", phone="").id, "resident", cast.site)


def _exported(db: Database, site: UUID, kind: str, file: Path, locale: str) -> Path:
    with db.read_scope() as session:
        heading, rows = exporting.table(session, site, kind, locale)
    sheets.write(file, [Sheet(kind, "", heading, rows)])
    return file


def _rows(kind: str, file: Path) -> list[object]:
    found = reading.sheets(Source(file.name, file.read_bytes()))
    mapping = understanding.guess(found, kind, {})
    assert list(mapping.fields) == list(columns.fields_of(kind))
    rows, refused = understanding.rows(found, mapping, kind)
    assert refused == []
    return rows


def _imported(db: Database, site: UUID, kind: str, file: Path) -> list[dict[str, object]]:
    rows = _rows(kind, file)
    with db.read_scope() as session:
        task = understanding.decide(session, site, kind, rows, NOW, None)
    for step in task.steps:
        db.write(step.write)
    return [one.as_dict() for one in task.diff.refused]


def _emptied(db: Database) -> UUID:
    """The same database with nothing in it but a new site."""
    with db.write_scope() as session:
        for table in reversed(Table.metadata.sorted_tables):
            session.execute(delete(table))
    with db.write_scope() as session:
        return places.add_site(session, "Another Court").id
