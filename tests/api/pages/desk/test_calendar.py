"""The calendar at the desk: set, shown in words, warned of."""

from __future__ import annotations

from datetime import datetime

import pytest

from core.database import Database
from core.upkeep import calendar
from tests.api.pages.browsing import Browser, Web, seen
from tests.personas import Cast


@pytest.fixture
def admin(web: Web, cast: Cast) -> Browser:
    return web.browser(cast.admin)


def test_a_country_shows_its_holidays_and_its_missing_year(admin: Browser) -> None:
    assert "No country is chosen" in seen(admin.get("/desk/calendar?year=2026"))
    assert admin.post("/desk/calendar/country", country="CN", region="").status_code == 303
    page = seen(admin.get("/desk/calendar?year=2026"))
    assert "10-01–10-07 public holiday National Day" in page
    assert "10-10 make-up working day" in page
    assert "The days off of 2027 are not published yet" in seen(admin.get("/desk/calendar?year=2027"))
    assert admin.post("/desk/calendar/country", country="XX", region="").status_code == 422


def test_hours_are_saved_and_wrong_ones_stay_in_the_form(admin: Browser, db: Database, cast: Cast) -> None:
    week = {f"day-{day}": "08:00-16:00" for day in range(7)}
    assert admin.post("/desk/calendar/hours", **week).status_code == 303
    assert admin.post("/desk/calendar/hours", team=str(cast.crew), **week).status_code == 303
    refused = admin.post("/desk/calendar/hours", **{**week, "day-2": "noon"})
    assert refused.status_code == 422
    assert 'value="noon"' in refused.text
    with db.read_scope() as session:
        assert calendar.of_site(session, cast.site).hours[6] == (("08:00", "16:00"),)
    assert "Own hours: House crew" in seen(admin.get("/desk/calendar"))


def test_a_day_is_set_and_taken_back(admin: Browser, now: datetime) -> None:
    typed = {"day": "2026-12-24", "kind": "off", "name": "Party", "hours": ""}
    assert admin.post("/desk/calendar/days", **typed).status_code == 303
    assert "12-24 off, set here Party" in seen(admin.get("/desk/calendar?year=2026"))
    assert "Party" in seen(admin.get("/desk/history"))
    assert admin.post("/desk/calendar/days", day="2026-12-24", do="forget").status_code == 303
    assert "Party" not in seen(admin.get("/desk/calendar?year=2026"))
    assert admin.post("/desk/calendar/days", day="soon", kind="off").status_code == 422
