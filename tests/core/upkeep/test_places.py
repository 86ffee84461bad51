"""The tree of places: generated, renamed, moved, removed; and what is refused."""

from __future__ import annotations

from datetime import datetime

import pytest

from core import changes, places
from core.database import Database
from core.errors import GongdanError, Missing
from core.people import Home
from core.places import Place
from core.upkeep import places as upkeep
from core.upkeep.places import BadPattern, InsideItself, PlaceInUse, PlaceTaken, TooManyPlaces
from tests.personas import Cast


def test_a_pattern_stands_for_every_home() -> None:
    homes = upkeep.generate("{1-3}号楼/{1-2}单元/{1-18}层/{01-04}")
    assert (len(homes), homes[0], homes[-1]) == (432, "1号楼/1单元/1层/01", "3号楼/2单元/18层/04")


def test_a_number_can_follow_the_floor() -> None:
    homes = upkeep.generate("{A-D}/{floor=1-18}/{floor}{01-04}")
    assert (len(homes), homes[0], homes[-1]) == (288, "A/1/101", "D/18/1804")
    assert "A/12/1203" in homes
    assert upkeep.generate("{层=2-3}层/{层}{01-02}{层}") == ["2层/2012", "2层/2022", "3层/3013", "3层/3023"]


def test_the_same_range_twice_is_two_ranges() -> None:
    assert len(upkeep.generate("{1-3}/{1-3}")) == 9


@pytest.mark.parametrize(
    "part", ["{floor}", "{floor}{floor=1-2}", "{f=1-2}{f=1-2}", "{D-A}", "{A-3}", "{=1-2}", "{1=1-2}"]
)
def test_what_no_range_is_called_cannot_be_said_again(part: str) -> None:
    with pytest.raises(BadPattern):
        upkeep.generate(f"Tower/{part}")


def test_a_level_may_hold_several_ranges_or_none() -> None:
    assert upkeep.generate("Tower/{1-2}{01-02}") == ["Tower/101", "Tower/102", "Tower/201", "Tower/202"]


@pytest.mark.parametrize(
    ("pattern", "error"),
    [("", Missing), ("A//B", BadPattern), ("{3-1}", BadPattern), ("{a-b}", BadPattern), ("{1-2", BadPattern),
     ("x" * 101, BadPattern), ("{1-9999}/{1-9999}", TooManyPlaces), ("/".join("abcdefghijklm"), BadPattern)],
)  # fmt: skip
def test_what_is_no_pattern_is_refused(pattern: str, error: type[GongdanError]) -> None:
    with pytest.raises(error):
        upkeep.generate(pattern)


def test_homes_are_added_with_everything_on_the_way_and_only_once(db: Database, cast: Cast, now: datetime) -> None:
    paths = upkeep.generate("B/{1-2}/{01-02}")
    with db.write_scope() as session:
        before = upkeep.count(session, cast.site)
        assert upkeep.add_homes(session, cast.site, paths, cast.admin, now) == 7
        assert upkeep.add_homes(session, cast.site, paths, cast.admin, now) == 0
        assert upkeep.count(session, cast.site) == before + 7
        home, floor = places.place_at(session, cast.site, "B/2/02"), places.place_at(session, cast.site, "B/2")
        assert (home.kind, home.is_common, home.parent_id, floor.is_common) == ("unit", False, floor.id, True)


def test_everything_below_follows_a_new_name_and_a_move(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        building = places.place_at(session, cast.site, "A")
        upkeep.edit(session, cast.site, building.id, {"name": "Tower_%"}, cast.admin, now)
        assert session.get_one(Place, cast.home).path == "Tower_%/12/1203"
        other = places.ensure_path(session, cast.site, "East")
        upkeep.edit(session, cast.site, building.id, {"parent": str(other.id)}, cast.admin, now)
        assert session.get_one(Place, cast.home).path == "East/Tower_%/12/1203"
        [newest, *_] = changes.of_site(session, cast.site)
        changes.take_back(session, cast.site, newest.id, cast.admin, now)
        assert session.get_one(Place, cast.home).path == "Tower_%/12/1203"


def test_a_place_is_not_moved_into_itself(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        building, floor = (places.place_at(session, cast.site, path) for path in ("A", "A/12"))
        for inside in (building, floor):
            with pytest.raises(InsideItself):
                upkeep.edit(session, cast.site, building.id, {"parent": str(inside.id)}, cast.admin, now)


def test_two_places_of_a_name_do_not_stand_side_by_side(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session, pytest.raises(PlaceTaken):
        upkeep.edit(session, cast.site, cast.home, {"name": "1204"}, cast.admin, now)


@pytest.mark.parametrize("values", [{"name": " "}, {"name": "a/b"}, {"name": "x" * 101}, {"kind": "castle"}])
def test_what_cannot_be_is_refused(db: Database, cast: Cast, now: datetime, values: dict[str, str]) -> None:
    with db.write_scope() as session, pytest.raises(GongdanError):
        upkeep.edit(session, cast.site, cast.home, values, cast.admin, now)


def test_only_what_nothing_hangs_on_is_removed(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        with pytest.raises(PlaceInUse):
            upkeep.remove(session, cast.site, cast.home, cast.admin, now)
        empty = places.ensure_path(session, cast.site, "Shed").id
        upkeep.remove(session, cast.site, empty, cast.admin, now)
        assert session.get(Place, empty) is None
        assert session.query(Home).count() > 0


def test_children_are_counted(db: Database, cast: Cast) -> None:
    with db.read_scope() as session:
        building = places.place_at(session, cast.site, "A")
        assert [(place.name, below) for place, below in upkeep.children(session, building.id)] == [("1", 1), ("12", 2)]
