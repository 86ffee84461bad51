"""Maintenance plans at the desk: what comes when, and a form that shows the next dates before anything is saved."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, time
from itertools import zip_longest
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends
from fastapi.responses import HTMLResponse, Response

from api.deps import Db, WriteDb
from api.pages._posting import Form, Posted, see_other, whole
from api.pages.desk import _month, _route, _told
from api.pages.desk._frame import At, Frame, at, section
from api.pages.desk._route import Route
from api.pages.desk._told import Told
from api.subjects import as_id
from assets import register
from assets.plans import checklists, deciding, planning, reading, recurrence
from assets.plans.models import Plan
from assets.plans.planning import LEVELS, Draft
from assets.plans.recurrence import Date, Rhythm
from core import categories, clock, decisions, holidays, i18n, places
from core.database import Session
from core.errors import GongdanError, Invalid
from core.i18n import translate

ROLES = ("supervisor", "admin")
router = section("plans", order=36, icon="list", roles=ROLES)
Here = Annotated[At, Depends(at(*ROLES))]
PER_PAGE = 20
SPARE = 3  # empty lines for further questions
NEW = "new"
COLUMNS = ("question", "kind", "low", "high", "unit", "choices")
NUMBERS = ("lead_days", "tolerance_days", "limit_days")
USUAL, OWN = "usual", "own"
OFTEN = {
    "FREQ=DAILY": "daily", "FREQ=WEEKLY": "weekly", "FREQ=DAILY;INTERVAL=14": "fortnightly", "FREQ=MONTHLY": "monthly",
    "FREQ=MONTHLY;INTERVAL=3": "quarterly", "FREQ=MONTHLY;INTERVAL=6": "half_yearly", "FREQ=YEARLY": "yearly",
}  # fmt: skip
BLANK = {
    "name": "", "level": "general", "about": "", "rule": LEVELS["general"].rule, "starts_on": "", "hour": "08:00",
    "extra": "", "left_out": "", "months": "", "on_holiday": "after", "counts_from": "scheduled", "lead_days": "0",
    "tolerance_days": "0", "limit_days": "0", "meter_every": "", "category": "equipment",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A plan in the list. `state`: active, paused, held, waiting (for the last one to be done) or ended."""

    id: str
    name: str
    level: str
    often: str
    next_on: str
    state: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One of the next dates, with why it is what it is."""

    day: str
    why: str
    is_skipped: bool


@dataclass(frozen=True, slots=True)
class PlansPage:
    frame: Frame
    plans: list[Line]


@dataclass(frozen=True, slots=True)
class PlanPage:
    """`id`: `new` for one to add. `done`: what was made of it, with its tickets. `held`: why nothing is made of it."""

    frame: Frame
    id: str
    state: str
    values: dict[str, str]
    items: list[dict[str, str]]
    levels: list[tuple[str, str]]
    things: list[tuple[str, str]]
    often: list[tuple[str, str]]
    holidays: list[tuple[str, str]]
    counts: list[tuple[str, str]]
    kinds: list[tuple[str, str]]
    categories: list[tuple[str, str]]
    route: Route
    dates: list[Shown]
    done: list[tuple[str, str, str]]
    error: str
    held: str = ""
    decisions: list[Told] = field(default_factory=list)
    older: str = ""


@router.get("")
def index(here: Here, db: Db) -> HTMLResponse:
    lines = [_line(here, plan) for plan in planning.plans_of(db, here.site.id)]
    return here.page("desk_plans.html", PlansPage(here.frame("plans"), lines))


@router.get("/new")
def ask(here: Here, db: Db) -> HTMLResponse:
    today = deciding.today(here.site, clock.now())
    return here.page("desk_plan.html", _page(here, db, None, {"starts_on": today.isoformat()}, []))


@router.get("/calendar")
def calendar(here: Here, db: Db, month: str = "", plan: str = "", place: str = "", team: str = "") -> HTMLResponse:
    """A month, past or to come."""
    chosen = {"plan": plan, "place": place, "team": team}
    return here.page("desk_plan_month.html", _month.page(here, db, month, chosen))


@router.get("/{plan_id}")
def show(plan_id: UUID, here: Here, db: Db, before: str = "") -> HTMLResponse:
    plan = planning.plan_of(db, here.site.id, plan_id)
    values, items = _filled(plan)
    route = _route.kept(db, here, plan.stops)
    page = _page(here, db, plan, values, items, planning.next_dates(db, plan), route=route)
    told, older = _decided(here, db, plan, before)
    held = translate(f"plan.held.{plan.held_for}", here.locale) if plan.held_at else ""
    return here.page("desk_plan.html", replace(page, held=held, decisions=told, older=older))


def _decided(here: At, db: Session, plan: Plan, before: str) -> tuple[list[Told], str]:
    """What was decided about a plan, newest first, with the address of what is older."""
    found = decisions.of_stream(db, planning.stream_of(plan.id), before=whole(before), limit=PER_PAGE + 1)
    path = f"/desk/plans/{plan.id}"
    older = here.link(path, before=str(found[PER_PAGE - 1].seq)) + "#decisions" if len(found) > PER_PAGE else ""
    return _told.lines(here, db, found[:PER_PAGE]), older


@router.post("/new")
def add(here: Here, db: WriteDb, form: Form) -> Response:
    return _saved(here, db, None, form)


@router.post("/{plan_id}")
def save(plan_id: UUID, here: Here, db: WriteDb, form: Form) -> Response:
    return _saved(here, db, planning.plan_of(db, here.site.id, plan_id), form)


@router.post("/{plan_id}/pause")
def pause(plan_id: UUID, here: Here, db: WriteDb, form: Form) -> Response:
    """Pause a plan, or let one that is paused go on."""
    plan = planning.plan_of(db, here.site.id, plan_id)
    change = planning.resume if plan.paused_at else planning.pause
    change(db, here.site.id, plan_id, here.person_id, clock.now())
    return see_other(here.link(f"/desk/plans/{plan_id}"))


def _saved(here: At, db: Session, plan: Plan | None, form: Posted) -> Response:
    """Save, or only show the dates where that was asked for; what was typed stays."""
    typed, items = _typed(form), _items(form)
    dates: list[Date] = []
    route = _route.entered(db, here, form)
    if form.one("do") == _route.ROUTE:
        return here.page("desk_plan.html", _page(here, db, plan, typed, items, route=route))
    try:
        draft, now = _draft(typed, items, route, here.locale), clock.now()
        if form.one("do") != "preview":
            with db.begin_nested():
                if plan is None:
                    planning.add(db, here.site.id, draft, here.person_id, now)
                else:
                    planning.edit(db, here.site.id, plan.id, draft, here.person_id, now)
            return see_other(here.link("/desk/plans"))
        rhythm = planning.lawful(draft)
        recurrence.check(rhythm)
        dates = deciding.preview(rhythm, here.site, now)
    except GongdanError as error:
        return here.page("desk_plan.html", _page(here, db, plan, typed, items, dates, error, route=route), error)
    return here.page("desk_plan.html", _page(here, db, plan, typed, items, dates, route=route))


def _typed(form: Posted) -> dict[str, str]:
    """The fields with one value each. How often: by a choice, as is usual for the importance, or by its own rule."""
    typed = {name: form.one(name) for name in BLANK}
    often, level = form.one("often"), typed["level"]
    if often == USUAL and level in LEVELS:
        return typed | {"rule": LEVELS[level].rule}
    return typed | ({"rule": often} if often in OFTEN else {})


def _draft(typed: dict[str, str], items: list[dict[str, str]], route: Route, locale: str) -> Draft:
    kind, _, key = typed["about"].partition(":")
    ids: dict[str, Any] = {f"{kind}_id": as_id(key)} if kind in ("asset", "type", "place") else {}
    stops = route.stops(locale) if kind == _route.ROUTE else ()
    asked = [{**one, **checklists.choices(one["choices"])} for one in items]
    return Draft(
        typed["name"], typed["level"], kind, _rhythm(typed), asked, stops=stops,
        meter_every=checklists.number(typed["meter_every"]),
        category=typed["category"] or BLANK["category"], **ids,
    )  # fmt: skip


def _rhythm(typed: dict[str, str]) -> Rhythm:
    try:
        days = [tuple(date.fromisoformat(day) for day in typed[name].split()) for name in ("extra", "left_out")]
        months = tuple(int(month) for month in typed["months"].replace(",", " ").split())
        numbers = {name: int(typed[name] or "0") for name in NUMBERS}
        starts_on, hour = date.fromisoformat(typed["starts_on"]), time.fromisoformat(typed["hour"])
    except ValueError:
        raise Invalid(field="field.rhythm") from None
    rule = typed["rule"].upper().removeprefix("RRULE:")
    return Rhythm(rule, starts_on, hour, days[0], days[1], months, typed["on_holiday"], typed["counts_from"], **numbers)


def _items(form: Posted) -> list[dict[str, str]]:
    columns = [form.fields.get(name, []) for name in COLUMNS]
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in zip_longest(*columns, fillvalue="")]
    return [row for row in rows if row["question"].strip()]


def _filled(plan: Plan) -> tuple[dict[str, str], list[dict[str, str]]]:
    """A plan as its form shows it."""
    said = {name: value for name, value in plan.rhythm.items() if name in BLANK}
    values = {name: " ".join(map(str, v)) if isinstance(v, list) else str(v) for name, v in said.items()}
    about = f"{plan.subject}:{plan.asset_id or plan.type_id or plan.place_id or ''}"
    every = f"{plan.meter_every:g}" if plan.meter_every else ""
    values |= {
        "name": plan.name, "level": plan.level, "about": about, "meter_every": every, "category": plan.category
    }  # fmt: skip
    return values, [_item(item) for item in plan.checklist]


def _item(item: dict[str, Any]) -> dict[str, str]:
    failing = item.get("failing", ())
    limits = {name: "" if item.get(name) is None else f"{item[name]:g}" for name in ("low", "high")}
    choices = ", ".join(f"!{one}" if one in failing else one for one in item.get("choices", ()))
    return {
        "question": item["question"],
        "kind": item["kind"],
        "unit": item.get("unit", ""),
        "choices": choices,
    } | limits


def _line(here: At, plan: Plan) -> Line:
    level = translate(f"plan.level_{plan.level}", here.locale)
    rule = str(plan.rhythm.get("rule", ""))
    often = translate(f"plan.often_{OFTEN[rule]}", here.locale) if rule in OFTEN else rule
    next_on = plan.next_on.isoformat() if plan.next_on else ""
    return Line(str(plan.id), plan.name, level, often, next_on, reading.state_of(plan))


def _page(
    here: At, db: Session, plan: Plan | None, values: dict[str, str], items: list[dict[str, str]],
    dates: list[Date] | None = None, error: GongdanError | None = None, *, route: Route | None = None,
) -> PlanPage:  # fmt: skip
    def words(prefix: str, keys: Any) -> list[tuple[str, str]]:
        return [(key, translate(f"plan.{prefix}_{key}", here.locale)) for key in keys]

    blank, filled = dict.fromkeys(COLUMNS, ""), BLANK | values
    filled["often"] = USUAL if "rule" not in values else filled["rule"] if filled["rule"] in OFTEN else OWN
    often = [(rule, translate(f"plan.often_{key}", here.locale)) for rule, key in OFTEN.items()]
    return PlanPage(
        here.frame("plans"), str(plan.id) if plan else NEW, reading.state_of(plan) if plan else NEW, filled,
        [*items, *(dict(blank) for _ in range(SPARE))], words("level", LEVELS), _things(here, db, plan),
        [*words("often", [USUAL]), *often, *words("often", [OWN])],
        words("holiday", recurrence.ON_HOLIDAY), words("counts", recurrence.COUNTS_FROM),
        words("kind", checklists.KINDS), _categories(here, db), route or Route([]),
        [_shown(here, one) for one in dates or []], _done(here, db, plan),
        i18n.explain(error, here.locale) if error else "",
    )  # fmt: skip


def _things(here: At, db: Session, plan: Plan | None) -> list[tuple[str, str]]:
    """What a plan can be about: equipment in use, its types, and the tops of the tree of places."""
    route = [("route:", translate("route.about", here.locale))]
    types = [
        (f"type:{key}", translate("plan.about_type", here.locale, name=n))
        for key, n in planning.types(db, here.site.id)
    ]
    assets = [
        (f"asset:{one.id}", f"{one.name} · {one.place}") for one in register.assets_of(db, here.site.id, limit=500)
    ]
    tops = [(f"place:{one.id}", one.path or one.name) for one in places.tops(db, here.site.id)]
    return [*types, *route, *assets, *tops]


def _categories(here: At, db: Session) -> list[tuple[str, str]]:
    works = categories.handbook(db, here.site).works
    return sorted(((key, work.label(here.locale)) for key, work in works.items()), key=lambda one: one[1])


def _shown(here: At, one: Date) -> Shown:
    day = one.planned_on if one.is_skipped else one.on
    why = translate(f"plan.reason_{one.reason}", here.locale, day=one.planned_on.isoformat())
    name = holidays.spoken(one.name, here.locale) or (translate(f"plan.why_{one.why}", here.locale) if one.why else "")
    known = "" if one.is_known else translate("plan.unpublished", here.locale)
    weekday = translate(f"weekday.{day.weekday()}", here.locale)
    return Shown(f"{day.isoformat()} {weekday}", " \u00b7 ".join(filter(None, (why, name, known))), one.is_skipped)


def _done(here: At, db: Session, plan: Plan | None) -> list[tuple[str, str, str]]:
    if plan is None:
        return []
    found = planning.occurrences_of(db, here.site.id, date.min, date.max, plan_id=plan.id, limit=20)
    return [
        (one.on_day.isoformat(), ticket.number, translate("plan.late", here.locale) if one.is_late else "")
        for one, ticket in found
    ]
