"""Working time against an oracle that counts minute by minute, and the days of China as they were published."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import holidays, worktime
from core.worktime import ALWAYS, Calendar, NeverWorked, Override

MINUTE = timedelta(minutes=1)
OFF = {  # as the General Office of the State Council published them for 2025 and 2026
    2025: "01-01..01-01 01-28..02-04 04-04..04-06 05-01..05-05 05-31..06-02 10-01..10-08",
    2026: "01-01..01-03 02-15..02-23 04-04..04-06 05-01..05-05 06-19..06-21 09-25..09-27 10-01..10-07",
}
MADE_UP = {
    2025: "01-26 02-08 04-27 09-28 10-11",
    2026: "01-04 02-14 02-28 05-09 09-20 10-10",
}
ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/Los_Angeles", "Australia/Lord_Howe", "America/Havana")
CHANGES = (datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
HOURS = (
    (("09:00", "18:00"),),
    (("00:00", "02:30"), ("08:30", "12:00"), ("13:00", "17:15")),
    (("01:15", "03:45"), ("22:00", "24:00")),
    (("00:00", "24:00"),),
    (),
)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def days(year: int) -> list[date]:
    return [date(year, 1, 1) + timedelta(days=at) for at in range(365)]


def published_off(year: int) -> set[date]:
    spans = [part.split("..") for part in OFF[year].split()]
    return {day for day in days(year) for first, last in spans if first <= f"{day:%m-%d}" <= last}


@pytest.mark.parametrize("year", [2025, 2026])
def test_every_day_of_china_is_as_it_was_published(year: int) -> None:
    made_up = {date.fromisoformat(f"{year}-{day}") for day in MADE_UP[year].split()}
    off = published_off(year)
    for day in days(year):
        found = holidays.day_of("CN", "", day)
        expected = day not in made_up and (day in off or day.weekday() >= 5)
        assert (found.is_off, found.is_known) == (expected, True), day
    named = {day: holidays.day_of("CN", "", day) for day in made_up}
    assert {found.why for found in named.values()} == {holidays.MAKE_UP}
    assert all(found.name for found in named.values())


def test_a_year_that_nobody_has_published_is_not_guessed() -> None:
    national_day = holidays.day_of("CN", "", date(2027, 10, 1))  # a Friday
    assert national_day == holidays.Day(is_off=False, why=holidays.WEEKDAY, is_known=False)
    assert not holidays.is_published("CN", 2027)
    assert Calendar("Asia/Shanghai", "CN").unpublished(date(2026, 12, 1), date(2027, 1, 5)) == [2027]
    assert Calendar("Europe/Berlin", "DE").unpublished(date(2026, 12, 1), date(2027, 1, 5)) == []


def test_other_countries_and_their_regions() -> None:
    assert holidays.day_of("DE", "BY", date(2026, 1, 6)).why == holidays.HOLIDAY
    assert holidays.day_of("DE", "BE", date(2026, 1, 6)).why == holidays.WEEKDAY
    assert holidays.day_of("", "", date(2026, 12, 25)).why == holidays.WEEKDAY
    assert "BY" in holidays.countries()["DE"]


def test_a_holiday_is_named_in_the_language_of_the_reader() -> None:
    name = holidays.day_of("CN", "", date(2026, 10, 1)).name
    assert (holidays.spoken(name, "zh_CN"), holidays.spoken(name, "en")) == ("国庆节", "National Day")
    assert holidays.spoken("Tag der Arbeit", "zh_CN") == "Tag der Arbeit"


def test_an_administrator_overrules_a_holiday_a_weekend_and_the_hours() -> None:
    calendar = Calendar("Asia/Shanghai", "CN", overrides={
        date(2026, 10, 1): Override(is_off=False),
        date(2026, 11, 21): Override(is_off=False, name="Move", hours=(("10:00", "11:00"),)),
        date(2026, 11, 23): Override(is_off=True, name="Outing"),
    })  # fmt: skip
    assert calendar.spans(date(2026, 10, 1)) == [(utc(2026, 10, 1, 1), utc(2026, 10, 1, 10))]
    assert calendar.spans(date(2026, 11, 21)) == [(utc(2026, 11, 21, 2), utc(2026, 11, 21, 3))]
    assert calendar.day(date(2026, 11, 23)) == holidays.Day(is_off=True, why=holidays.OVERRIDE, name="Outing")
    assert calendar.add(utc(2026, 11, 20, 9, 30), timedelta(hours=2)) == utc(2026, 11, 24, 1, 30)


def test_a_made_up_weekend_is_worked_as_a_monday() -> None:
    calendar = Calendar("Asia/Shanghai", "CN")
    assert calendar.spans(date(2026, 10, 10)) == [(utc(2026, 10, 10, 1), utc(2026, 10, 10, 10))]
    assert calendar.near(date(2026, 10, 3), 1) == date(2026, 10, 8)
    assert calendar.near(date(2026, 10, 3), -1) == date(2026, 9, 30)


def test_a_team_keeps_hours_of_its_own() -> None:
    week = [[["08:00", "20:00"]]] * 7
    said = {"calendar": {"country": "DE", "region": "BE", "teams": {"t1": week}, "days": {"2026-12-28": {"off": True}}}}
    own, site = worktime.of(said, "Europe/Berlin", "t1"), worktime.of(said, "Europe/Berlin", "t2")
    assert own.is_open(utc(2026, 11, 21, 8))
    assert not site.is_open(utc(2026, 11, 21, 8))
    assert not own.is_worked(date(2026, 12, 28))


def test_hours_that_never_come_say_so() -> None:
    with pytest.raises(NeverWorked):
        Calendar(hours=((),) * 7).add(utc(2026, 1, 1), MINUTE)
    with pytest.raises(NeverWorked):
        Calendar(hours=((),) * 7).near(date(2026, 1, 1), 1)
    assert ALWAYS.add(utc(2026, 1, 1), timedelta(hours=30)) == utc(2026, 1, 2, 6)


def test_hours_that_would_reach_to_other_ages_say_so() -> None:
    minute_a_week = Calendar(hours=((("09:00", "09:01"),), *[()] * 6))
    assert minute_a_week.add(utc(2026, 1, 1), 100 * MINUTE) == utc(2027, 11, 29, 9, 1)
    with pytest.raises(NeverWorked):
        minute_a_week.add(utc(2026, 1, 1), timedelta(days=90))


def worked_minutes(calendar: Calendar, start: datetime, count: int) -> list[bool]:
    """The oracle: walk the clock on the wall; a stretch begins and ends when its time is first reached or jumped over.

    A time that comes twice begins or ends nothing the second time.
    """
    zone = ZoneInfo(calendar.zone)
    found: list[bool] = []
    day, reached = None, time(0)
    moment = start - timedelta(days=2)
    while len(found) < count:
        local = moment.astimezone(zone)
        reached = max(reached, local.time()) if local.date() == day else local.time()
        day = local.date()
        if moment >= start:
            wall = f"{reached:%H:%M}"
            found.append(any(begins <= wall < ends for begins, ends in calendar.hours[day.weekday()]))
        moment += MINUTE
    return found


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(ZONES), st.tuples(*[st.sampled_from(HOURS)] * 7), st.sampled_from(CHANGES),
    st.integers(-60 * 30, 60 * 30), st.integers(1, 60 * 40),
)  # fmt: skip
def test_it_counts_as_one_who_looks_at_the_clock_each_minute(
    zone: str, hours: tuple[tuple[worktime.Span, ...], ...], around: datetime, offset: int, length: int
) -> None:
    plain = tuple(HOURS[0] if not any(hours) and at == 0 else one for at, one in enumerate(hours))
    calendar, start = Calendar(zone, hours=plain), around + offset * MINUTE
    minutes = worked_minutes(calendar, start, 60 * 24 * 4)
    assert [calendar.is_open(start + at * MINUTE) for at in range(0, 60 * 48, 7)] == minutes[: 60 * 48 : 7]
    end = start + length * MINUTE
    assert calendar.between(start, end) == sum(minutes[:length]) * MINUTE
    worked = [at for at, is_worked in enumerate(minutes) if is_worked]
    if worked:
        assert calendar.opens(start) == start + worked[0] * MINUTE
        asked = min(len(worked), 300)
        assert calendar.add(start, asked * MINUTE) == start + (worked[asked - 1] + 1) * MINUTE


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 60 * 24 * 330), st.integers(1, 6000))
def test_adding_and_counting_agree(after: int, minutes: int) -> None:
    calendar, start = Calendar("Asia/Shanghai", "CN"), utc(2026, 1, 1) + after * MINUTE
    end = calendar.add(start, minutes * MINUTE)
    assert calendar.between(start, end) == minutes * MINUTE
    assert calendar.is_open(end - timedelta(microseconds=1))
