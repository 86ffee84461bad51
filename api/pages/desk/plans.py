"""Maintenance plans at the desk: what comes when, and a form that shows the next dates before anything is saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends
from fastapi.responses import HTMLResponse, Response

from api.deps import Db, WriteDb
from api.pages._posting import Form, Posted, see_other, whole
from api.pages.desk import _dates, _month, _plan_form, _route, _told
from api.pages.desk._frame import At, Frame, at, section
from api.pages.desk._plan_form import BLANK, COLUMNS, OFTEN, OWN, USUAL, Entered, Errors
from api.pages.desk._route import Route
from api.pages.desk._told import Told
from assets import register
from assets.plans import checklists, deciding, planning, reading, recurrence
from assets.plans.models import Plan
from assets.plans.planning import LEVELS, Draft
from assets.plans.recurrence import Date
from core import categories, clock, decisions, places
from core.database import Session
from core.errors import GongdanError
from core.i18n import translate

ROLES = ("supervisor", "admin")
router = section("plans", order=36, icon="list", roles=ROLES)
Here = Annotated[At, Depends(at(*ROLES))]
PER_PAGE = 20
SPARE = 3  # empty lines for further questions
NEW = "new"
PREVIEW = "preview"


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
    """`id`: `new` for one to add. `done`: what was made of it, with its tickets. `held`: why nothing is made of it.

    `errors`: what is wrong with which field. `is_tried`: its dates were asked for, be there any or not.
    """

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
    errors: Errors = field(default_factory=list)
    is_tried: bool = False
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
    blank = Entered({**BLANK, "often": USUAL, "starts_on": today.isoformat()}, [], Route([]))
    return here.page("desk_plan.html", _page(here, db, None, blank))


@router.get("/calendar")
def calendar(here: Here, db: Db, month: str = "", plan: str = "", place: str = "", team: str = "") -> HTMLResponse:
    """A month, past or to come."""
    chosen = {"plan": plan, "place": place, "team": team}
    return here.page("desk_plan_month.html", _month.page(here, db, month, chosen))


@router.get("/{plan_id}")
def show(plan_id: UUID, here: Here, db: Db, before: str = "") -> HTMLResponse:
    plan = planning.plan_of(db, here.site.id, plan_id)
    kept = _plan_form.kept(plan, _route.kept(db, here, plan.stops))
    page = _page(here, db, plan, kept, planning.next_dates(db, plan))
    told, older = _decided(here, db, plan, before)
    held = translate(f"plan.held.{plan.held_for}", here.locale) if plan.held_for else ""
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
    """Save, or only show the dates where that was asked for: what the one refuses the other refuses as well."""
    found = _plan_form.entered(form, _route.entered(db, here, form))
    if form.one("do") == _route.ROUTE:
        return here.page("desk_plan.html", _page(here, db, plan, found))
    draft, now = _plan_form.draft(found), clock.now()
    if draft is None:
        return _again(here, db, plan, found)
    try:
        with db.begin_nested():
            if form.one("do") == PREVIEW:
                rhythm = planning.check(db, here.site.id, draft, plan.id if plan else None)
                dates = deciding.preview(rhythm, here.site, now, plan)
                page = _page(here, db, plan, found, dates)
                return here.page("desk_plan.html", replace(page, is_tried=True))
            _keep(here, db, plan, draft, now)
    except GongdanError as error:
        _plan_form.misplaced(found, error)
        return _again(here, db, plan, found)
    return see_other(here.link("/desk/plans"))


def _keep(here: At, db: Session, plan: Plan | None, draft: Draft, now: datetime) -> None:
    if plan is None:
        planning.add(db, here.site.id, draft, here.person_id, now)
    else:
        planning.edit(db, here.site.id, plan.id, draft, here.person_id, now)


def _again(here: At, db: Session, plan: Plan | None, found: Entered) -> Response:
    """The form as it was sent, with what is wrong beside each field."""
    page = replace(_page(here, db, plan, found), errors=_plan_form.said(found, here.locale))
    return here.page("desk_plan.html", page, next(iter(found.wrong.values())))


def _line(here: At, plan: Plan) -> Line:
    level = translate(f"plan.level_{plan.level}", here.locale)
    rule = str(plan.rhythm.get("rule", ""))
    often = translate(f"plan.often_{OFTEN[rule]}", here.locale) if rule in OFTEN else rule
    next_on = plan.next_on.isoformat() if plan.next_on else ""
    return Line(str(plan.id), plan.name, level, often, next_on, reading.state_of(plan))


def _page(here: At, db: Session, plan: Plan | None, found: Entered, dates: Sequence[Date] = ()) -> PlanPage:
    def words(prefix: str, keys: Any) -> list[tuple[str, str]]:
        return [(key, translate(f"plan.{prefix}_{key}", here.locale)) for key in keys]

    blank = dict.fromkeys(COLUMNS, "")
    often = [(rule, translate(f"plan.often_{key}", here.locale)) for rule, key in OFTEN.items()]
    return PlanPage(
        here.frame("plans"), str(plan.id) if plan else NEW, reading.state_of(plan) if plan else NEW, found.values,
        [*found.items, *(dict(blank) for _ in range(SPARE))], words("level", LEVELS), _things(here, db, plan),
        [*words("often", [USUAL]), *often, *words("often", [OWN])],
        words("holiday", recurrence.ON_HOLIDAY), words("counts", recurrence.COUNTS_FROM),
        words("kind", checklists.KINDS), _categories(here, db), found.route,
        [_shown(here, one) for one in dates], _done(here, db, plan),
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
    why = _dates.why(one.reason, here.locale, on=one.on, planned_on=one.planned_on, kind=one.why, name=one.name)
    known = "" if one.is_known else translate("plan.unpublished", here.locale)
    weekday = translate(f"weekday.{day.weekday()}", here.locale)
    return Shown(f"{day.isoformat()} {weekday}", " \u00b7 ".join(filter(None, (why, known))), one.is_skipped)


def _done(here: At, db: Session, plan: Plan | None) -> list[tuple[str, str, str]]:
    if plan is None:
        return []
    found = planning.occurrences_of(db, here.site.id, date.min, date.max, plan_id=plan.id, limit=20)
    return [
        (one.on_day.isoformat(), ticket.number, translate("plan.late", here.locale) if one.is_late else "")
        for one, ticket in found
    ]
