"""The roster at the desk."""

from __future__ import annotations

import re

import pytest

from core import calendars, clock
from tests.api.pages.browsing import Browser, Web, seen
from tests.personas import Cast


@pytest.fixture
def desk(web: Web, cast: Cast) -> Browser:
    return web.browser(cast.supervisor)


def test_somebody_is_put_on_duty_shown_and_taken_off(desk: Browser, cast: Cast) -> None:
    form = {"who": str(cast.technician), "kind": "on_call", "first": "2030-01-07", "begins": "18:00", "ends": "08:00"}
    added = desk.post("/desk/duty", **form, day=["0", "2"], weeks="2")
    assert added.status_code == 303
    page = desk.get(added.headers["location"])
    assert "Duties added: 4" in seen(page)
    removals = re.findall(r"/desk/duty/[0-9a-f-]{36}/remove", page.text)
    assert len(removals) == 2
    gone = desk.post(removals[0], week="2030-01-07")
    assert desk.get(gone.headers["location"]).text.count("/remove") == 1


def test_a_duty_for_a_team_says_so(desk: Browser, cast: Cast) -> None:
    today = calendars.local_day(clock.now(), "Asia/Shanghai").isoformat()
    form = {"who": str(cast.technician), "kind": "on_call", "first": today, "begins": "00:00", "ends": "00:00"}
    added = desk.post("/desk/duty", **form, team=str(cast.crew))
    page = desk.get(added.headers["location"])
    assert "Wang Wei (House crew)" in seen(page)
    assert '<span class="tag">House crew</span>' in page.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"who": ""},
        {"first": "tomorrow"},
        {"begins": "late"},
        {"weeks": "99"},
        {"kind": "rest"},
        {"day": "x"},
        {"team": "x"},
    ],
)
def test_a_wrong_plan_is_said_and_what_was_typed_stays(desk: Browser, cast: Cast, wrong: dict[str, str]) -> None:
    form = {"who": str(cast.technician), "kind": "shift", "first": "2030-01-07", "begins": "06:30", "ends": "15:00"}
    refused = desk.post("/desk/duty", **(form | wrong))
    assert refused.status_code == 422
    assert 'value="15:00"' in refused.text


def test_any_week_can_be_asked_for(desk: Browser) -> None:
    for week in ("2030-01-09", "never", ""):
        assert desk.get("/desk/duty", params={"week": week}).status_code == 200
