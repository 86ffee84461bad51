"""The time of a site: local days, clock times that do not exist or come twice, and who is on call."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from core import calendars, people
from core.database import Database
from tests.personas import Cast


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("day", "at", "zone", "expected"),
    [
        (date(2026, 11, 20), time(10), "Asia/Shanghai", utc(2026, 11, 20, 2)),
        (date(2026, 11, 20), time(0, 30), "Asia/Shanghai", utc(2026, 11, 19, 16, 30)),
        (date(2026, 3, 8), time(2, 30), "America/New_York", utc(2026, 3, 8, 7)),
        (date(2026, 3, 8), time(2), "America/New_York", utc(2026, 3, 8, 7)),
        (date(2026, 3, 8), time(3), "America/New_York", utc(2026, 3, 8, 7)),
        (date(2026, 3, 8), time(1, 59), "America/New_York", utc(2026, 3, 8, 6, 59)),
        (date(2026, 11, 1), time(1, 30), "America/New_York", utc(2026, 11, 1, 5, 30)),
        (date(2026, 3, 29), time(2, 15), "Europe/Berlin", utc(2026, 3, 29, 1)),
        (date(2026, 10, 4), time(2, 10), "Australia/Lord_Howe", utc(2026, 10, 3, 15, 30)),
        (date(2026, 9, 6), time(0), "America/Santiago", utc(2026, 9, 6, 4)),
        (date(2011, 12, 30), time(12), "Pacific/Apia", utc(2011, 12, 30, 10)),
    ],
    ids=[
        "usual", "the day before in UTC", "in a gap", "a gap begins", "a gap ends", "before a gap", "twice: the first",
        "in Berlin", "a gap of half an hour", "midnight does not exist", "a day that was skipped",
    ],
)  # fmt: skip
def test_a_local_time_is_one_instant(day: date, at: time, zone: str, expected: datetime) -> None:
    assert calendars.instant(day, at, zone) == expected


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Shanghai"])
def test_the_times_of_a_year_never_go_back(zone: str) -> None:
    day, before = date(2026, 1, 1), utc(2025, 1, 1)
    while day.year == 2026:
        for quarter in range(8):
            instant = calendars.instant(day, time(quarter // 4, quarter % 4 * 15), zone)
            assert instant >= before
            before = instant
        day += timedelta(days=1)


def test_the_day_is_the_one_of_the_site() -> None:
    late = utc(2026, 11, 20, 17)
    assert calendars.local_day(late, "Asia/Shanghai") == date(2026, 11, 21)
    assert calendars.local_day(late, "America/New_York") == date(2026, 11, 20)


def test_on_call_from_the_first_moment_up_to_the_last(db: Database, cast: Cast, now: datetime) -> None:
    hour = timedelta(hours=1)
    with db.write_scope() as session:
        calendars.put_on_call(session, cast.site, cast.second_technician, now + hour, now + 3 * hour)
        calendars.put_on_call(session, cast.site, cast.technician, now, now + 2 * hour)
        at = {hours: calendars.on_call(session, cast.site, now + hours * hour) for hours in range(-1, 4)}
    assert at == {
        -1: [], 0: [cast.technician], 1: [cast.technician, cast.second_technician], 2: [cast.second_technician], 3: [],
    }  # fmt: skip


def test_a_teams_work_calls_its_own_duty_first_then_the_sites(db: Database, cast: Cast, now: datetime) -> None:
    later = now + timedelta(hours=1)
    with db.write_scope() as session:
        other = people.add_team(session, "Lift company", cast.site).id
        for person, team in ((cast.manager, other), (cast.second_technician, None), (cast.technician, cast.crew)):
            calendars.put_on_call(session, cast.site, person, now, later, team)
        asked = [calendars.on_call(session, cast.site, now, team) for team in (cast.crew, other, None)]
    assert asked == [
        [cast.technician, cast.second_technician], [cast.manager, cast.second_technician], [cast.second_technician],
    ]  # fmt: skip


def test_with_nobody_for_the_team_or_the_site_whoever_is_awake_is_called(
    db: Database, cast: Cast, now: datetime
) -> None:
    with db.write_scope() as session:
        other = people.add_team(session, "Lift company", cast.site).id
        calendars.put_on_call(session, cast.site, cast.technician, now, now + timedelta(hours=1), other)
        assert calendars.on_call(session, cast.site, now, cast.crew) == [cast.technician]
        assert calendars.on_call(session, cast.site, now) == [cast.technician]


@pytest.mark.parametrize(
    ("at", "quiet", "then"),
    [
        ("2026-11-20 23:30", ("22:00", "07:00"), "2026-11-21 07:00"),
        ("2026-11-20 03:00", ("22:00", "07:00"), "2026-11-20 07:00"),
        ("2026-11-20 07:00", ("22:00", "07:00"), "2026-11-20 07:00"),
        ("2026-11-20 12:00", ("22:00", "07:00"), "2026-11-20 12:00"),
        ("2026-11-20 13:00", ("12:30", "14:00"), "2026-11-20 14:00"),
        ("2026-11-20 23:00", (), "2026-11-20 23:00"),
    ],
)
def test_quiet_hours_end(at: str, quiet: tuple[str, ...], then: str) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    moment, end = (datetime.fromisoformat(text).replace(tzinfo=zone) for text in (at, then))
    assert calendars.after_quiet(moment, quiet, "Asia/Shanghai") == end
