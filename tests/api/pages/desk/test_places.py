"""Places at the desk: browsed, searched, added by a pattern, moved and renamed, several at once, by two at once."""

from __future__ import annotations

import re

import pytest

from core import places
from core.database import Database
from tests.api.pages.browsing import Browser, Web, seen
from tests.personas import Cast


@pytest.fixture
def desk(web: Web, cast: Cast) -> Browser:
    return web.browser(cast.supervisor)


def number(db: Database, cast: Cast, path: str) -> str:
    with db.read_scope() as session:
        return str(places.place_at(session, cast.site, path).id)


def paths(db: Database, cast: Cast) -> set[str]:
    with db.read_scope() as session:
        return {place.path for place in places.places_of(session, cast.site, limit=500)}


def test_the_tree_is_browsed_and_searched(db: Database, cast: Cast, desk: Browser) -> None:
    assert "A" in seen(desk.get("/desk/places"))
    assert "Hall" in seen(desk.get("/desk/places", params={"place": number(db, cast, "A/1")}))
    assert "A/1/Hall" in seen(desk.get("/desk/places", params={"q": "hall"}))
    assert desk.get("/desk/places", params={"place": "0" * 32}).status_code == 404


def test_places_are_added_by_a_pattern_in_the_order_of_floors(db: Database, cast: Cast, desk: Browser) -> None:
    top = number(db, cast, "")
    assert desk.post(f"/desk/places/{top}/add", names="C/{9-11}F").status_code == 303
    page = desk.get("/desk/places", params={"place": number(db, cast, "C")}).text
    assert re.findall(r"<strong>(\d+F)</strong>", page) == ["9F", "10F", "11F"]
    refused = desk.post(f"/desk/places/{top}/add", names="C/{9-")
    assert refused.status_code == 422
    assert 'value="C/{9-"' in refused.text
    assert desk.post(f"/desk/places/{top}/add", names="D/{1-2}", home="1").status_code == 303
    with db.read_scope() as session:
        assert not places.place_at(session, cast.site, "D/1").is_common


def test_a_place_is_moved_with_everything_below(db: Database, cast: Cast, desk: Browser) -> None:
    here = number(db, cast, "A/1")
    form = {"name": "One", "kind": "floor", "is_common": "1", "parent": ""}
    assert desk.post(f"/desk/places/{here}", **form).status_code == 303
    assert {"One", "One/Hall"} <= paths(db, cast)
    into_itself = desk.post(f"/desk/places/{here}", **(form | {"parent": "One/Hall"}))
    assert into_itself.status_code == 409
    assert desk.post(f"/desk/places/{here}", **(form | {"parent": "No/Such"})).status_code == 404
    assert desk.post(f"/desk/places/{here}", **(form | {"name": "x" * 300})).status_code == 422


def test_of_two_who_edit_the_second_sees_what_changed(web: Web, db: Database, cast: Cast, desk: Browser) -> None:
    here = number(db, cast, "A/1/Hall")
    was = '{"is_common":"1","kind":"area","name":"Hall","parent":"A/1"}'
    form = {"kind": "area", "is_common": "1", "parent": "A/1", "was": was}
    assert web.browser(cast.admin).post(f"/desk/places/{here}", name="Lobby", **form).status_code == 303
    clash = desk.post(f"/desk/places/{here}", name="Foyer", **form)
    assert clash.status_code == 409
    assert "Lobby" in seen(clash)
    assert 'value="Foyer"' in clash.text


def test_several_are_changed_moved_or_removed_or_none(db: Database, cast: Cast, desk: Browser) -> None:
    top = number(db, cast, "")
    desk.post(f"/desk/places/{top}/add", names="E/{7-9}")
    ids = [number(db, cast, f"E/{floor}") for floor in (7, 8, 9)]
    many = f"/desk/places/{number(db, cast, 'E')}/many"
    assert desk.post(many, id=ids, do="home").status_code == 303
    assert desk.post(many, id=ids[:1], do="move", target="A").status_code == 303
    assert "A/7" in paths(db, cast)
    taken = desk.post(many, id=ids[1:2], do="move", target="A/1/Hall/Nowhere")
    assert taken.status_code == 404
    assert desk.post(many, id=[*ids[1:], number(db, cast, "A")], do="remove").status_code == 409
    assert {"E/8", "E/9"} <= paths(db, cast)
    assert desk.post(many, id=ids[1:], do="remove").status_code == 303
    assert not {"E/8", "E/9"} & paths(db, cast)
    assert desk.post(many, do="remove").status_code == 422
    assert desk.post(many, id=ids[:1], do="paint").status_code == 422


def test_a_place_has_a_code_of_its_own(db: Database, cast: Cast, desk: Browser) -> None:
    answer = desk.post(f"/desk/places/{number(db, cast, 'A/1/Hall')}/label")
    assert "Hall" in seen(desk.get(answer.headers["location"]))
