"""When a plan's work falls due: iCalendar rules over local dates, moved around holidays, each date with its reason.

Pure. Only dates are counted here: an instant is made of one in `core.calendars` alone, so no clock change moves a date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import MAXYEAR, date, datetime, time, timedelta
from itertools import islice, pairwise, takewhile
from typing import Any

from dateutil.rrule import rrule, rrulestr

from core import holidays
from core.errors import Invalid
from core.worktime import Calendar, NeverWorked

PARTS = re.compile(
    r"FREQ=[A-Z]+|(INTERVAL|COUNT)=[1-9]\d{0,3}|UNTIL=\d{8}|(BYDAY|WKST)=[A-Z0-9,+-]+"
    r"|(BYMONTHDAY|BYMONTH|BYSETPOS|BYWEEKNO|BYYEARDAY)=[0-9,+-]+"
)
FREQUENCY = re.compile(r"(^|;)FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;|$)")
LONGEST_RULE = 200
MOST = {"BYMONTH": 12, "BYMONTHDAY": 31, "BYWEEKNO": 53, "BYYEARDAY": 366, "BYSETPOS": 366}
MOST_OF_MONTH, MOST_OF_YEAR = 5, 53  # how often a weekday can come
BROKEN = (ArithmeticError, LookupError, TypeError, ValueError)  # what dateutil raises over rules that it cannot count
HORIZON = timedelta(days=366 * 6)  # a rule without a date for so long has none
DAY = timedelta(days=1)
FIRST, LAST = date(2000, 1, 1), date(2099, 12, 31)
MOST_DAYS = {"lead_days": 90, "tolerance_days": 365, "limit_days": 3660}
STEPS = {"DAILY": 1, "WEEKLY": 7}
# dateutil looks for the next date up to the year 9999, however rare. The calendar, with its days of the week, repeats
# every 400 years: counted at its end, a rule without dates has only some hundred years to search, not eight thousand.
AHEAD = 19 * 400

KEEP, BEFORE, AFTER, SKIP = "keep", "before", "after", "skip"
ON_HOLIDAY = (KEEP, BEFORE, AFTER, SKIP)
SCHEDULED, COMPLETED = "scheduled", "completed"
COUNTS_FROM = (SCHEDULED, COMPLETED)

# Why a date is what it is; the words are `plan.reason_<…>`.
PLANNED, EXTRA, MOVED, KEPT, LIMITED, SKIPPED, MERGED = (
    "planned", "extra", "moved", "kept", "limited", "skipped", "merged",
)  # fmt: skip
REASONS = (PLANNED, EXTRA, MOVED, KEPT, LIMITED, SKIPPED, MERGED)


class NotARule(Invalid):
    """{rule} is no rule that can be used. Write it like FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"""


class NeverDue(NotARule):
    """No date is left in six years. Look at the rule, the season and the dates left out."""


class FarDay(Invalid):
    """{field}: {day} is too far away. Days from {first} to {last} can be planned."""


class OutOfBounds(Invalid):
    """{field}: a number from {low} to {high} is needed."""


class TooSeldom(Invalid):
    """Between {first} and {second} lie more than the {limit} days that are allowed. Let it come more often."""


class NotStatutory(Invalid):
    """What must be done every {limit} days cannot skip days, rest for a season or wait for the last one to be done."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often. `rule`: an RRULE, empty for extra dates alone. `months`: the season, empty for the whole year.

    `lead_days`: how long before its date the ticket is made; `tolerance_days`: how long after it is still in time.
    `limit_days`: the most days that may lie between two dates by law; 0 for none.
    """

    rule: str = ""
    starts_on: date = date(2026, 1, 1)
    hour: time = time(8)
    extra: tuple[date, ...] = ()
    left_out: tuple[date, ...] = ()
    months: tuple[int, ...] = ()
    on_holiday: str = KEEP
    counts_from: str = SCHEDULED
    lead_days: int = 0
    tolerance_days: int = 0
    limit_days: int = 0


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a plan stands: the last date of its rule that was decided, and the last day on which work fell."""

    planned: date | None = None
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Date:
    """One date. `why`: what the planned day is where that moved it, `name`: the holiday's.

    `is_known`: False where nobody knows yet what days of that year are off.
    """

    on: date
    planned_on: date
    reason: str
    why: str = ""
    name: str = ""
    is_known: bool = True

    @property
    def is_skipped(self) -> bool:
        return self.reason in (SKIPPED, MERGED)

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.planned_on, self.on)

    def facts(self) -> dict[str, Any]:
        """For the trace. The name that an administrator gave a day stays in the settings: they are free words."""
        on = self.planned_on if self.is_skipped else self.on
        is_public = self.name and self.why != holidays.OVERRIDE
        told = {"on": on.isoformat(), "planned_on": self.planned_on.isoformat(), "reason": self.reason}
        return told | ({"why": self.why} if self.why else {}) | ({"holiday": self.name} if is_public else {})


def check(rhythm: Rhythm) -> None:
    """Errors: Invalid, FarDay, OutOfBounds, NotARule, NeverDue, NotStatutory, TooSeldom; each names its `field`."""
    for problem in problems(rhythm):
        raise problem
    if (rhythm.rule or rhythm.extra) and not _tried(rhythm):
        raise NeverDue(rule=rhythm.rule, field="field.rhythm")
    if rhythm.limit_days:
        _check_limit(rhythm)


def problems(rhythm: Rhythm) -> Iterator[Invalid]:
    """What is wrong with single values, each by itself."""
    for name, known in (("on_holiday", ON_HOLIDAY), ("counts_from", COUNTS_FROM)):
        if getattr(rhythm, name) not in known:
            yield Invalid(field=f"plan.{name}")
    for name, days in (("starts_on", (rhythm.starts_on,)), ("extra", rhythm.extra)):
        for day in days:
            if not FIRST <= day <= LAST:
                yield FarDay(field=f"plan.{name}", day=day.isoformat(), first=FIRST.isoformat(), last=LAST.isoformat())
    for name, most in MOST_DAYS.items():
        if not 0 <= getattr(rhythm, name) <= most:
            yield OutOfBounds(field=f"plan.{name}", low=0, high=most)
    if not all(1 <= month <= 12 for month in rhythm.months):
        yield OutOfBounds(field="field.months", low=1, high=12)


def _tried(rhythm: Rhythm) -> list[date]:
    """The dates of the first years: a rule may break at a later one than its first."""
    latest = rhythm.starts_on + HORIZON
    return list(takewhile(lambda day: day <= latest, planned(rhythm, None)))


def _check_limit(rhythm: Rhythm) -> None:
    loose = {
        "plan.on_holiday": rhythm.on_holiday == SKIP, "plan.counts_from": rhythm.counts_from == COMPLETED,
        "field.months": bool(rhythm.months),
    }  # fmt: skip
    for field, is_loose in loose.items():
        if is_loose:
            raise NotStatutory(limit=rhythm.limit_days, field=field)
    for first, second in pairwise(islice(planned(rhythm, None), 800)):
        if (second - first).days > rhythm.limit_days:
            days = {"first": first.isoformat(), "second": second.isoformat()}
            raise TooSeldom(**days, limit=rhythm.limit_days, field="field.rhythm")


def planned(rhythm: Rhythm, after: date | None) -> Iterator[date]:
    """The dates of the rule with those added and without those left out, in order, in the season."""
    extra = sorted({day for day in rhythm.extra if day >= rhythm.starts_on})
    last = after or rhythm.starts_on
    for day in _merged(_ruled(rhythm, after), extra):
        if day - last > HORIZON:  # the season may leave out all that the rule gives
            return
        is_new = (after is None or day > after) and day not in rhythm.left_out
        if is_new and (not rhythm.months or day.month in rhythm.months):
            last = day
            yield day


def _ruled(rhythm: Rhythm, after: date | None) -> Iterator[date]:
    """The dates of the rule after one, or from the first."""
    if not rhythm.rule:
        return
    try:
        for moment in _parsed(rhythm.rule, _begins(rhythm, after)):
            day = moment.date().replace(year=moment.year - AHEAD)
            if after is None or day > after:
                yield day
    except BROKEN:
        raise NotARule(rule=rhythm.rule) from None


def _begins(rhythm: Rhythm, after: date | None) -> date:
    """Where counting begins. One by days or weeks is taken up near the cursor, whole intervals from its first."""
    said = dict(part.partition("=")[::2] for part in rhythm.rule.split(";"))
    days, interval = STEPS.get(said.get("FREQ", ""), 0), said.get("INTERVAL", "1")
    if after is None or not days or "COUNT" in said or not interval.isdecimal():
        return rhythm.starts_on
    step = days * max(int(interval), 1)
    passed = (after - rhythm.starts_on).days // step - 1  # a week that is begun in its middle is over by the cursor
    return rhythm.starts_on + DAY * step * max(passed, 0)


def _parsed(text: str, starts_on: date) -> rrule:
    """The rule from its first date on, AHEAD years later. Only dates can recur: hours belong to the plan."""
    parts = text.split(";")
    is_plain = len(text) <= LONGEST_RULE and all(PARTS.fullmatch(part) for part in parts)
    said = dict(part.split("=") for part in parts) if is_plain else {}
    if not FREQUENCY.search(text) or len(said) < len(parts):
        raise NotARule(rule=text[:LONGEST_RULE])
    try:
        is_possible = _is_possible(said)
        rule = rrulestr(text, dtstart=_ahead(datetime.combine(starts_on, time())))
    except BROKEN:
        raise NotARule(rule=text[:LONGEST_RULE]) from None
    if not is_possible:
        raise NotARule(rule=text[:LONGEST_RULE])
    assert isinstance(rule, rrule)
    until = getattr(rule, "_until", None)
    return rule.replace(until=_ahead(until)) if until else rule


def _ahead(moment: datetime) -> datetime:
    """The same day of a later cycle of the calendar, or the last of all."""
    year = moment.year + AHEAD
    return moment.replace(year=year) if year <= MAXYEAR else datetime.combine(date.max, time())


def _is_possible(said: Mapping[str, str]) -> bool:
    """Whether a month and a year have what a rule counts: a ninth Monday of a month is none."""
    is_of_month = said["FREQ"] == "MONTHLY" or "BYMONTH" in said
    weekdays = [int(number) for number in re.findall(r"[+-]?\d+", said.get("BYDAY", ""))]
    numbers = [(int(number), most) for name, most in MOST.items() if name in said for number in said[name].split(",")]
    numbers += [(number, MOST_OF_MONTH if is_of_month else MOST_OF_YEAR) for number in weekdays]
    return all(1 <= abs(number) <= most for number, most in numbers)


def _merged(ruled: Iterator[date], extra: Sequence[date]) -> Iterator[date]:
    """Both in order, each day once."""
    left = list(extra)
    for day in ruled:
        while left and left[0] < day:
            yield left.pop(0)
        if left and left[0] == day:
            left.pop(0)
        yield day
    yield from left


def walk(rhythm: Rhythm, calendar: Calendar, cursor: Cursor) -> Iterator[Date]:
    """The dates after a cursor, also those that are skipped, each with its reason. Two never fall on one day."""
    last = cursor.on
    for day in planned(rhythm, cursor.planned):
        found = _decided(rhythm, calendar, day, last)
        if last is not None and found.on <= last and not found.is_skipped:
            found = replace(found, on=last, reason=MERGED)
        if not found.is_skipped:
            last = found.on
        yield found if not found.is_skipped else replace(found, on=last or found.on)


def _decided(rhythm: Rhythm, calendar: Calendar, day: date, last: date | None) -> Date:
    """A planned day in the light of the calendar; then of the law, which no holiday stands above."""
    found = _moved(rhythm, calendar, day)
    if not rhythm.limit_days or last is None or (latest := last + DAY * rhythm.limit_days) >= found.on:
        return found
    earlier = _near(calendar, latest, -1)
    return replace(found, on=earlier if earlier and earlier > last else latest, reason=LIMITED)


def _moved(rhythm: Rhythm, calendar: Calendar, day: date) -> Date:
    kind = calendar.day(day)
    plain = EXTRA if day in rhythm.extra else PLANNED
    if calendar.is_worked(day):
        return Date(day, day, plain, is_known=kind.is_known)
    why, name = (kind.why, kind.name) if kind.is_off else (holidays.WEEKEND, "")
    found = Date(day, day, KEPT, why, name, kind.is_known)
    if rhythm.on_holiday == SKIP:
        return replace(found, reason=SKIPPED)
    if rhythm.on_holiday == KEEP:
        return found
    there = _near(calendar, day, -1 if rhythm.on_holiday == BEFORE else 1)
    if there is None or there < rhythm.starts_on:
        return found
    return replace(found, on=there, reason=MOVED)


def _near(calendar: Calendar, day: date, step: int) -> date | None:
    try:
        return calendar.near(day, step)
    except NeverWorked:
        return None


def completed(rhythm: Rhythm, on: date) -> tuple[Rhythm, Cursor]:
    """The rhythm as it goes on from the day on which the last work was done."""
    return replace(rhythm, starts_on=on), Cursor(on, on)


def of(said: dict[str, Any]) -> Rhythm:
    """A rhythm as a plan keeps it."""
    extra, left_out = (tuple(date.fromisoformat(day) for day in said.get(name, ())) for name in ("extra", "left_out"))
    lead, tolerance, limit = (int(said.get(f"{name}_days", 0)) for name in ("lead", "tolerance", "limit"))
    return Rhythm(
        said.get("rule", ""), date.fromisoformat(said["starts_on"]), time.fromisoformat(said.get("hour", "08:00")),
        extra, left_out, tuple(said.get("months", ())), said.get("on_holiday", KEEP),
        said.get("counts_from", SCHEDULED), lead, tolerance, limit,
    )  # fmt: skip


def told(rhythm: Rhythm) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "rule": rhythm.rule, "starts_on": rhythm.starts_on.isoformat(), "hour": f"{rhythm.hour:%H:%M}",
        "extra": [day.isoformat() for day in rhythm.extra], "left_out": [day.isoformat() for day in rhythm.left_out],
        "months": list(rhythm.months), "on_holiday": rhythm.on_holiday, "counts_from": rhythm.counts_from,
        "lead_days": rhythm.lead_days, "tolerance_days": rhythm.tolerance_days, "limit_days": rhythm.limit_days,
    }  # fmt: skip
