"""Who can really be told of an emergency: only somebody with a chat that works has been told anything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core import calendars, people
from core.tickets.models import Ticket


def reached(session: Session, ticket: Ticket, now: datetime) -> str:
    """Whom a chat reaches: who is on duty, else the technician, else the supervisors, administrators, or nobody."""
    asked = [ticket.assignee_id] if ticket.assignee_id else []
    groups = {
        "duty": calendars.on_call(session, ticket.site_id, now), "technician": asked,
        "desk": people.holders(session, ticket.site_id, "supervisor"),
        "admin": people.holders(session, ticket.site_id, "admin"),
    }  # fmt: skip
    return next((name for name, group in groups.items() if any_reachable(session, group)), "nobody")


def any_reachable(session: Session, person_ids: Sequence[UUID]) -> bool:
    return any(people.is_reachable(session, who) for who in person_ids)
