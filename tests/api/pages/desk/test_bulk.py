"""Several tickets at once: the preview says what will happen, and one that has moved on stops no other."""

from __future__ import annotations

import pytest

from core.database import Database
from core.tickets import queries
from tests.api.pages.browsing import Browser, Web, hidden, seen
from tests.personas import Cast


@pytest.fixture
def desk(web: Web, cast: Cast) -> Browser:
    return web.browser(cast.supervisor)


@pytest.fixture
def three(web: Web, cast: Cast, home_code: str) -> list[str]:
    resident = web.browser(cast.resident)
    return [resident.report(home_code, f"Broken thing {n}", category="other", same="own") for n in range(3)]


def states(db: Database, numbers: list[str]) -> list[str]:
    with db.read_scope() as session:
        return [queries.by_number(session, number).state for number in numbers]


def pick(numbers: list[str]) -> str:
    return "&".join(f"pick={number}" for number in numbers)


def test_the_preview_changes_nothing(desk: Browser, db: Database, three: list[str]) -> None:
    page = desk.get(f"/desk/bulk?do=cancel&{pick(three)}")
    assert "3 of 3 can be done" in seen(page)
    assert states(db, three) == ["assigned"] * 3


def test_what_can_be_done_is_done_and_the_rest_says_why(desk: Browser, db: Database, three: list[str]) -> None:
    page = desk.get(f"/desk/bulk?do=cancel&{pick(three)}")
    desk.post("/desk/bulk", do="cancel", reason="first", pick=three[0])
    done = desk.post("/desk/bulk", **{**hidden(page, "/desk/bulk"), "pick": three, "reason": "The night is over"})
    assert "Done: 2 of 3" in seen(done)
    assert states(db, three) == ["cancelled"] * 3


def test_what_is_over_cannot_be_chosen(desk: Browser, db: Database, three: list[str]) -> None:
    desk.post("/desk/bulk", do="cancel", reason="first", pick=three[0])
    page = desk.get(f"/desk/bulk?do=assign&{pick(three)}")
    assert "2 of 3 can be done" in seen(page)
    assert "this is not possible" in seen(page)


def test_all_are_given_to_one_person(desk: Browser, db: Database, cast: Cast, three: list[str]) -> None:
    desk.post("/desk/bulk", do="assign", assignee=str(cast.second_technician), pick=three)
    with db.read_scope() as session:
        assert {queries.by_number(session, n).assignee_id for n in three} == {cast.second_technician}


def test_a_reason_is_asked_for(desk: Browser, db: Database, three: list[str]) -> None:
    asked = desk.post("/desk/bulk", do="cancel", reason=" ", pick=three)
    assert asked.status_code == 422
    assert states(db, three) == ["assigned"] * 3


def test_an_unknown_action_does_not_exist(desk: Browser, three: list[str]) -> None:
    assert desk.get(f"/desk/bulk?do=explode&{pick(three)}").status_code == 404


def test_only_who_steers_acts_on_several(web: Web, cast: Cast, three: list[str]) -> None:
    for person in (cast.manager, cast.technician, cast.resident):
        assert web.browser(person).get(f"/desk/bulk?do=cancel&{pick(three)}").status_code == 403
        assert web.browser(person).post("/desk/bulk", do="cancel", reason="x", pick=three).status_code == 403
