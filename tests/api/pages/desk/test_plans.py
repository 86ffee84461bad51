"""Plans at the desk: the dates are shown before anything is saved, and a plan is made, paused and resumed."""

from __future__ import annotations

import re
from datetime import date
from uuid import UUID

import pytest

from assets import register
from assets.plans import planning
from core import holidays
from core.database import Database
from core.places import Site
from tests.api.pages.browsing import Browser, Web, seen
from tests.personas import NOW, Cast

FORM = {
    "name": "Pump room", "level": "general", "rule": "FREQ=DAILY", "starts_on": "2099-01-02", "hour": "08:00",
    "on_holiday": "skip", "counts_from": "scheduled", "question": ["Dry?", "Bar", ""], "kind": ["choice", "number", ""],
    "low": ["", "2", ""], "high": ["", "4", ""], "unit": ["", "bar", ""], "choices": ["yes, !no", "", ""],
}  # fmt: skip


@pytest.fixture
def desk(web: Web, cast: Cast) -> Browser:
    return web.browser(cast.supervisor)


@pytest.fixture
def pump(db: Database, cast: Cast) -> UUID:
    with db.write_scope() as session:
        return register.add_asset(session, cast.site, cast.hall, "Pump", "Pump", now=NOW).id


def test_the_dates_are_shown_before_it_is_saved(desk: Browser, pump: UUID) -> None:
    page = desk.post("/desk/plans/new", **FORM, about=f"asset:{pump}", do="preview")
    assert page.status_code == 200
    assert "2099-01-02 Fri" in seen(page)
    assert "skipped: 2099-01-03" in seen(page)
    assert 'value="yes, !no"' in page.text
    assert "No plans yet" in seen(desk.get("/desk/plans"))


def test_a_plan_is_made_paused_and_resumed(desk: Browser, pump: UUID) -> None:
    assert desk.post("/desk/plans/new", **FORM, about=f"asset:{pump}", do="save").status_code == 303
    listed = desk.get("/desk/plans")
    assert "2099-01-02" in seen(listed)
    [way] = set(re.findall(r"/desk/plans/[0-9a-f-]{36}", listed.text))
    assert desk.post(f"{way}/pause").status_code == 303
    assert "paused" in seen(desk.get("/desk/plans"))
    desk.post(f"{way}/pause")
    assert 'value="yes, !no"' in desk.get(way).text
    assert desk.post(way, **(FORM | {"name": "Pumps"}), about=f"asset:{pump}", do="save").status_code == 303
    assert "Pumps" in seen(desk.get("/desk/plans"))


def test_a_month_shows_what_is_to_come_with_the_holidays(desk: Browser, db: Database, cast: Cast, pump: UUID) -> None:
    with db.write_scope() as session:
        session.get_one(Site, cast.site).settings = {"calendar": {"country": "DE"}}
    desk.post("/desk/plans/new", **FORM, about=f"asset:{pump}", do="save")
    page = desk.get("/desk/plans/calendar?month=2099-01")
    assert holidays.day_of("DE", "", date(2099, 1, 1)).name in seen(page)
    assert "to come Pump room" in seen(page)
    assert "skipped Pump room weekend" in seen(page)
    assert "2098-12" in page.text
    assert "No planned work" in seen(desk.get("/desk/plans/calendar?month=2098-12&team=1"))
    assert desk.get("/desk/plans/calendar?month=often").status_code == 200


@pytest.mark.parametrize(
    "wrong", [{"rule": "often"}, {"starts_on": "x"}, {"about": "asset:1"}, {"name": ""}, {"low": ["", "9", ""]}]
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(desk: Browser, pump: UUID, wrong: dict[str, str]) -> None:
    refused = desk.post("/desk/plans/new", **({**FORM, "about": f"asset:{pump}", "do": "save"} | wrong))
    assert refused.status_code == 422
    assert 'value="bar"' in refused.text


@pytest.mark.parametrize("day", ["9999-12-31", "9994-01-01", "2100-01-01", "0001-01-01"])
@pytest.mark.parametrize("do", ["save", "preview"])
def test_a_plan_of_another_century_is_refused(desk: Browser, pump: UUID, day: str, do: str) -> None:
    for typed in ({"starts_on": day}, {"extra": day}):
        refused = desk.post("/desk/plans/new", **{**FORM, "about": f"asset:{pump}", "do": do, **typed})
        assert refused.status_code == 422


@pytest.mark.parametrize("before", ["9" * 23, "9" * 5000, "\u0663", "x"])
def test_a_number_of_an_address_may_be_anything(desk: Browser, pump: UUID, before: str) -> None:
    desk.post("/desk/plans/new", **FORM, about=f"asset:{pump}", do="save")
    [way] = set(re.findall(r"/desk/plans/[0-9a-f-]{36}", desk.get("/desk/plans").text))
    assert desk.get(f"{way}?before={before}").status_code == 200


@pytest.mark.parametrize(
    ("often", "level", "rule", "is_said"),
    [("FREQ=MONTHLY", "general", "", "Every month"), ("usual", "critical", "", "Every day"),
     ("usual", "structure", "FREQ=YEARLY", "Every month"), ("own", "general", "FREQ=WEEKLY;BYDAY=MO", "BYDAY=MO")],
)  # fmt: skip
def test_how_often_is_chosen_in_words(
    desk: Browser, pump: UUID, often: str, level: str, rule: str, is_said: str
) -> None:
    chosen = {**FORM, "often": often, "level": level, "rule": rule, "about": f"asset:{pump}", "do": "save"}
    assert desk.post("/desk/plans/new", **chosen).status_code == 303
    assert is_said in seen(desk.get("/desk/plans"))


def test_a_plan_that_was_spoilt_says_so_where_it_is_mended(desk: Browser, db: Database, cast: Cast, pump: UUID) -> None:
    desk.post("/desk/plans/new", **FORM, about=f"asset:{pump}", do="save")
    with db.write_scope() as session:
        [plan] = planning.plans_of(session, cast.site)
        plan.rhythm, plan.held_at, plan.held_for = {}, NOW, "rule"
    page = desk.get(f"/desk/plans/{plan.id}")
    assert "Nothing is made of this plan Its rule cannot be read" in seen(page)
    assert "held" in seen(desk.get("/desk/plans"))
    assert desk.get("/desk/plans/calendar?month=2099-01").status_code == 200
    assert desk.post(f"/desk/plans/{plan.id}", **FORM, about=f"asset:{pump}", do="save").status_code == 303
    assert "Nothing is made" not in seen(desk.get(f"/desk/plans/{plan.id}"))
