"""What was sent to a person, as the desk of one site may know it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core.outbox import OutboxMessage
from core.tickets.models import Ticket


def of_person(session: Session, site_id: UUID, person_id: UUID, limit: int = 50) -> list[OutboxMessage]:
    """The newest first: about this site's tickets, and about no ticket at all. What is another site's stays there."""
    query = select(OutboxMessage).outerjoin(Ticket, Ticket.id == OutboxMessage.ticket_id)
    here = or_(OutboxMessage.ticket_id.is_(None), Ticket.site_id == site_id)
    query = query.where(OutboxMessage.person_id == person_id, here).order_by(OutboxMessage.id.desc()).limit(limit)
    return [row for row in session.scalars(query) if row.facts.get("site", str(site_id)) == str(site_id)]
