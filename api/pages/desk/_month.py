"""A month of plans as whole weeks: what was done, missed and passed over, what is open and what is to come."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from api.pages.desk import _dates
from api.pages.desk._frame import At, Frame
from api.subjects import as_id
from assets.plans import months, planning
from assets.plans.months import Asked, Entry
from core import calendars, clock, holidays, people, places, worktime
from core.database import Session
from core.i18n import translate
from core.worktime import Calendar

EARLIEST, LATEST = 2004, 2099
AT_ONCE = 6  # lines of a day that stand open
DAY, WEEK = timedelta(days=1), timedelta(days=7)
ICONS = {
    months.DONE: "check", months.LATE: "clock", months.MISSED: "alert", months.SKIPPED: "cross", months.OPEN: "wrench",
    months.COMING: "calendar",
}  # fmt: skip
TONES = {
    months.DONE: "done", months.LATE: "mend", months.MISSED: "mend", months.SKIPPED: "hold", months.OPEN: "work",
    months.COMING: "new",
}  # fmt: skip
Options = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Line:
    """A date of a plan on its day. `more`: how many things it is about, and why it is as it is."""

    plan: str
    state: str
    word: str
    icon: str
    tone: str
    href: str
    more: str


@dataclass(frozen=True, slots=True)
class Day:
    """`kind`: of the site's calendar, with its mark and its name in words. `rest`: what does not stand open."""

    name: str
    date: str
    is_today: bool
    is_inside: bool
    kind: str
    holiday: str
    lines: list[Line]
    rest: list[Line]


@dataclass(frozen=True, slots=True)
class MonthPage:
    """`totals`: how many dates of the month are in each state: word, icon, tone, number."""

    frame: Frame
    title: str
    month: str
    earlier: str
    later: str
    weeks: list[list[Day]]
    totals: list[tuple[str, str, str, int]]
    plans: Options
    places: Options
    teams: Options
    chosen: dict[str, str]
    is_cut: bool


def page(here: At, db: Session, month: str, chosen: dict[str, str]) -> MonthPage:
    now = clock.now()
    today = calendars.local_day(now, here.site.timezone)
    first = _first(month, today)
    last = _next(first) - DAY
    begins, ends = first - DAY * first.weekday(), last + DAY * (6 - last.weekday())
    wanted = {name: as_id(value) for name, value in chosen.items()}
    found = months.month(db, here.site, Asked(begins, ends, wanted["plan"], wanted["place"], wanted["team"]), now)
    calendar = worktime.of(here.site.settings, here.site.timezone)
    days = [
        _day(here, calendar, begins + DAY * at, first, today, found.entries) for at in range((ends - begins).days + 1)
    ]
    inside = [one for one in found.entries if first <= one.day <= last]
    return MonthPage(
        here.frame("plans"), translate("desk_calendar.month", here.locale, month=f"{first:%m}", year=first.year),
        f"{first:%Y-%m}", _link(here, first - DAY, chosen), _link(here, last + DAY, chosen),
        [days[at : at + 7] for at in range(0, len(days), 7)], _totals(inside, here.locale),
        *_options(here, db), chosen, found.is_cut,
    )  # fmt: skip


def _first(month: str, today: date) -> date:
    """The first day of the month that the address names; of this one where it names none."""
    try:
        found = date.fromisoformat(f"{month}-01")
    except ValueError:
        return today.replace(day=1)
    return found if EARLIEST <= found.year <= LATEST else today.replace(day=1)


def _next(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _link(here: At, day: date, chosen: dict[str, str]) -> str:
    return here.link("/desk/plans/calendar", month=f"{day:%Y-%m}", **chosen) if EARLIEST <= day.year <= LATEST else ""


def _day(here: At, calendar: Calendar, day: date, first: date, today: date, entries: list[Entry]) -> Day:
    found = calendar.day(day)
    kind = found.why if found.why != holidays.OVERRIDE else "own_off" if found.is_off else "own_worked"
    is_plain = kind in (holidays.WEEKDAY, holidays.WEEKEND)
    word = "" if is_plain else translate(f"desk_calendar.{kind}", here.locale)
    lines = [_line(here, one) for one in entries if one.day == day]
    open_now = lines if len(lines) <= AT_ONCE + 1 else lines[:AT_ONCE]
    return Day(
        translate(f"weekday.{day.weekday()}", here.locale), f"{day:%m-%d}", day == today, day.month == first.month,
        kind, found.name or word, open_now, lines[len(open_now) :],
    )  # fmt: skip


def _line(here: At, one: Entry) -> Line:
    href = f"/t/{one.number}" if one.number else here.link(f"/desk/plans/{one.plan_id}")
    number = one.number or (translate("plan_month.things", here.locale, count=one.count) if one.count > 1 else "")
    late = translate("plan.late", here.locale) if one.is_late_made else ""
    known = "" if one.is_known else translate("plan.unpublished", here.locale)
    more = " \u00b7 ".join(filter(None, (number, because(one, here.locale), late, known)))
    return Line(one.plan, one.state, _word(one.state, here.locale), ICONS[one.state], TONES[one.state], href, more)


def because(one: Entry, locale: str) -> str:
    """Why a date is not where its rule has it; nothing where it is, which a day off that was kept shows by itself."""
    if one.reason in ("", "planned", "kept"):
        return ""
    if one.reason == "cancelled":
        return translate("plan_month.cancelled", locale)
    if one.reason == "skipped":
        return _dates.short(one.why, one.name, locale)
    return _dates.why(one.reason, locale, on=one.day, planned_on=one.planned_on or one.day, kind=one.why, name=one.name)


def _word(state: str, locale: str) -> str:
    return translate(f"plan_month.{state}", locale)


def _totals(entries: list[Entry], locale: str) -> list[tuple[str, str, str, int]]:
    counts = Counter[str]()
    for one in entries:
        counts[one.state] += one.count
    return [
        (_word(state, locale), ICONS[state], TONES[state], counts[state]) for state in months.STATES if counts[state]
    ]


def _options(here: At, db: Session) -> tuple[Options, Options, Options]:
    blank = [("", translate("desk.any", here.locale))]
    plans = [(str(one.id), one.name) for one in sorted(planning.plans_of(db, here.site.id), key=lambda one: one.name)]
    tops = [(str(one.id), one.name) for one in places.tops(db, here.site.id)]
    teams = [(str(one.id), one.name) for one in people.teams_of(db, here.site.id)]
    return blank + plans, blank + tops, blank + teams
