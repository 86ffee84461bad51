"""Homes are found by what people say of them, and nobody is led to another."""

from __future__ import annotations

from uuid import UUID

import pytest

from core import addresses, callers, places
from core.addresses import NoSuchPlace, SeveralPlaces
from core.database import Database, Session
from core.upkeep import places as upkeep
from tests.personas import NOW, Cast


@pytest.fixture
def town(db: Database, cast: Cast) -> UUID:
    """Two buildings as they are named in China, one as elsewhere, and one whose numbers begin anew on each floor."""

    def build(session: Session) -> None:
        for pattern in (
            "{2-3}号楼/{1-2}单元/{层=5-6}层/{层}{01-02}室",
            "Building C/Floor {6-7}/Flat {1-2}",
            "9号楼/{5-6}层/{01-02}",
        ):
            upkeep.add_homes(session, cast.site, upkeep.generate(pattern), None, NOW)
        places.ensure_path(session, cast.site, "3号楼/大厅")

    db.write(build)
    return cast.site


def found(db: Database, site: UUID, words: str) -> list[str]:
    with db.read_scope() as session:
        return [place.path for place in addresses.meant(session, site, words)]


@pytest.mark.parametrize(
    ("words", "path"),
    [
        ("3号楼2单元602", "3号楼/2单元/6层/602室"), ("3-2-602", "3号楼/2单元/6层/602室"),
        ("3/2/602", "3号楼/2单元/6层/602室"), ("3栋2单元602室", "3号楼/2单元/6层/602室"),
        ("３号楼２单元６０２", "3号楼/2单元/6层/602室"), ("3号楼/2单元/6层/602室", "3号楼/2单元/6层/602室"),
        ("A-12-1203", "A/12/1203"), ("a1203", "A/12/1203"), ("C-7-2", "Building C/Floor 7/Flat 2"),
        ("building c, floor 7, flat 2", "Building C/Floor 7/Flat 2"), ("9-601", "9号楼/6层/01"),
        ("9号楼6层01", "9号楼/6层/01"), ("3号楼大厅", "3号楼/大厅"), ("A/1/Hall", "A/1/Hall"),
    ],
)  # fmt: skip
def test_a_home_is_found_as_people_say_it(db: Database, town: UUID, words: str, path: str) -> None:
    assert found(db, town, words) == [path]


@pytest.mark.parametrize("words", ["", "/", "Moon 1203", "月球1203", "3-2-603", "2-3-602x", "B-12-1203", "602 3"])
def test_what_is_not_there_is_not_taken_for_something_else(db: Database, town: UUID, words: str) -> None:
    assert found(db, town, words) == []
    with db.read_scope() as session, pytest.raises(NoSuchPlace):
        addresses.one(session, town, words, "field.unit")


def test_several_are_offered(db: Database, town: UUID) -> None:
    assert found(db, town, "3号楼602") == ["3号楼/1单元/6层/602室", "3号楼/2单元/6层/602室"]
    with db.read_scope() as session, pytest.raises(SeveralPlaces) as refused:
        addresses.one(session, town, "602", "field.unit")
    assert len(refused.value.facts["places"]) == 5


def test_another_site_is_not_searched(db: Database, town: UUID) -> None:
    other = db.write(lambda session: places.add_site(session, "River Court").id)
    assert found(db, other, "3-2-602") == []


def test_an_example_is_of_the_site(db: Database, cast: Cast) -> None:
    with db.read_scope() as session:
        assert addresses.example(session, cast.site) == ("A/12/1203", "A-12-1203")
    other = db.write(lambda session: places.add_site(session, "River Court").id)
    with db.read_scope() as session:
        assert addresses.example(session, other) == ("", "")


def test_the_desk_finds_a_caller_by_the_short_address(db: Database, town: UUID) -> None:
    with db.read_scope() as session:
        assert [one.unit for one in callers.find(session, town, "3-2-602")] == ["3号楼/2单元/6层/602室"]
        assert [one.name for one in callers.find(session, town, "A-12-1203")] == ["Li Na"]
