"""The tree of places: made as it is named, found as people say it."""

from __future__ import annotations

from datetime import datetime

import pytest

from core import places
from core.database import Database
from core.errors import Invalid, NotFound
from core.places import Known
from tests.personas import Cast


def test_a_path_is_made_once_with_all_its_parts(db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        room = places.ensure_path(session, cast.site, " B / 2F /201/", kind="room")
        again = places.ensure_path(session, cast.site, "B/2F/201", kind="unit")
        floor = places.place_at(session, cast.site, "B/2F")
        assert (room.id, room.path, room.kind, room.parent_id) == (again.id, "B/2F/201", "room", floor.id)
        assert places.place_at(session, cast.site, "B").parent_id == places.root_of(session, cast.site).id


def test_only_the_last_part_is_private(db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        assert not places.is_common(session, cast.home)
        assert places.place_at(session, cast.site, "A/12").is_common


def test_a_path_that_never_ends_is_refused(db: Database, cast: Cast) -> None:
    with db.write_scope() as session, pytest.raises(Invalid):
        places.ensure_path(session, cast.site, "/".join("abcdefghijklm"))


def test_what_is_not_there_is_not_found(db: Database, cast: Cast) -> None:
    with db.read_scope() as session, pytest.raises(NotFound):
        places.place_at(session, cast.site, "A/99")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("1203", ["A/12/1203"]), ("a/12/1203", ["A/12/1203"]), ("HALL", ["A/1/Hall"]), ("12", ["A/12"]),
        ("120", ["A/12/1203", "A/12/1204"]), ("%", []), ("_", []), ("", []), ("/", []), ("x" * 201, []),
    ],
)  # fmt: skip
def test_a_place_is_found_by_what_people_call_it(db: Database, cast: Cast, words: str, found: list[str]) -> None:
    with db.read_scope() as session:
        assert [place.path for place in places.find(session, words, 6)] == found


@pytest.mark.parametrize(
    ("words", "who", "found"),
    [
        ("120", "stranger", []), ("120", "resident", ["A/12/1203"]), ("204", "staff", ["A/12/1204"]),
        ("1204", "resident", []), ("A/12/1203", "stranger", []), ("hall", "stranger", ["A/1/Hall"]),
        ("Kitchen", "stranger", []), ("Kitchen", "staff", ["A/12/1203/Kitchen"]), ("Lobby", "staff", []),
    ],
)  # fmt: skip
def test_who_asks_finds_what_is_common_at_the_own_site_and_the_own_home(
    db: Database, cast: Cast, words: str, who: str, found: list[str]
) -> None:
    known = Known([cast.site], [cast.site] if who == "staff" else [], [cast.home] if who == "resident" else [])
    with db.write_scope() as session:
        places.ensure_path(session, cast.site, "A/12/1203/Kitchen")
        places.ensure_path(session, places.add_site(session, "River Court").id, "R/Lobby")
        assert [place.path for place in places.find(session, words, 6, known)] == found


@pytest.mark.parametrize(
    ("path", "found"),
    [("a/12/1203", "A/12"), ("A/12/9999", "A/12"), ("A/99/1", "A"), ("Z/1", None), ("A", None), ("", None)],
)
def test_above_what_is_not_known_there_is_a_building_or_floor(
    db: Database, cast: Cast, path: str, found: str | None
) -> None:
    with db.write_scope() as session:
        place = places.above(session, path, Known([cast.site]))
        assert (place.path if place else None) == found
        other = places.add_site(session, "River Court").id
        places.ensure_path(session, other, "A/12")
        assert places.above(session, path, Known([cast.site, other])) is None


def test_a_resident_sees_common_places_and_their_own_homes(db: Database, cast: Cast) -> None:
    with db.read_scope() as session:
        seen = {place.path for place in places.places_of(session, cast.site, homes=[cast.home])}
    assert "A/12/1203" in seen
    assert "A/1/Hall" in seen
    assert "A/12/1204" not in seen


def test_every_site_numbers_its_tickets_under_a_prefix_of_its_own(db: Database, now: datetime) -> None:
    with db.write_scope() as session:
        made = [places.add_site(session, f"site {number}").prefix for number in range(3)]
        assert made == ["WX", "WX2", "WX3"]
        assert places.only_site(session) is None
        assert len(places.every_site(session)) == 3
