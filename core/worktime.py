"""Working time: which hours of which days are worked, how far a stretch of it reaches, and how much lies between.

Pure: a Calendar is a value. Local hours become instants in `core.calendars` alone, so an hour that the clock skips is
not worked and one that it repeats is worked once more, as the clock on the wall has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from core import calendars, holidays
from core.errors import Invalid
from core.holidays import OVERRIDE, Day

Span = tuple[str, str]  # local times "09:00", "18:00"; "24:00" is the end of the day
NONE = timedelta()
DAY = timedelta(days=1)
FARTHEST = 366 * 3  # days without any working time until one says so
LONGEST = 366 * 5  # days that a stretch of working time may reach over: one minute a week would take it to other ages
OFFICE: tuple[Span, ...] = (("09:00", "18:00"),)
WEEK = (OFFICE,) * 5 + ((), ())
MONDAY = 0


class NeverWorked(Invalid):
    """This calendar has no working time after {day}, or too little."""


@dataclass(frozen=True, slots=True)
class Override:
    """What an administrator has said about a day. `hours`: empty for those of its weekday; at a weekend of Monday."""

    is_off: bool
    name: str = ""
    hours: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Calendar:
    """The working time of a site or a team. `hours`: the spans of Monday to Sunday."""

    zone: str = "UTC"
    country: str = ""
    region: str = ""
    hours: tuple[tuple[Span, ...], ...] = WEEK
    overrides: Mapping[date, Override] = field(default_factory=dict)

    def day(self, day: date) -> Day:
        """What a day is, and why."""
        own = self.overrides.get(day)
        found = holidays.day_of(self.country, self.region, day)
        if own is None:
            return found
        return Day(own.is_off, OVERRIDE, own.name or found.name)

    def is_worked(self, day: date) -> bool:
        return bool(self.spans(day))

    def spans(self, day: date) -> list[tuple[datetime, datetime]]:
        """The stretches of a local day that are worked, as instants in order."""
        found = [(self._instant(day, begins), self._instant(day, ends)) for begins, ends in self._hours(day)]
        return [(begins, ends) for begins, ends in found if begins < ends]

    def is_open(self, moment: datetime) -> bool:
        """Whether it is working time."""
        return any(begins <= moment < ends for begins, ends in self.spans(calendars.local_day(moment, self.zone)))

    def opens(self, moment: datetime) -> datetime:
        """The moment itself in working time, else the next one that is. Errors: NeverWorked."""
        return next(max(begins, moment) for begins, _ in self._from(moment))

    def add(self, start: datetime, length: timedelta) -> datetime:
        """When so much working time has passed since the start. Errors: NeverWorked."""
        if length <= NONE:
            return start
        rest = length
        for begins, ends in self._from(start):
            begins = max(begins, start)  # noqa: PLW2901 - the stretch that the start lies in
            if ends - begins >= rest:
                return begins + rest
            rest -= ends - begins
        raise AssertionError("working time does not end")

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much working time lies between two moments."""
        passed, day = NONE, calendars.local_day(start, self.zone)
        last = calendars.local_day(end, self.zone)
        while day <= last:
            passed += sum((max(min(e, end) - max(b, start), NONE) for b, e in self.spans(day)), NONE)
            day += DAY
        return passed

    def near(self, day: date, step: int) -> date:
        """The day itself where it is worked, else the nearest that is: after it (1) or before it (-1)."""
        for _ in range(FARTHEST):
            if self.is_worked(day):
                return day
            day += DAY * step
        raise NeverWorked(day=day.isoformat())

    def unpublished(self, first: date, last: date) -> list[int]:
        """The years between two days whose days off nobody knows yet."""
        years = range(first.year, last.year + 1)
        return [year for year in years if not holidays.is_published(self.country, year)]

    def _from(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The stretches of working time that end after a moment, for some years. Errors: NeverWorked."""
        day, idle = calendars.local_day(moment, self.zone), 0
        for _ in range(LONGEST):
            found = [(begins, ends) for begins, ends in self.spans(day) if ends > moment]
            yield from found
            idle, day = 0 if found else idle + 1, day + DAY
            if idle == FARTHEST:
                break
        raise NeverWorked(day=calendars.local_day(moment, self.zone).isoformat())

    def _hours(self, day: date) -> tuple[Span, ...]:
        own = self.overrides.get(day)
        if own is not None and own.hours and not own.is_off:
            return own.hours
        kind = self.day(day)
        if kind.is_off and kind.why != holidays.WEEKEND:
            return ()
        is_moved = not kind.is_off and day.weekday() >= holidays.SATURDAY
        return self.hours[MONDAY] if is_moved else self.hours[day.weekday()]

    def _instant(self, day: date, at: str) -> datetime:
        if at == "24:00":
            return calendars.instant(day + DAY, time(0), self.zone)
        return calendars.instant(day, time.fromisoformat(at), self.zone)


ALWAYS = Calendar("UTC", hours=((("00:00", "24:00"),),) * 7)


def of(settings: Mapping[str, Any], zone: str, team: str = "") -> Calendar:
    """The calendar of a site as its settings have it, or of one of its teams that keeps hours of its own."""
    own: Mapping[str, Any] = settings.get("calendar", {})
    hours = own.get("teams", {}).get(team) or own.get("hours")
    return Calendar(
        zone, own.get("country", ""), own.get("region", ""), _week(hours) if hours else WEEK,
        {date.fromisoformat(day): _override(said) for day, said in own.get("days", {}).items()},
    )  # fmt: skip


def _week(hours: Any) -> tuple[tuple[Span, ...], ...]:
    return tuple(tuple((begins, ends) for begins, ends in spans) for spans in hours)


def _override(said: Mapping[str, Any]) -> Override:
    hours = tuple((begins, ends) for begins, ends in said.get("hours", ()))
    return Override(bool(said.get("off")), str(said.get("name", "")), hours)
