"""Reads for the desk: what stands in each column, how many there are, and what needs somebody now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.tickets.models import Ticket
from core.tickets.queries import mentions
from core.tickets.states import OPEN


@dataclass(frozen=True, slots=True)
class Asked:
    """Which tickets: of some sites, in some states, of one technician or all, with some words or any."""

    site_ids: tuple[UUID, ...]
    states: tuple[str, ...]
    assignee_id: UUID | None = None
    words: str = ""

    def conditions(self) -> list[ColumnElement[bool] | InstrumentedAttribute[bool]]:
        found: list[ColumnElement[bool] | InstrumentedAttribute[bool]] = [
            Ticket.site_id.in_(self.site_ids),
            Ticket.state.in_(self.states),
        ]
        if set(self.states) <= set(OPEN):
            found.append(Ticket.is_open)
        if self.assignee_id:
            found.append(Ticket.assignee_id == self.assignee_id)
        return [*found, mentions(self.words)] if self.words else found


def column(session: Session, asked: Asked, limit: int) -> list[Ticket]:
    """The first tickets: emergencies, then what was promised soonest, then the newest."""
    urgency = case((Ticket.emergency != "", 0), else_=1)
    query = select(Ticket).where(*asked.conditions()).order_by(urgency, Ticket.promised_at, Ticket.id.desc())
    return list(session.scalars(query.limit(limit)))


def total(session: Session, asked: Asked) -> int:
    """How many there are in all."""
    return session.scalar(select(func.count()).select_from(Ticket).where(*asked.conditions())) or 0


def alarms(session: Session, site_ids: Sequence[UUID], now: datetime) -> dict[str, int]:
    """Open emergencies, broken promises, work without a technician, and all that is open."""
    late = and_(Ticket.accepted_at.is_(None), Ticket.promised_at < now)
    numbers = (
        func.sum(case((condition, 1), else_=0))
        for condition in (Ticket.emergency != "", late, Ticket.assignee_id.is_(None))
    )
    query = select(func.count(), *numbers).where(Ticket.is_open, Ticket.site_id.in_(site_ids))
    open_now, emergencies, overdue, unassigned = session.execute(query).one()
    return {"open": open_now, "emergencies": emergencies or 0, "overdue": overdue or 0, "unassigned": unassigned or 0}
