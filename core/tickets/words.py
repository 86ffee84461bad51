"""Words that people add to a ticket, and the salted commitments that stand for them in the trace."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from core import clock, trace
from core.tickets.models import Note, Ticket


def keep(
    session: Session, ticket: Ticket, person_id: UUID | None, text: str, now: datetime, *, is_internal: bool = False
) -> str:
    """Keep words as a note of the ticket; returns the commitment that an event holds in their place."""
    salt = clock.secret()
    row = {
        "id": clock.new_id(), "ticket_id": ticket.id, "person_id": person_id, "round": ticket.round, "text": text,
        "salt": salt, "is_internal": is_internal, "written_at": now,
    }  # fmt: skip
    session.execute(insert(Note), [row])
    return trace.commitment(salt, text)
