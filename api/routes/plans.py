"""Maintenance plans over HTTP, to be read: what recurs, what was made of it, and what comes next."""

from __future__ import annotations

from datetime import date
from itertools import islice
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from fastapi.responses import Response

from api import cursors, subjects
from api.deps import Anywhere, Db
from api.idempotency import answer
from api.routing import noun, problems
from api.schemas import plans as schema
from assets.plans import deciding, months, reading
from assets.plans.models import Plan
from assets.plans.recurrence import Date
from core import calendars, clock, places
from core.access import Viewer
from core.database import Session
from core.errors import Forbidden, Invalid

router = noun("plans")

SEES = ("supervisor", "admin")
COMING = 20


@router.get("", response_model=schema.PlanPage, operation_id="list_plans", responses={**problems(403, 404, 422)})
def index(asked: Annotated[schema.PlanFilter, Query()], who: Anywhere, db: Db) -> Response:
    """The plans of a site, for its supervisors and administrators."""
    _sites(who)
    site_id = subjects.site_of(db, who, asked.site, *SEES)
    found = reading.page(db, site_id, cursors.id_in(asked.after), asked.limit + 1)
    more = cursors.after(found[asked.limit - 1].id) if len(found) > asked.limit else None
    return answer(schema.PlanPage(items=[schema.PlanInList(**_head(one)) for one in found[: asked.limit]], next=more))


@router.get("/{plan_id}", response_model=schema.Plan, operation_id="read_plan", responses={**problems(403, 404, 422)})
def read(plan_id: UUID, who: Anywhere, db: Db) -> Response:
    """A plan with its rule, its checklist, and the next 20 dates with their reasons."""
    plan = reading.one(db, _sites(who), plan_id)
    items = [schema.Item(**one) for one in plan.checklist]
    rhythm = schema.Rhythm(**plan.rhythm)
    return answer(
        schema.Plan(
            **_head(plan), rhythm=rhythm, meter_every=plan.meter_every, checklist=items, coming=_coming(db, plan)
        )
    )


@router.get(
    "/{plan_id}/occurrences", response_model=schema.OccurrencePage, operation_id="list_occurrences",
    responses={**problems(403, 404, 422)},
)  # fmt: skip
def occurrences(
    plan_id: UUID, asked: Annotated[schema.OccurrenceFilter, Query()], who: Anywhere, db: Db
) -> Response:  # fmt: skip
    """What was made of a plan with its tickets and how each stands, the latest day first."""
    plan = reading.one(db, _sites(who), plan_id)
    found = reading.occurrences(db, plan.id, _key(asked.after), asked.limit + 1)
    zone = places.site_of(db, plan.site_id).timezone
    last = found[asked.limit - 1] if len(found) > asked.limit else None
    more = cursors.after(f"{last.on_day.isoformat()}:{last.subject}") if last is not None else None
    today = calendars.local_day(clock.now(), zone)
    items = [_occurrence(row, today, zone) for row in found[: asked.limit]]
    return answer(schema.OccurrencePage(items=items, next=more))


def _sites(who: Viewer) -> list[UUID]:
    """The sites whose plans the caller sees. Errors: Forbidden where there are none."""
    found = who.sites(*SEES)
    if not found:
        raise Forbidden
    return found


def _key(given: str) -> reading.Key | None:
    text = cursors.text_in(given)
    if text is None:
        return None
    day, _, subject = text.partition(":")
    try:
        return date.fromisoformat(day), subject
    except ValueError:
        raise Invalid(field="field.after") from None


def _head(plan: Plan) -> dict[str, Any]:
    here = f"/api/v1/plans/{plan.id}"
    subject = {"kind": plan.subject, "id": plan.asset_id or plan.type_id or plan.place_id, "stops": plan.stops}
    return {
        "id": plan.id, "name": plan.name, "level": plan.level, "category": plan.category,
        "state": reading.state_of(plan), "subject": subject, "next": plan.next_on,
        "links": {"self": here, "occurrences": f"{here}/occurrences", "page": f"/desk/plans/{plan.id}"},
    }  # fmt: skip


def _coming(db: Session, plan: Plan) -> list[schema.Date]:
    """The next dates, also those that are passed over."""
    if plan.next_on is None:
        return []
    found = deciding.readable(deciding.coming(plan, places.site_of(db, plan.site_id)))
    return [_date(one) for one in islice(found, COMING)]


def _date(one: Date) -> schema.Date:
    return schema.Date(
        on=one.planned_on if one.is_skipped else one.on, planned=one.planned_on, reason=one.reason, why=one.why,
        holiday=one.name, known=one.is_known, skipped=one.is_skipped,
    )  # fmt: skip


def _occurrence(row: Any, today: date, zone: str) -> schema.Occurrence:
    return schema.Occurrence(
        on=row.on_day, planned=row.planned_on, until=row.until_on, reason=row.reason, late=row.is_late,
        state=months.state_of(row, today, zone), asset=row.subject or None, ticket=row.number,  # type: ignore[arg-type]
        resolution=row.resolution, made=row.made_at, done=row.done_at or row.closed_at,
        links={"ticket": f"/api/v1/tickets/{row.number}", "page": f"/t/{row.number}"},
    )  # fmt: skip
