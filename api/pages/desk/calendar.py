"""The calendar of a site at the desk: country, hours, single days, and a year at a glance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby
from typing import Annotated, Any

from fastapi import Depends
from fastapi.responses import HTMLResponse, Response

from api.deps import Db, WriteDb
from api.pages._posting import Form, Posted, see_other
from api.pages.desk import _worked
from api.pages.desk._frame import At, Frame, at, section
from api.subjects import as_id
from core import calendars, clock, holidays, i18n, people
from core.database import Session
from core.errors import GongdanError, Invalid
from core.i18n import translate
from core.upkeep import calendar
from core.worktime import WEEK, Calendar

ROLES = ("admin",)
router = section("calendar", order=71, icon="calendar", roles=ROLES)
Here = Annotated[At, Depends(at(*ROLES))]
EARLIEST, LATEST = 2004, 2099


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of the year. `mark`: its kind in a letter or two, because colour alone tells nobody."""

    number: str
    kind: str
    mark: str
    title: str


@dataclass(frozen=True, slots=True)
class Month:
    """`weeks`: seven cells each, None where the month has no such day. `notes`: what is special, in words."""

    name: str
    weeks: list[list[Cell | None]]
    notes: list[str]


@dataclass(frozen=True, slots=True)
class Override:
    day: str
    text: str


@dataclass(frozen=True, slots=True)
class CalendarPage:
    frame: Frame
    year: int
    earlier: str
    later: str
    months: list[Month]
    warnings: list[str]
    weekdays: list[tuple[str, str]]
    countries: list[tuple[str, str]]
    regions: list[tuple[str, str]]
    country: str
    region: str
    suggested: str
    hours: list[str]
    teams: list[tuple[str, str]]
    team: str
    team_hours: list[str]
    own: list[str]
    days: list[Override]
    values: dict[str, str] = field(default_factory=dict)
    error: str = ""
    is_saved: bool = False


@router.get("")
def show(here: Here, db: Db, year: str = "", team: str = "", saved: str = "") -> HTMLResponse:
    return here.page("desk_calendar.html", _page(here, db, year, team, is_saved=bool(saved)))


@router.post("/country")
def settle(here: Here, db: WriteDb, form: Form) -> Response:
    country, region = form.one("country"), form.one("region")
    known = holidays.countries().get(country, ())
    kept = region if region in known else ""
    return _saved(
        here, db, form, lambda: calendar.set_country(db, here.site.id, country, kept, here.person_id, clock.now())
    )


@router.post("/hours")
def open_at(here: Here, db: WriteDb, form: Form) -> Response:
    """The hours of the site, or of the team that the form names."""
    week, team = [form.one(f"day-{day}") for day in range(7)], as_id(form.one("team"))
    if team is None:
        return _saved(here, db, form, lambda: calendar.set_hours(db, here.site.id, week, here.person_id, clock.now()))
    return _saved(
        here, db, form,
        lambda: calendar.set_team_hours(db, here.site.id, team, week, here.person_id, clock.now()),
    )  # fmt: skip


@router.post("/days")
def overrule(here: Here, db: WriteDb, form: Form) -> Response:
    """Say what a day is, or take that back."""

    def work() -> None:
        said = {"off": form.one("kind") != "worked", "name": form.one("name"), "hours": form.one("hours")}
        chosen = None if form.one("do") == "forget" else said
        calendar.set_day(db, here.site.id, _day(form.one("day")), chosen, here.person_id, clock.now())

    return _saved(here, db, form, work)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(field="field.day") from None


def _saved(here: At, db: Session, form: Posted, work: Callable[[], None]) -> Response:
    year, team = form.one("year"), form.one("team")
    try:
        with db.begin_nested():
            work()
    except GongdanError as error:
        return here.page("desk_calendar.html", _page(here, db, year, team, form.last, error), error)
    return see_other(here.link("/desk/calendar", year=year, team=team, saved="1"))


def _page(
    here: At, db: Session, year: str, team: str, values: dict[str, str] | None = None,
    error: GongdanError | None = None, *, is_saved: bool = False,
) -> CalendarPage:  # fmt: skip
    today = calendars.local_day(clock.now(), here.site.timezone)
    shown = int(year) if year.isdecimal() and EARLIEST <= int(year) <= LATEST else today.year
    said, site_calendar = calendar.values_of(db, here.site.id), calendar.of_site(db, here.site.id)
    teams = {str(one.id): one.name for one in people.teams_of(db, here.site.id)}
    chosen = team if team in teams else next(iter(teams), "")
    typed = values or {}
    return CalendarPage(
        here.frame("calendar"), shown, _year_link(here, shown - 1), _year_link(here, shown + 1),
        [_month(site_calendar, shown, number, here.locale) for number in range(1, 13)],
        _warnings(here, db, site_calendar, shown), [(str(d), translate(f"weekday.{d}", here.locale)) for d in range(7)],
        [("", translate("desk_calendar.no_country", here.locale)), *_countries(here.locale)],
        [("", translate("desk_calendar.no_region", here.locale)), *_regions(said["country"])], said["country"],
        said["region"], _suggested(here, said["country"]),
        _hours(said["hours"] or WEEK, typed, is_meant="team" not in typed),
        list(teams.items()), chosen, _hours(said["teams"].get(chosen, []), typed, is_meant="team" in typed),
        [name for key, name in teams.items() if key in said["teams"]],
        [_override(here, key, kept) for key, kept in said["days"].items()], typed,
        i18n.explain(error, here.locale) if error else "", is_saved,
    )  # fmt: skip


def _hours(week: Any, typed: dict[str, str], *, is_meant: bool) -> list[str]:
    """The hours of each weekday as text; what was typed in this form stays."""
    kept = [calendar.written(spans) for spans in week] or [""] * 7
    return [typed.get(f"day-{day}", text) if is_meant else text for day, text in enumerate(kept)]


def _countries(locale: str) -> list[tuple[str, str]]:
    """Every country, in the order of its name."""
    named = [(code, i18n.country(code, locale)) for code in holidays.countries()]
    return sorted(named, key=lambda one: one[1])


def _suggested(here: At, country: str) -> str:
    """The country of the site's time zone by its name, where another one is set or none."""
    found = calendar.suggested(here.site.timezone)
    return i18n.country(found, here.locale) if found and found != country else ""


def _regions(country: str) -> list[tuple[str, str]]:
    return [(region, region) for region in holidays.countries().get(country, ())]


def _year_link(here: At, year: int) -> str:
    return here.link("/desk/calendar", year=str(year)) if EARLIEST <= year <= LATEST else ""


def _warnings(here: At, db: Session, site_calendar: Calendar, shown: int) -> list[str]:
    """The years that nobody has published: those that are needed soon, and the one that is looked at."""
    years = {one.year for one in calendar.unpublished(db, clock.now()) if one.site_id == here.site.id}
    years |= set(site_calendar.unpublished(date(shown, 1, 1), date(shown, 12, 31)))
    said = [translate("desk_calendar.unpublished", here.locale, year=year) for year in sorted(years)]
    return said if site_calendar.country else [translate("desk_calendar.undecided", here.locale), *said]


def _month(site_calendar: Calendar, year: int, number: int, locale: str) -> Month:
    first = date(year, number, 1)
    days = [first + timedelta(days=at) for at in range(31) if (first + timedelta(days=at)).month == number]
    found = [(day, _cell(site_calendar, day, locale)) for day in days]
    cells: list[Cell | None] = [None] * first.weekday() + [cell for _, cell in found]
    cells += [None] * (-len(cells) % 7)
    name = translate("desk_calendar.month", locale, month=f"{number:02d}", year=year)
    return Month(name, [cells[at : at + 7] for at in range(0, len(cells), 7)], _notes(found))


def _notes(found: list[tuple[date, Cell]]) -> list[str]:
    """What is special in words, days in a row of the same kind in one line."""
    stretches = [list(stretch) for _, stretch in groupby(found, key=lambda one: (one[1].mark, one[1].title))]
    marked = [stretch for stretch in stretches if stretch[0][1].mark]
    return [f"{_stretch(stretch[0][0], stretch[-1][0])} {stretch[0][1].title}" for stretch in marked]


def _stretch(first: date, last: date) -> str:
    return f"{first:%m-%d}" if first == last else f"{first:%m-%d}–{last:%m-%d}"


def _cell(site_calendar: Calendar, day: date, locale: str) -> Cell:
    """A plain working day or weekend has no mark."""
    found = site_calendar.day(day)
    kind = found.why if found.why != holidays.OVERRIDE else "own_off" if found.is_off else "own_worked"
    is_plain = kind in (holidays.WEEKDAY, holidays.WEEKEND)
    mark = "" if is_plain else translate(f"desk_calendar.mark_{kind}", locale)
    said = f"{translate(f'desk_calendar.{kind}', locale)} {holidays.spoken(found.name, locale)}"
    return Cell(str(day.day), kind, mark, said.strip())


def _override(here: At, key: str, kept: dict[str, Any]) -> Override:
    return Override(key, _worked.of_day(kept, here.locale))
