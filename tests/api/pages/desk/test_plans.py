"""Plans at the desk: the dates are shown before anything is saved, and a plan is made, paused and resumed."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from typing import Any
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
    assert "2099-01-03 Sat skipped, because it is a weekend" in seen(page)
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


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"name": ""}, "name", "Name is missing."),
    ({"level": "high"}, "level", "Importance: this value"),
    ({"about": ""}, "about", "What it is about is missing."),
    ({"add_stops": "Pump"}, "about", "What it is about: There are stops in the route"),
    ({"about": "route:"}, "add_stops", "The route has no stops yet."),
    ({"category": "magic"}, "category", "Category: this value"),
    ({"often": "own", "rule": "often"}, "rule", "OFTEN is no rule"),
    ({"rule": ""}, "often", "Say how often"),
    ({"rule": "FREQ=YEARLY;BYMONTH=3", "months": "7"}, "often", "How often: No date is left"),
    ({"starts_on": ""}, "starts_on", "First day is missing."),
    ({"starts_on": "soon"}, "starts_on", "soon is no day."),
    ({"starts_on": "2100-01-01"}, "starts_on", "2100-01-01 is too far away."),
    ({"hour": ""}, "hour", "is missing."),
    ({"hour": "noon"}, "hour", "noon is no time."),
    ({"on_holiday": "x"}, "on_holiday", "this value"),
    ({"counts_from": "x"}, "counts_from", "this value"),
    ({"extra": "2099-12-24, 24.12."}, "extra", "24.12. is no day."),
    ({"left_out": "Xmas"}, "left_out", "Xmas is no day."),
    ({"months": "5 June"}, "months", "Season: June is no number."),
    ({"months": "5 13"}, "months", "Season: a number from 1 to 12"),
    ({"lead_days": "91"}, "lead_days", "a number from 0 to 90"),
    ({"tolerance_days": "-1"}, "tolerance_days", "a number from 0 to 365"),
    ({"limit_days": "many"}, "limit_days", "many is no number."),
    ({"level": "lift", "often": "usual"}, "on_holiday", "cannot skip days"),
    ({"level": "lift", "on_holiday": "keep", "rule": "FREQ=MONTHLY"}, "often", "15 days"),
    ({"meter_every": "full"}, "meter_every", "Meter: full is no number."),
    ({"meter_every": "0"}, "meter_every", "Meter: a number above 0"),
    ({"meter_every": "5", "about": "route:", "add_stops": "A/1/Hall"}, "meter_every", "Meter: only one piece"),
    ({"question": [""], "kind": [""], "low": [""], "high": [""], "unit": [""], "choices": [""]}, "question-1",
     "Checklist is missing."),
    ({"question": ["Dry?", "", ""]}, "question-2", "Question 2: write what"),
    ({"question": ["Dry?", "dry?", ""]}, "question-2", "Question 2: dry?: this question is there twice."),
    ({"kind": ["choice", "smell", ""]}, "kind-2", "Question 2: Answer: this value"),
    ({"low": ["", "two", ""]}, "low-2", "Question 2: From: two is no number."),
    ({"low": ["", "9", ""]}, "high-2", "Question 2: Bar: the lower limit is above"),
    ({"choices": ["yes", "", ""]}, "choices-1", "Question 1: Dry?: write the answers"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "place", "words"), WRONG)
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
    desk: Browser, pump: UUID, wrong: dict[str, Any], place: str, words: str
) -> None:
    """The preview refuses what saving refuses, in the same words."""
    typed = {**FORM, "about": f"asset:{pump}", **wrong}
    saved, shown = (desk.post("/desk/plans/new", **typed, do=do) for do in ("save", "preview"))
    assert (saved.status_code, shown.status_code) == (422, 422)
    summary = re.findall(r'<li><a href="#([^"]+)">([^<]+)</a></li>', saved.text)
    assert summary == re.findall(r'<li><a href="#([^"]+)">([^<]+)</a></li>', shown.text)
    [said] = [unescape(text) for at, text in summary if at == place]
    assert words in said
    assert f'id="{place}-error"' in saved.text
    assert re.search(rf'id="{place}"', saved.text)
    for value in (one for name in ("starts_on", "unit", "low", *wrong) for one in _values(typed, name)):
        assert f'value="{value}"' in saved.text or f">\n{value}</textarea>" in saved.text, value


CHOSEN = ("level", "about", "category", "often", "kind", "on_holiday", "counts_from", "add_stops")


def _values(typed: dict[str, Any], name: str) -> list[str]:
    """What a field was sent with, as far as an input shows it. A choice is none; a line that was found is a stop."""
    given = typed.get(name, "")
    listed = given if isinstance(given, list) else [given]
    return [] if name in CHOSEN else [one for one in listed if one]


def test_everything_that_is_wrong_is_said_at_once(desk: Browser, pump: UUID) -> None:
    typed = {**FORM, "about": f"asset:{pump}", "hour": "", "extra": "Xmas", "months": "13",
             "low": ["", "two", ""]}  # fmt: skip
    refused = desk.post("/desk/plans/new", **typed, do="save")
    assert re.findall(r'<li><a href="#([^"]+)">', refused.text) == ["hour", "extra", "low-2", "months"]


def test_days_and_months_are_typed_with_commas_too(desk: Browser, pump: UUID) -> None:
    days = "2099-01-05, 2099-12-24\uff0c2099-12-25"
    typed = {**FORM, "about": f"asset:{pump}", "rule": "", "extra": days, "months": "1\u300112"}
    page = seen(desk.post("/desk/plans/new", **typed, do="preview"))
    assert [day in page for day in ("2099-01-05 Mon", "2099-12-24 Thu", "2099-12-25 Fri")] == [True] * 3


def test_a_plan_whose_dates_are_over_says_so(desk: Browser, pump: UUID) -> None:
    typed = {**FORM, "about": f"asset:{pump}", "rule": "FREQ=DAILY;COUNT=2", "starts_on": "2020-01-02"}
    assert "No date comes from today on." in seen(desk.post("/desk/plans/new", **typed, do="preview"))


@pytest.mark.parametrize(
    ("holiday", "said"),
    [("keep", "2099-01-03 Sat goes on, although it is a weekend"), ("skip", "2099-01-03 Sat skipped, because"),
     ("before", "done together with the one before"), ("after", "moved to the next working day: 2099-01-03 is a")],
)  # fmt: skip
def test_a_day_off_says_what_was_decided(desk: Browser, pump: UUID, holiday: str, said: str) -> None:
    typed = {**FORM, "about": f"asset:{pump}", "on_holiday": holiday}
    assert said in seen(desk.post("/desk/plans/new", **typed, do="preview"))


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
