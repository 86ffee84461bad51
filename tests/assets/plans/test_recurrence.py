"""Dates of plans: rules over local dates, holidays before and behind them, and the law above both."""

from __future__ import annotations

from datetime import date
from itertools import islice, pairwise
from typing import Any

import pytest

from assets.plans import recurrence
from assets.plans.recurrence import Cursor, Date, NotARule, NotStatutory, Rhythm, TooSeldom
from core.errors import Invalid
from core.worktime import Calendar, Override

CHINA = Calendar("Asia/Shanghai", "CN")
NOWHERE = Calendar("UTC", hours=((),) * 7)
DAY = date(2026, 9, 28)  # the Monday before the national holiday, 1 to 7 October


def dates(rhythm: Rhythm, count: int, calendar: Calendar = CHINA, cursor: Cursor | None = None) -> list[Date]:
    return list(islice(recurrence.walk(rhythm, calendar, cursor or Cursor()), count))


def on(found: list[Date]) -> list[str]:
    return [f"{one.on:%m-%d} {one.reason}" for one in found]


@pytest.mark.parametrize(
    ("on_holiday", "expected"),
    [
        ("keep", ["10-01 kept", "10-08 planned"]),
        ("before", ["09-30 moved", "10-08 planned"]),
        ("after", ["10-08 moved", "10-08 merged"]),
        ("skip", ["10-01 skipped", "10-08 planned"]),
    ],
)
def test_a_date_on_a_holiday_goes_where_the_plan_says(on_holiday: str, expected: list[str]) -> None:
    found = dates(Rhythm("FREQ=WEEKLY;BYDAY=TH", date(2026, 9, 29), on_holiday=on_holiday), 2)
    assert on(found) == expected
    assert (found[0].why, found[0].name) == ("holiday", "National Day")


def test_a_make_up_day_is_worked_and_a_sunday_is_not() -> None:
    weekends = Rhythm("FREQ=WEEKLY;BYDAY=SA", date(2026, 10, 10), on_holiday="skip")
    assert on(dates(weekends, 2)) == ["10-10 planned", "10-10 skipped"]


def test_rdate_and_exdate_join_the_rule() -> None:
    rhythm = Rhythm("FREQ=WEEKLY", DAY, extra=(date(2026, 9, 30), DAY), left_out=(date(2026, 10, 5),))
    assert on(dates(rhythm, 3)) == ["09-28 extra", "09-30 extra", "10-12 planned"]
    assert on(dates(Rhythm("", DAY, extra=(date(2026, 9, 30),)), 9)) == ["09-30 extra"]


def test_a_season_has_no_dates_outside_it() -> None:
    found = dates(Rhythm("FREQ=MONTHLY;BYDAY=1MO", DAY, months=(11, 12, 1)), 4)
    assert [one.on.month for one in found] == [11, 12, 1, 11]


def test_the_law_stands_above_the_holiday() -> None:
    """Moved behind the holiday it would be 17 days: so it is done on the last day of work before."""
    lifts = Rhythm("FREQ=DAILY;INTERVAL=15", date(2026, 9, 21), on_holiday="after", limit_days=15)
    found = dates(lifts, 40)
    assert on(found)[:2] == ["09-21 planned", "09-30 limited"]
    assert max((second.on - first.on).days for first, second in pairwise(found)) <= 15


def test_the_law_holds_even_where_nothing_is_ever_worked() -> None:
    lifts = Rhythm("FREQ=DAILY;INTERVAL=14", DAY, on_holiday="after", limit_days=15)
    assert [one.reason for one in dates(lifts, 3, NOWHERE)] == ["kept"] * 3
    closed = Calendar("UTC", overrides={date(2026, 10, day): Override(is_off=True) for day in range(1, 32)})
    found = dates(replace_start(lifts, DAY), 30, closed)
    assert max((second.on - first.on).days for first, second in pairwise(found)) <= 15


def replace_start(rhythm: Rhythm, day: date) -> Rhythm:
    return Rhythm(rhythm.rule, day, on_holiday=rhythm.on_holiday, limit_days=rhythm.limit_days)


def test_walking_in_steps_gives_what_walking_at_once_gives() -> None:
    for on_holiday in recurrence.ON_HOLIDAY:
        rhythm = Rhythm("FREQ=DAILY;INTERVAL=3", DAY, on_holiday=on_holiday)
        whole, cursor, steps = dates(rhythm, 60), Cursor(), []
        for _ in range(60):
            steps += dates(rhythm, 1, cursor=cursor)
            cursor = steps[-1].cursor
        assert steps == whole


def test_it_goes_on_from_the_day_on_which_it_was_done() -> None:
    rhythm, cursor = recurrence.completed(Rhythm("FREQ=DAILY;INTERVAL=30", DAY), date(2026, 11, 4))
    assert on(dates(rhythm, 1, cursor=cursor)) == ["12-04 planned"]


def test_a_year_that_nobody_has_published_is_marked() -> None:
    found = dates(Rhythm("FREQ=YEARLY", date(2026, 5, 1), on_holiday="after"), 30)
    assert found[0].is_known
    assert not found[-1].is_known


@pytest.mark.parametrize(
    "rule",
    ["", "weekly", "FREQ=HOURLY", "FREQ=DAILY;BYHOUR=3", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY\nRRULE:FREQ=DAILY",
     "FREQ=DAILY;FREQ=WEEKLY", "INTERVAL=2", "FREQ=DAILY;BYDAY=XX", "FREQ=DAILY;UNTIL=2026-01-01"],
)  # fmt: skip
def test_what_is_no_rule_is_refused(rule: str) -> None:
    if not rule:
        recurrence.check(Rhythm(rule, DAY))
        return
    with pytest.raises(NotARule):
        recurrence.check(Rhythm(rule, DAY))


@pytest.mark.parametrize(
    "rule",
    ["FREQ=MONTHLY;BYDAY=1MO,9MO", "FREQ=YEARLY;BYMONTH=12;BYDAY=1MO,9MO", "FREQ=YEARLY;BYDAY=1MO,54MO",
     "FREQ=DAILY;BYWEEKNO=60", "FREQ=YEARLY;BYMONTH=13", "FREQ=MONTHLY;BYMONTHDAY=1,0", "FREQ=YEARLY;BYMONTHDAY=,"],
)  # fmt: skip
def test_what_no_month_or_year_has_is_refused(rule: str) -> None:
    """The library broke over such a rule in the December after the plan was saved."""
    with pytest.raises(NotARule):
        recurrence.check(Rhythm(rule, date(2027, 1, 1)))
    recurrence.check(Rhythm("FREQ=MONTHLY;BYDAY=-1FR,5MO", DAY))
    recurrence.check(Rhythm("FREQ=YEARLY;BYDAY=20MO,-53TU", DAY))


def test_a_rule_without_dates_ends() -> None:
    never = Rhythm("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", DAY)
    assert dates(never, 1) == []
    with pytest.raises(NotARule):
        recurrence.check(never)
    with pytest.raises(NotARule):
        recurrence.check(Rhythm("FREQ=YEARLY;BYMONTH=3", DAY, months=(7,)))
    assert len(dates(Rhythm("FREQ=YEARLY", DAY), 20)) == 20
    assert len(dates(Rhythm("FREQ=DAILY;COUNT=3", DAY), 9)) == 3
    assert len(dates(Rhythm("FREQ=DAILY;UNTIL=20260930", DAY), 9)) == 3


def test_a_search_without_end_looks_only_at_some_centuries() -> None:
    """The library looks up to the year 9999, so counting begins near it, on a day of the same name."""
    [*_, last] = recurrence.planned(Rhythm("FREQ=YEARLY", date(2000, 1, 1)), None)
    assert last == date(2399, 1, 1)
    leap = Rhythm("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29", date(2000, 1, 1))
    assert list(islice(recurrence.planned(leap, date(2090, 1, 1)), 2)) == [date(2092, 2, 29), date(2096, 2, 29)]


@pytest.mark.parametrize(
    "rule",
    ["FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,FR", "FREQ=DAILY;INTERVAL=5", "FREQ=WEEKLY;COUNT=9",
     "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SA;BYSETPOS=-1", "FREQ=DAILY;UNTIL=20270301"],
)  # fmt: skip
def test_taken_up_near_the_cursor_it_gives_the_same_dates(rule: str) -> None:
    for begins in (DAY, date(2026, 10, 1)):
        rhythm = Rhythm(rule, begins)
        whole = list(islice(recurrence.planned(rhythm, None), 60))
        for at, day in enumerate(whole):
            assert list(islice(recurrence.planned(rhythm, day), 59 - at)) == whole[at + 1 :]


@pytest.mark.parametrize("day", [date(1, 1, 1), date(1999, 12, 31), date(2100, 1, 1), date.max])
def test_a_plan_begins_in_this_century(day: date) -> None:
    for rhythm in (Rhythm("FREQ=DAILY", day), Rhythm("", DAY, extra=(day,))):
        with pytest.raises(Invalid):
            recurrence.check(rhythm)


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"rule": "FREQ=MONTHLY"}, TooSeldom), ({"months": (5,)}, NotStatutory), ({"on_holiday": "skip"}, NotStatutory),
        ({"counts_from": "completed"}, NotStatutory), ({"left_out": (date(2026, 10, 13),)}, TooSeldom),
    ],
)  # fmt: skip
def test_what_the_law_asks_for_cannot_be_skipped(more: dict[str, Any], error: type[Exception]) -> None:
    recurrence.check(Rhythm("FREQ=DAILY;INTERVAL=15", DAY, limit_days=15))
    with pytest.raises(error):
        recurrence.check(Rhythm(**{"rule": "FREQ=DAILY;INTERVAL=15", "starts_on": DAY, "limit_days": 15, **more}))


def test_what_is_kept_is_what_was_said() -> None:
    rhythm = Rhythm("FREQ=DAILY", DAY, extra=(DAY,), months=(1, 2), lead_days=3, on_holiday="before")
    assert recurrence.of(recurrence.told(rhythm)) == rhythm


@pytest.mark.parametrize("is_off", [True, False])
def test_the_name_an_administrator_gave_a_day_does_not_enter_the_trace(is_off: bool) -> None:  # noqa: FBT001 - a case
    hours = (*[(("09:00", "18:00"),)] * 3, (), *[(("09:00", "18:00"),)] * 3)
    party = Calendar("UTC", "DE", hours=hours, overrides={date(2026, 10, 1): Override(is_off, "Li Wei marries")})
    for on_holiday in ("skip", "after"):
        [found] = dates(Rhythm("FREQ=WEEKLY;BYDAY=TH", DAY, on_holiday=on_holiday), 1, party)
        assert found.facts()["why"] == ("override" if is_off else "weekend")
        assert "Li Wei" not in str(found.facts())
    [public] = dates(Rhythm("FREQ=WEEKLY;BYDAY=TH", DAY, on_holiday="skip"), 1)
    assert public.facts()["holiday"] == "National Day"
