"""Who is told beside the first reporter: people who joined, and those whose own ticket was merged."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import clock
from core.tickets.models import Follower, Ticket


def follow(session: Session, ticket: Ticket, person_id: UUID, text: str, now: datetime) -> bool:
    """Let a person follow a ticket with what they said about it; False when they already do."""
    if ticket.reporter_id == person_id or session.get(Follower, (ticket.id, person_id)) is not None:
        return False
    session.add(Follower(ticket_id=ticket.id, person_id=person_id, text=text, salt=clock.secret(), joined_at=now))
    session.flush()
    return True


def move(session: Session, ticket: Ticket, into: Ticket, now: datetime) -> None:
    """The people of a merged ticket follow the one that it was merged into."""
    if ticket.reporter_id:
        follow(session, into, ticket.reporter_id, ticket.text, now)
    for follower in session.scalars(select(Follower).where(Follower.ticket_id == ticket.id)):
        follow(session, into, follower.person_id, follower.text, now)
