"""Words that people add to a ticket, and the salted commitments that stand for them in the trace."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from core import clock, i18n, trace
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


def reason(session: Session, ticket: Ticket, person_id: UUID | None, text: str, now: datetime) -> str:
    """A reason for the trace: a key of the catalog as it is, free words as a salted commitment beside a kept note.

    What only looks like a key may be a telephone number or a name, and the trace forgets nothing.
    """
    text = text.strip()
    return text if i18n.has_text(f"reason.{text}") else keep(session, ticket, person_id, text[:1000], now)
