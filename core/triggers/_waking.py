"""Tickets that wait for a moment, as the triggers ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from core.tickets import queries
from core.tickets.models import Ticket

LIMIT = 1000  # at a time: the rest is due at the next tick


def waking(session: Session, now: datetime, *conditions: ColumnElement[bool]) -> Sequence[UUID]:
    """Tickets whose moment has come, those that wait longest in front."""
    query = select(Ticket.id).where(Ticket.wake_at <= now, *conditions)
    return session.scalars(query.order_by(Ticket.wake_at, Ticket.id).limit(LIMIT)).all()


def woken(session: Session, ticket_id: UUID, now: datetime, states: Sequence[str]) -> Ticket | None:
    """A ticket to act on; None when somebody has moved it on since it was found due."""
    ticket = queries.by_id(session, ticket_id, lock=True)
    is_due = ticket.wake_at is not None and ticket.wake_at <= now and ticket.state in states
    return ticket if is_due else None
