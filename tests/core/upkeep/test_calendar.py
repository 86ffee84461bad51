"""The calendar of a site: what is set is what counts, and every change has its way back."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from core import changes, i18n
from core.changes import OverlaidSince
from core.database import Database, Session
from core.errors import Invalid
from core.places import Site
from core.upkeep import calendar, sites
from core.upkeep.calendar import NotHours
from tests.personas import Cast

GOOD = ["08:00-12:00, 13:30–17:00", *["08:00-12:00"] * 4, "", "22:00-24:00"]
FRIDAY = date(2026, 11, 20)


def settle(session: Session, cast: Cast, now: datetime) -> None:
    calendar.set_country(session, cast.site, "CN", "", cast.admin, now)


@pytest.mark.parametrize(
    ("zone", "country"),
    [("Asia/Shanghai", "CN"), ("Europe/Berlin", "DE"), ("America/Los_Angeles", "US"), ("UTC", "")],
)
def test_a_new_site_takes_the_country_of_its_zone(db: Database, zone: str, country: str) -> None:
    with db.write_scope() as session:
        site = sites.add(session, "New", timezone=zone)
        assert calendar.of_site(session, site.id).country == country


def test_an_old_site_is_not_given_one_silently(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        sites.edit(session, cast.site, {"timezone": "Europe/Berlin"}, cast.admin, now)
        assert calendar.of_site(session, cast.site).country == ""


def test_hours_of_the_site_and_of_a_team(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        calendar.set_hours(session, cast.site, GOOD, cast.admin, now)
        calendar.set_team_hours(session, cast.site, cast.crew, ["00:00-24:00"] * 7, cast.admin, now)
        assert calendar.of_site(session, cast.site).hours[0] == (("08:00", "12:00"), ("13:30", "17:00"))
        own = calendar.of_site(session, cast.site, str(cast.crew))
        assert own.is_open(now.replace(hour=20))
        calendar.set_team_hours(session, cast.site, cast.crew, [""] * 7, cast.admin, now)
        assert not calendar.of_site(session, cast.site, str(cast.crew)).is_open(now.replace(hour=20))


@pytest.mark.parametrize("text", ["8:00-9:00", "09:00-25:00", "10:00-09:00", "09:00-12:00, 11:00-13:00", "morning"])
def test_what_are_no_hours_is_said(text: str) -> None:
    with pytest.raises(NotHours):
        calendar.spans(text)


def test_a_week_without_work_and_things_that_are_not_there_are_refused(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        with pytest.raises(Invalid):
            calendar.set_hours(session, cast.site, [""] * 7, cast.admin, now)
        with pytest.raises(Invalid):
            calendar.set_country(session, cast.site, "XX", "", cast.admin, now)
        with pytest.raises(Invalid):
            calendar.set_country(session, cast.site, "DE", "GD", cast.admin, now)
        with pytest.raises(Invalid):
            calendar.set_team_hours(session, cast.site, cast.site, GOOD, cast.admin, now)


def test_a_day_is_overruled_and_taken_back_and_other_fields_stay(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        settle(session, cast, now)
        calendar.set_day(session, cast.site, FRIDAY, {"off": True, "name": "Outing"}, cast.admin, now)
        assert not calendar.of_site(session, cast.site).is_worked(FRIDAY)
        [change, _] = changes.of_site(session, cast.site, kind="calendar")
        changes.take_back(session, cast.site, change.id, cast.admin, now)
        assert calendar.of_site(session, cast.site).is_worked(FRIDAY)
        assert calendar.of_site(session, cast.site).country == "CN"


def test_nothing_is_left_of_what_was_emptied(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        settle(session, cast, now)
        calendar.set_country(session, cast.site, "", "", cast.admin, now)
        assert session.get_one(Site, cast.site).settings["calendar"] == {}


def test_a_year_is_missed_sixty_days_before_it_begins(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        settle(session, cast, now)
        early, late = datetime(2026, 11, 1, tzinfo=now.tzinfo), datetime(2026, 11, 3, tzinfo=now.tzinfo)
        assert calendar.unpublished(session, early) == []
        assert [one.year for one in calendar.unpublished(session, late)] == [2027]
        calendar.set_country(session, cast.site, "DE", "", cast.admin, now)
        assert calendar.unpublished(session, late + timedelta(days=400)) == []


def test_an_older_change_is_taken_back_and_what_came_later_stays(db: Database, cast: Cast, now: datetime) -> None:
    """Hours of one weekday, a team's hours and a day, each undone under later ones of their neighbours."""
    site, by, usual = cast.site, cast.admin, ["09:00-18:00"] * 5 + ["", ""]
    with db.write_scope() as session:
        calendar.set_hours(session, site, ["08:00-12:00", *usual[1:]], by, now)
        calendar.set_hours(session, site, ["08:00-12:00", "10:00-11:00", *usual[2:]], by, now)
        calendar.set_team_hours(session, site, cast.crew, GOOD, by, now)
        calendar.set_day(session, site, FRIDAY, {"off": True, "name": "Outing"}, by, now)
        calendar.set_day(session, site, FRIDAY + timedelta(days=7), {"off": True, "name": "Fair"}, by, now)
        day2, day1, team, tuesday, monday = changes.of_site(session, site, kind="calendar")
        for change in (day1, monday, team):
            assert changes.hindrance(session, change) is None
            changes.take_back(session, site, change.id, by, now)
        said = calendar.values_of(session, site)
        assert list(said["days"]) == [(FRIDAY + timedelta(days=7)).isoformat()]
        assert said["teams"] == {}
        assert [calendar.written(spans) for spans in said["hours"][:3]] == [usual[0], "10:00-11:00", usual[2]]
        assert changes.of_site(session, site, kind="calendar")[0].takes_back == team.id
        changes.take_back(session, site, tuesday.id, by, now)
        changes.take_back(session, site, day2.id, by, now)
        assert calendar.values_of(session, site)["days"] == {}
        assert calendar.written(calendar.values_of(session, site)["hours"][1]) == usual[1]


def test_what_was_changed_again_says_so(db: Database, cast: Cast, now: datetime) -> None:
    site, by = cast.site, cast.admin
    with db.write_scope() as session:
        calendar.set_day(session, site, FRIDAY, {"off": True, "name": "Outing"}, by, now)
        first = changes.of_site(session, site, kind="calendar")[0]
        calendar.set_day(session, site, FRIDAY, {"off": False, "name": "Outing", "hours": "10:00-12:00"}, by, now)
        with pytest.raises(OverlaidSince):
            changes.take_back(session, site, first.id, by, now)
        calendar.set_country(session, site, "DE", "", by, now)
        calendar.set_country(session, site, "CN", "", by, now)
        german = changes.of_site(session, site, kind="calendar")[1]
        why = changes.hindrance(session, german)
        assert why is not None
        assert (
            i18n.explain(why, "en") == 'The same was changed again since then under "Country". '
            "Take the later change back first."
        )
        assert "“国家" in i18n.explain(why, "zh_CN")
