"""The rules about deadlines at the desk: who may wait how long, what is told to whom, and a moment to try them on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Depends
from fastapi.responses import HTMLResponse, Response

from api.deps import Db, WriteDb
from api.pages._posting import Form, Posted, see_other, whole
from api.pages.desk._frame import At, Frame, at, section
from core import calendars, categories, clock, deadlines, i18n, people
from core.database import Session
from core.deadlines import CLOCKS, GOALS, TOLD, WEIGHTS, Matter, Rule, lasting
from core.errors import GongdanError, Invalid
from core.i18n import translate
from core.tickets.states import KINDS, PRIORITIES
from core.upkeep import deadlines as upkeep
from core.upkeep.deadlines import STOPS

ROLES = ("admin",)
router = section("deadlines", order=72, icon="clock", roles=ROLES)
Here = Annotated[At, Depends(at(*ROLES))]
NEW = "new"
FIRST_YEAR, LAST_YEAR = 2004, 2099  # of what can be tried
BLANK = {"clock": "working", "stops": [], "remind": "", "after-technician": "0", "after-supervisor": "15",
         "after-manager": "60"}  # fmt: skip
Choices = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Line:
    """A rule in words: what it matches, how long each goal may take, and the rest."""

    key: str
    matter: str
    limits: str
    more: str
    href: str


@dataclass(frozen=True, slots=True)
class DeadlinesPage:
    """`open`: the rule in the form, `new`, or nothing. `found`: the deadlines of the moment that was tried."""

    frame: Frame
    lines: list[Line]
    defaults: list[str]
    open: str
    values: dict[str, Any]
    choices: dict[str, Choices]
    clocks: Choices
    stops: Choices
    told: Choices
    goals: Choices
    trial: dict[str, str]
    found: list[str]
    error: str = ""
    field: str = ""
    is_saved: bool = False


@router.get("")
def show(here: Here, db: Db, open: str = "", saved: str = "") -> HTMLResponse:  # noqa: A002 - as the board calls it
    return here.page("desk_deadlines.html", _page(here, db, open, is_saved=bool(saved)))


@router.post("/{key}")
def save(key: str, here: Here, db: WriteDb, form: Form) -> Response:
    """Add or change a rule, or take it away."""
    rule = "" if key == NEW else key
    try:
        with db.begin_nested():
            if form.one("do") == "remove":
                upkeep.remove(db, here.site.id, rule, here.person_id, clock.now())
            else:
                upkeep.save(db, here.site.id, rule, _values(form), here.person_id, clock.now())
    except GongdanError as error:
        typed: dict[str, Any] = {**form.last, "stops": form.many("stops")}
        return here.page("desk_deadlines.html", _page(here, db, key, typed, error), error)
    return see_other(here.link("/desk/deadlines", saved="1"))


def _values(form: Posted) -> dict[str, Any]:
    """A rule as it was typed. Errors: Invalid for what is no number."""
    after = {tell: form.one(f"after-{tell}") for tell in TOLD}
    steps = [(_number(text, "steps"), tell) for tell, text in after.items() if text]
    remind = [_number(text, "remind") for text in re.split(r"\W+", form.one("remind")) if text]
    return {
        **{name: form.one(name) for name in WEIGHTS}, "clock": form.one("clock"), "stops": form.many("stops"),
        **{goal: _number(form.one(goal), goal) if form.one(goal) else 0 for goal in GOALS}, "remind": remind,
        "steps": steps,
    }  # fmt: skip


def _number(text: str, name: str) -> int:
    found = whole(text)
    if found is None:
        raise Invalid(field=f"field.{name}")
    return found


def _page(
    here: At, db: Session, chosen: str, typed: dict[str, Any] | None = None, error: GongdanError | None = None, *,
    is_saved: bool = False,
) -> DeadlinesPage:  # fmt: skip
    locale, rules = here.locale, upkeep.rules(db, here.site.id)
    named = _choices(here, db)
    shown = next((rule for rule in rules if rule.key == chosen), None)
    trial = _trial(here)
    return DeadlinesPage(
        here.frame("deadlines"), [_line(here, rule, named) for rule in rules],
        [_default(here, db, priority) for priority in PRIORITIES], chosen if shown or chosen == NEW else "",
        typed or (_filled(shown) if shown else dict(BLANK)), named,
        [(name, translate(f"desk_deadlines.{name}", locale)) for name in CLOCKS],
        [(name, translate(f"reason.{name}", locale)) for name in STOPS],
        [(name, translate(f"role.{name}", locale)) for name in TOLD],
        [(goal, translate(f"deadline.goal.{goal}", locale)) for goal in GOALS], trial, _found(here, db, trial),
        i18n.explain(error, locale) if error else "",
        str(error.facts.get("field", "")).removeprefix("field.") if error else "", is_saved,
    )  # fmt: skip


def _choices(here: At, db: Session) -> dict[str, Choices]:
    """What each field of a rule can name; the first choice is anything."""
    works = categories.handbook(db, here.site).works.values()
    found: dict[str, Choices] = {
        "category": [(work.key, work.label(here.locale)) for work in works],
        "priority": [(name, translate(f"priority.{name}", here.locale)) for name in PRIORITIES],
        "kind": [(name, translate(f"kind.{name}", here.locale)) for name in KINDS],
        "team": [(str(team.id), team.name) for team in people.teams_of(db, here.site.id)],
    }
    anything = ("", translate("desk_deadlines.any", here.locale))
    return {name: [anything, *choices] for name, choices in found.items()}


def _line(here: At, rule: Rule, named: dict[str, Choices]) -> Line:
    words = [dict(named[name]).get(value, value) for name in WEIGHTS if (value := getattr(rule.of, name))]
    clocked = translate(f"desk_deadlines.{rule.clock}", here.locale)
    stops = i18n.listed([translate(f"reason.{name}", here.locale) for name in rule.stops], here.locale)
    more = [clocked, translate("desk_deadlines.stops_for", here.locale, reasons=stops) if stops else ""]
    return Line(
        rule.key, " · ".join(words) or translate("desk_deadlines.any", here.locale), _limits(rule, here.locale),
        " · ".join(part for part in more if part), here.link("/desk/deadlines", open=rule.key),
    )  # fmt: skip


def _limits(rule: Rule, locale: str) -> str:
    limits = [(goal, rule.minutes[goal]) for goal in GOALS if goal in rule.minutes]
    said = [f"{translate(f'deadline.goal.{goal}', locale)} {lasting(minutes, locale)}" for goal, minutes in limits]
    return " · ".join(said)


def _default(here: At, db: Session, priority: str) -> str:
    rule = upkeep.default(db, here.site.id, priority)
    return f"{translate(f'priority.{priority}', here.locale)}: {_limits(rule, here.locale)}"


def _filled(rule: Rule) -> dict[str, Any]:
    """A rule as the form holds it."""
    after = {f"after-{step.tell}": str(step.after) for step in rule.steps}
    goals = {goal: str(rule.minutes[goal]) for goal in GOALS if goal in rule.minutes}
    matter = {name: getattr(rule.of, name) for name in WEIGHTS}
    remind = ", ".join(str(one) for one in rule.remind)
    return {**matter, **goals, "clock": rule.clock, "stops": list(rule.stops), "remind": remind, **after}


def _trial(here: At) -> dict[str, str]:
    """What is tried: from the address, so that it can be sent to somebody else."""
    now = clock.now().astimezone(ZoneInfo(here.site.timezone))
    asked = {name: here.asked(f"try_{name}")[:60] for name in (*WEIGHTS, "at")}
    return {"priority": "normal", "kind": "fault", "at": f"{now:%Y-%m-%dT%H:%M}"} | {
        name: value for name, value in asked.items() if value
    }


def _found(here: At, db: Session, trial: dict[str, str]) -> list[str]:
    """The three deadlines of the moment that was tried, each with its explanation."""
    try:
        local = datetime.fromisoformat(trial["at"]).replace(tzinfo=None)
    except ValueError:
        local = None
    if local is None or not FIRST_YEAR <= local.year <= LAST_YEAR:
        return [i18n.explain(Invalid(field="field.time"), here.locale)]
    moment = calendars.instant(local.date(), local.time(), here.site.timezone)
    priority = trial["priority"] if trial["priority"] in PRIORITIES else "normal"
    matter = Matter(trial.get("category", ""), priority, trial["kind"], trial.get("team", ""))
    found = upkeep.tried(db, here.site.id, matter, moment)
    return [deadlines.said(one.facts, here.locale, here.site.timezone) for one in found if one.facts]
