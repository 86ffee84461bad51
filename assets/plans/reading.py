"""Plans and what was made of them a page at a time, for programs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, tuple_
from sqlalchemy.orm import Session

from assets.plans.models import Occurrence, Plan
from assets.plans.recurrence import COMPLETED
from core.errors import NotFound
from core.tickets.models import Ticket

Key = tuple[date, str]  # of an occurrence in its plan: the day, and the thing
ACTIVE, PAUSED, HELD, WAITING, ENDED = "active", "paused", "held", "waiting", "ended"
STATES = (ACTIVE, PAUSED, HELD, WAITING, ENDED)


def state_of(plan: Plan) -> str:
    """Whether it goes on: `held` while it cannot be worked out, `waiting` for the last one to be done, or `ended`."""
    if plan.paused_at:
        return PAUSED
    if plan.held_at:
        return HELD
    if plan.next_on:
        return ACTIVE
    return WAITING if plan.rhythm.get("counts_from") == COMPLETED else ENDED


def page(session: Session, site_id: UUID, after: UUID | None, limit: int) -> Sequence[Plan]:
    """The plans of a site, the oldest in front."""
    query = select(Plan).where(Plan.site_id == site_id)
    if after is not None:
        query = query.where(Plan.id > after)
    return session.scalars(query.order_by(Plan.id).limit(limit)).all()


def one(session: Session, site_ids: Sequence[UUID], plan_id: UUID) -> Plan:
    """A plan of one of some sites. Errors: NotFound."""
    found = session.scalar(select(Plan).where(Plan.id == plan_id, Plan.site_id.in_(site_ids)))
    if found is None:
        raise NotFound(what="word.plan")
    return found


def occurrences(session: Session, plan_id: UUID, before: Key | None, limit: int) -> Sequence[Row[Any]]:
    """What was made of a plan, the latest day in front; by its unique key, so that no page is sorted."""
    key = (Occurrence.on_day, Occurrence.subject)
    query: Any = select(
        *key, Occurrence.planned_on, Occurrence.until_on, Occurrence.reason, Occurrence.is_late, Occurrence.made_at,
        Ticket.number, Ticket.state, Ticket.resolution, Ticket.done_at, Ticket.closed_at,
    ).join(Ticket, Ticket.id == Occurrence.ticket_id)  # fmt: skip
    query = query.where(Occurrence.plan_id == plan_id)
    if before is not None:
        query = query.where(tuple_(*key) < tuple_(*before))
    rows: Sequence[Row[Any]] = session.execute(query.order_by(*(part.desc() for part in key)).limit(limit)).all()
    return rows
