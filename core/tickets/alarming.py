"""Who can really be told of an emergency: only somebody with a chat that works has been told anything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core import calendars, categories, people, places
from core.tickets.models import Ticket


def reached(session: Session, ticket: Ticket, now: datetime) -> str:
    """Whom a chat reaches: who is on duty, else the technician, else the supervisors, administrators, or nobody."""
    asked = [ticket.assignee_id] if ticket.assignee_id else []
    groups = {
        "duty": on_call(session, ticket, now), "technician": asked,
        "desk": people.holders(session, ticket.site_id, "supervisor"),
        "admin": people.holders(session, ticket.site_id, "admin"),
    }  # fmt: skip
    return next((name for name, group in groups.items() if any_reachable(session, group)), "nobody")


def on_call(session: Session, ticket: Ticket, now: datetime) -> list[UUID]:
    """Who is on call for a piece of work: for the team it belongs to first, then for the site."""
    work = categories.handbook(session, places.site_of(session, ticket.site_id)).work(ticket.category)
    return calendars.on_call(session, ticket.site_id, now, ticket.team_id or work.team_id)


def any_reachable(session: Session, person_ids: Sequence[UUID]) -> bool:
    return any(people.is_reachable(session, who) for who in person_ids)
