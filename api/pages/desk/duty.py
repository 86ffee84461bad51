"""The roster at the desk: a week of shifts and of who is on call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Depends
from fastapi.responses import HTMLResponse, Response

from api.deps import Db, WriteDb
from api.pages._posting import Form, Posted, see_other
from api.pages.desk._frame import At, Frame, at, section
from api.subjects import as_id
from core import calendars, clock, i18n, people
from core.database import Session
from core.errors import GongdanError, Invalid, Missing
from core.i18n import translate
from core.upkeep import duty
from core.upkeep.duty import KINDS, WEEK, Entry, Plan

ROLES = ("supervisor", "admin")
router = section("duty", order=37, icon="calendar", roles=ROLES)
Here = Annotated[At, Depends(at(*ROLES))]
LONG = timedelta(hours=24)
BLANK = {"who": "", "kind": "on_call", "team": "", "first": "", "begins": "18:00", "ends": "08:00", "weeks": "1"}


@dataclass(frozen=True, slots=True)
class Turn:
    """A duty in the week: who, from when to when in local time, for which team. `is_now`: it is running."""

    id: str
    name: str
    kind: str
    span: str
    team: str
    is_now: bool


@dataclass(frozen=True, slots=True)
class Day:
    name: str
    date: str
    is_today: bool
    turns: list[Turn]


@dataclass(frozen=True, slots=True)
class DutyPage:
    frame: Frame
    days: list[Day]
    monday: str
    earlier: str
    later: str
    on_call: list[str]
    staff: list[tuple[str, str]]
    kinds: list[tuple[str, str]]
    teams: list[tuple[str, str]]
    weekdays: list[tuple[str, str]]
    values: dict[str, str]
    chosen: list[str]
    error: str
    field: str
    done: str


@router.get("")
def index(here: Here, db: Db, week: str = "", done: str = "") -> HTMLResponse:
    return here.page("desk_duty.html", _page(here, db, week, {}, [], done=done))


@router.post("")
def add(here: Here, db: WriteDb, form: Form) -> Response:
    """Put somebody on duty, once or for some weeks."""
    try:
        with db.begin_nested():
            plan = _plan(form)
            count = duty.add(db, here.site.id, here.site.timezone, plan, here.person_id, clock.now())
    except GongdanError as error:
        return here.page(
            "desk_duty.html", _page(here, db, form.one("first"), form.last, form.many("day"), error), error
        )
    return see_other(here.link("/desk/duty", week=plan.first.isoformat(), done=str(count)))


@router.post("/{duty_id}/remove")
def remove(duty_id: UUID, here: Here, db: WriteDb, form: Form) -> Response:
    duty.remove(db, here.site.id, duty_id, here.person_id, clock.now())
    return see_other(here.link("/desk/duty", week=form.one("week")))


def _plan(form: Posted) -> Plan:
    person_id = as_id(form.one("who"))
    if person_id is None:
        raise Missing(field="field.person")
    try:
        first = date.fromisoformat(form.one("first"))
        begins, ends = (time.fromisoformat(form.one(name)) for name in ("begins", "ends"))
        weeks, days = int(form.one("weeks") or "1"), tuple(int(day) for day in form.many("day"))
    except ValueError:
        raise Invalid(field="field.time") from None
    days = days or (first.weekday(),)
    return Plan(person_id, form.one("kind"), first, days, weeks, begins, ends, _team(form))


def _team(form: Posted) -> UUID | None:
    said, found = form.one("team"), as_id(form.one("team"))
    if said and found is None:
        raise Invalid(field="word.team")
    return found


def _page(
    here: At, db: Session, week: str, values: dict[str, str], chosen: list[str], error: GongdanError | None = None,
    done: str = "",
) -> DutyPage:  # fmt: skip
    now, zone = clock.now(), here.site.timezone
    today = calendars.local_day(now, zone)
    first = _day(week) or today
    monday = first - timedelta(days=first.weekday())
    duties = duty.week(db, here.site.id, zone, monday)
    names = {person.id: person.name for person, _ in people.staff_of(db, here.site.id)}
    return DutyPage(
        here.frame("duty"), [_of_day(here, monday + timedelta(days=at), turns, now) for at, turns in enumerate(duties)],
        monday.isoformat(), _week(here, monday - WEEK), _week(here, monday + WEEK),
        _on_call(here, db, names, now),
        [(str(key), name) for key, name in names.items()],
        [(kind, translate(f"desk_duty.{kind}", here.locale)) for kind in KINDS],
        _teams(here, db),
        [(str(day), translate(f"weekday.{day}", here.locale)) for day in range(7)],
        BLANK | {"first": first.isoformat()} | values, chosen, i18n.explain(error, here.locale) if error else "",
        str(error.facts.get("field", "")).removeprefix("field.") if error else "", done,
    )  # fmt: skip


def _on_call(here: At, db: Session, names: dict[UUID, str], now: datetime) -> list[str]:
    """Who is on call now, each with the team that it is for."""
    teams = {team.id: team.name for team in people.teams_of(db, here.site.id)}
    duties = [one for one in calendars.running(db, here.site.id, now) if one.person_id in names]
    return [
        translate("desk_duty.for_team", here.locale, name=names[one.person_id], team=teams[one.team_id])
        if one.team_id in teams else names[one.person_id]
        for one in duties
    ]  # fmt: skip


def _teams(here: At, db: Session) -> list[tuple[str, str]]:
    """What a duty can be for; nothing to choose where there are no teams."""
    found = [(str(team.id), team.name) for team in people.teams_of(db, here.site.id)]
    return [("", translate("desk_duty.whole_site", here.locale)), *found] if found else []


def _week(here: At, monday: date) -> str:
    return here.link("/desk/duty", week=monday.isoformat())


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _of_day(here: At, day: date, turns: list[Entry], now: datetime) -> Day:
    zone = ZoneInfo(here.site.timezone)

    def clocked(moment: datetime, *, with_day: bool = False) -> str:
        return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M" if with_day else "%H:%M")

    def spanned(one: Entry) -> str:
        return f"{clocked(one.starts_at)}–{clocked(one.ends_at, with_day=one.ends_at - one.starts_at > LONG)}"

    shown = [
        Turn(str(one.id), one.name, one.kind, spanned(one), one.team, is_now=one.starts_at <= now < one.ends_at)
        for one in turns
    ]
    is_today = day == calendars.local_day(now, here.site.timezone)
    return Day(translate(f"weekday.{day.weekday()}", here.locale), f"{day:%m-%d}", is_today, shown)
