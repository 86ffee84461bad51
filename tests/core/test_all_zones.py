"""A daily moment comes once a day in every zone of the world, whatever its clocks do: no day skipped, none doubled.

The oracle knows no rules of ours: it walks through UTC minute by minute around each change and reads the wall clock.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest

from core import calendars

YEARS = (2026, 2027)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HALF_HOURS = [time(half // 2, 30 * (half % 2)) for half in range(48)]
TWELVE = (
    "Europe/Berlin", "America/Los_Angeles", "Asia/Shanghai", "Australia/Lord_Howe", "America/St_Johns",
    "Pacific/Chatham", "Africa/Casablanca", "Africa/Cairo", "America/Havana", "Asia/Beirut", "America/Scoresbysund",
    "Pacific/Apia",
)  # fmt: skip


def zones(pytestconfig: pytest.Config) -> list[str]:
    return sorted(available_timezones()) if pytestconfig.getoption("--full") else list(TWELVE)


def changes(zone: str) -> list[datetime]:
    """The hours of two years in which the offset of a zone changes."""
    here, moment = ZoneInfo(zone), datetime(YEARS[0], 1, 1, tzinfo=UTC)
    last, found = datetime(YEARS[-1] + 1, 1, 1, tzinfo=UTC), []
    while moment < last:
        if moment.astimezone(here).utcoffset() != (moment + DAY).astimezone(here).utcoffset():
            hours = (moment + HOUR * one for one in range(24))
            found += [h for h in hours if h.astimezone(here).utcoffset() != (h + HOUR).astimezone(here).utcoffset()]
        moment += DAY
    return found


def walls(zone: str, around: datetime) -> list[tuple[datetime, datetime]]:
    """Each minute of the five days around a change, with what the clock on the wall shows."""
    here, first = ZoneInfo(zone), around - 2 * DAY
    return [
        (moment, moment.astimezone(here).replace(tzinfo=None))
        for moment in (first + MINUTE * one for one in range(5 * 1440))
    ]


def oracle(shown: list[tuple[datetime, datetime]], day: date) -> dict[time, datetime]:
    """When each half hour of a day comes: the first minute at which the wall shows it, else the end of the gap."""
    first: dict[datetime, datetime] = {}
    for moment, wall in shown:
        first.setdefault(wall, moment)
    found = {}
    for at in HALF_HOURS:
        wanted = datetime.combine(day, at)
        while wanted not in first:
            wanted += MINUTE
        found[at] = first[wanted]
    return found


def test_every_half_hour_of_every_changing_day_comes_once(pytestconfig: pytest.Config) -> None:
    wrong, checked = [], 0
    for zone in zones(pytestconfig):
        for change in changes(zone):
            shown = walls(zone, change)
            middle = calendars.local_day(change, zone)
            for day in (middle - DAY, middle, middle + DAY):
                wanted = oracle(shown, day)
                checked += len(wanted)
                wrong += [(zone, day, at) for at in HALF_HOURS if calendars.instant(day, at, zone) != wanted[at]]
    assert checked > 0
    assert wrong == []


def test_a_daily_job_runs_once_a_day_through_two_years(pytestconfig: pytest.Config) -> None:
    """Driven as the digests are: the next moment after the last, on the next local day."""
    wrong = []
    for zone in zones(pytestconfig):
        for at in HALF_HOURS:
            days = [date(YEARS[0], 1, 1) + DAY * one for one in range(730)]
            moments = [calendars.instant(day, at, zone) for day in days]
            wrong += [(zone, at) for before, after in pairwise(moments) if before >= after]
    assert wrong == []
