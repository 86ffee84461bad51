"""The calendar of a site: what is set is what counts, and every change has its way back."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from core import changes
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
