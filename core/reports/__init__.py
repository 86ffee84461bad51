"""Managers' reports: facts of a site and a period in, figures out, and behind each figure its tickets.

A report is one file: what it reads, and a pure function that computes. So a figure can be tested without a database,
and nobody has to believe a number whose tickets they cannot see.

    @report("tickets", facts=stories)
    def tickets(facts: Stories) -> list[Figure]: ...
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from core import calendars, places, registry
from core.errors import Invalid, NotFound

Unit = Literal["tickets", "percent", "minutes", "stars", "surveys"]
MONTHS = re.compile(r"(?P<year>\d{4})(-(?P<month>0[1-9]|1[0-2])|-Q(?P<quarter>[1-4]))?", re.ASCII)
WEEK = re.compile(r"(?P<year>\d{4})-W(?P<week>\d{2})", re.ASCII)
FIRST_YEAR, LAST_YEAR = 1970, 9998


class BadPeriod(Invalid):
    """{period} is no period. Write a year, quarter, month or week: 2026, 2026-Q4, 2026-11 or 2026-W47."""


class UnknownReport(NotFound):
    """There is no report {name}. There are: {names}."""


@dataclass(frozen=True, slots=True)
class Period:
    """Whole local days as instants: from `starts_at` until just before `ends_at`."""

    name: str
    starts_at: datetime
    ends_at: datetime

    def __contains__(self, moment: datetime) -> bool:
        return self.starts_at <= moment < self.ends_at


@dataclass(frozen=True, slots=True)
class Scope:
    """What a report is about. `now`: what has not happened by then counts as not happened."""

    site: places.SiteFacts
    period: Period
    now: datetime


@dataclass(frozen=True, slots=True)
class Figure:
    """One number and the tickets it is made of. `value` is None where there is nothing to compute it from."""

    name: str
    value: float | None
    tickets: tuple[str, ...]
    unit: Unit = "tickets"


@dataclass(frozen=True, slots=True)
class Figures:
    """A report that was computed."""

    report: str
    scope: Scope
    figures: tuple[Figure, ...]


Facts = TypeVar("Facts")


@dataclass(frozen=True, slots=True)
class Report:
    """`facts` reads what is needed, `compute` is pure."""

    name: str
    facts: Callable[[Session, Scope], Any]
    compute: Callable[[Any], Iterable[Figure]]


REPORTS: registry.Registry[Report] = registry.Registry("report")


def report(
    name: str, *, facts: Callable[[Session, Scope], Facts]
) -> Callable[[Callable[[Facts], Iterable[Figure]]], Callable[[Facts], Iterable[Figure]]]:
    """Register a function that computes figures from facts."""

    def keep(compute: Callable[[Facts], Iterable[Figure]]) -> Callable[[Facts], Iterable[Figure]]:
        REPORTS.register(name)(Report(name, facts, compute))
        return compute

    return keep


def names() -> list[str]:
    """Every report that there is."""
    registry.load(__name__)
    return list(REPORTS)


def figures_of(session: Session, name: str, site_id: UUID, period: str, now: datetime) -> Figures:
    """Compute a report; an empty `period` is the last whole month. Errors: UnknownReport, BadPeriod."""
    if name not in names():
        raise UnknownReport(name=name, names=names())
    site = places.site_of(session, site_id)
    scope = Scope(site, period_of(period or last_month(now, site.timezone), site.timezone), now)
    found = REPORTS[name]
    return Figures(name, scope, tuple(found.compute(found.facts(session, scope))))


def counted(name: str, tickets: Iterable[str]) -> Figure:
    """How many tickets there are of a kind."""
    kept = tuple(tickets)
    return Figure(name, len(kept), kept)


def share(name: str, part: int, tickets: Iterable[str]) -> Figure:
    """How many in a hundred of some tickets; no number where there are none."""
    whole = tuple(tickets)
    return Figure(name, round(100 * part / len(whole), 1) if whole else None, whole, "percent")


def period_of(text: str, zone: str) -> Period:
    """`2026`, `2026-Q4`, `2026-11` or `2026-W47` in a site's time. Errors: BadPeriod."""
    try:
        first, after = _days(text)
    except ValueError:
        raise BadPeriod(period=text) from None
    begin, end = (calendars.instant(day, time(0), zone) for day in (first, after))
    return Period(text, begin, end)


def last_month(now: datetime, zone: str) -> str:
    first = calendars.local_day(now, zone).replace(day=1)
    return f"{first - timedelta(days=1):%Y-%m}"


def _days(text: str) -> tuple[date, date]:
    """The first day of a period and the first one after it. Raises ValueError."""
    if found := WEEK.fullmatch(text):
        first = date.fromisocalendar(_year(found), int(found["week"]), 1)
        return first, first + timedelta(days=7)
    found = MONTHS.fullmatch(text)
    if not found:
        raise ValueError(text)
    first_month, length = 1, 12
    if found["quarter"]:
        first_month, length = 3 * int(found["quarter"]) - 2, 3
    if found["month"]:
        first_month, length = int(found["month"]), 1
    year, month = _year(found), first_month + length
    return date(year, first_month, 1), date(year + (month > 12), month - 12 if month > 12 else month, 1)


def _year(found: re.Match[str]) -> int:
    year = int(found["year"])
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(year)
    return year
