"""The route of a plan at the desk: put together from codes, paths and words, ordered by numbers, without a script."""

from __future__ import annotations

import re

import pytest

from assets.plans import planning
from assets.plans.models import Plan
from core.database import Database
from tests.api.pages.browsing import Browser, Web, seen
from tests.api.pages.desk.test_plans import FORM
from tests.personas import Cast

KEYS = re.compile(r'name="order:([a-z]+:[0-9a-f-]{36})" type="number" value="(\d+)"')


@pytest.fixture
def desk(web: Web, cast: Cast) -> Browser:
    return web.browser(cast.supervisor)


def plan(db: Database, cast: Cast) -> Plan:
    with db.read_scope() as session:
        [found] = planning.plans_of(session, cast.site)
        return found


def keys(text: str) -> list[str]:
    return [key for key, _ in KEYS.findall(text)]


def test_a_pasted_list_becomes_stops_in_the_order_of_their_numbers(
    desk: Browser, db: Database, cast: Cast, lift: str, other_lift: str
) -> None:
    route = {**FORM, "about": "route:", "category": "lift"}
    pasted = f"{lift}\nA/1/Hall\nhttp://testserver/q/{other_lift}\n{lift}\n"
    page = desk.post("/desk/plans/new", **route, do="route", add_stops=pasted)
    assert page.status_code == 200
    first, hall, second = keys(page.text)
    assert (first[:5], hall[:5]) == ("asset", "place")
    order = {f"order:{first}": "9", f"order:{hall}": "1", f"order:{second}": "2,5", "drop": ""}
    own = {f"own:{hall}": "Lamps\nPressure | Number | 0.2-0.6 MPa\nDoor ｜ 选择 ｜ open, !shut"}
    saved = desk.post("/desk/plans/new", **route, **order, **own, do="save")
    assert saved.status_code == 303, seen(saved)
    made = plan(db, cast)
    assert [f"{kind}:{stop[kind]}" for stop in made.stops for kind in ("asset", "place") if kind in stop] == [
        hall, second, first,
    ]  # fmt: skip
    assert made.category == "lift"
    lamps, pressure, door = made.stops[0]["checklist"]
    assert (lamps["kind"], door["failing"]) == ("pass_fail", ["shut"])
    assert (pressure["low"], pressure["high"], pressure["unit"]) == (0.2, 0.6, "MPa")
    again = desk.get(f"/desk/plans/{made.id}")
    assert keys(again.text) == [hall, second, first]
    assert "Pressure | Number | 0.2–0.6 MPa" in again.text
    desk.post(f"/desk/plans/{made.id}", **route, **{**order, **own, "drop": second}, do="save")
    assert len(plan(db, cast).stops) == 2


def test_words_that_mean_several_things_are_asked_about(
    desk: Browser, db: Database, cast: Cast, lift: str, other_lift: str
) -> None:
    route = {**FORM, "about": "route:"}
    refused = desk.post("/desk/plans/new", **route, do="save", add_stops="Lift\nNowhere")
    assert refused.status_code == 422
    assert "Lift, Nowhere" in seen(refused)
    picks = re.findall(r'name="pick" value="([^"]+)"', refused.text)
    assert len(picks) == 2
    assert desk.post("/desk/plans/new", **route, do="save", add_stops="Lift", pick=picks).status_code == 303
    assert len(plan(db, cast).stops) == 2


@pytest.mark.parametrize("wrong", ["Lamps | nonsense", "Door | Choice | one", "Bar | Number | 9-2 bar"])
def test_questions_that_cannot_be_read_are_refused_and_stay(desk: Browser, lift: str, wrong: str) -> None:
    route = {**FORM, "about": "route:"}
    [key] = keys(desk.post("/desk/plans/new", **route, do="route", add_stops=lift).text)
    refused = desk.post("/desk/plans/new", **route, **{f"order:{key}": "1", f"own:{key}": wrong}, do="save")
    assert refused.status_code == 422
    assert wrong in refused.text
    assert f'id="own:{key}-error"' in refused.text
    assert f'<a href="#own:{key}">Lift 1: ' in refused.text


def test_nothing_of_another_site_becomes_a_stop(desk: Browser, elsewhere: str) -> None:
    page = desk.post("/desk/plans/new", **FORM, about="route:", do="route", add_stops=elsewhere)
    assert keys(page.text) == []
    assert "Pump 7" not in page.text
