"""Reads for the desk: what stands in each column, how many there are, and what needs somebody now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.places import Place
from core.tickets.models import Ticket
from core.tickets.queries import mentions
from core.tickets.states import OPEN
from core.trace import Event

AWAITED = ("reported", "assigned", "accepted")  # until somebody is there, the promise runs
NEVER = datetime(9999, 1, 1, tzinfo=UTC)  # when nothing was promised it comes last
URGENCY = case((Ticket.emergency != "", 0), else_=1)
PROMISED = func.coalesce(Ticket.promised_at, literal(NEVER, Ticket.promised_at.type))


@dataclass(frozen=True, slots=True)
class Key:
    """Where a page of a column ended: the next one begins after this ticket."""

    urgency: int
    promised_at: datetime
    ticket_id: UUID


@dataclass(frozen=True, slots=True)
class Asked:
    """Which tickets: of some sites, in some states, and of one technician, team, category, place or words, or any.

    `place_id`: at this place or anywhere below it.
    """

    site_ids: tuple[UUID, ...]
    states: tuple[str, ...] = OPEN
    assignee_id: UUID | None = None
    words: str = ""
    team_id: UUID | None = None
    category: str = ""
    place_id: UUID | None = None

    def conditions(self) -> list[ColumnElement[bool] | InstrumentedAttribute[bool]]:
        found: list[ColumnElement[bool] | InstrumentedAttribute[bool]] = [
            Ticket.site_id.in_(self.site_ids),
            Ticket.state.in_(self.states),
        ]
        if set(self.states) <= set(OPEN):
            found.append(Ticket.is_open)
        chosen = ((Ticket.assignee_id, self.assignee_id), (Ticket.team_id, self.team_id))
        found += [column == value for column, value in chosen if value]
        if self.category:
            found.append(Ticket.category == self.category)
        if self.place_id:
            found.append(Ticket.place_id.in_(within(self.place_id)))
        return [*found, mentions(self.words)] if self.words else found


def within(place_id: UUID) -> ColumnElement[UUID]:
    """A place and everything below it."""
    top = select(Place.id).where(Place.id == place_id).cte(recursive=True)
    below = top.union(select(Place.id).join(top, Place.parent_id == top.c.id))
    return select(below.c.id)  # type: ignore[return-value]


def column(session: Session, asked: Asked, limit: int, after: Key | None = None) -> list[Ticket]:
    """A page of tickets: emergencies, then what was promised soonest, then the newest."""
    query = select(Ticket).where(*asked.conditions())
    if after is not None:
        query = query.where(_follows(after))
    return list(session.scalars(query.order_by(URGENCY, PROMISED, Ticket.id.desc()).limit(limit)))


def _follows(after: Key) -> ColumnElement[bool]:
    """In the order of the board, whose last part runs backwards."""
    as_urgent = literal(after.urgency) == URGENCY
    as_soon = literal(after.promised_at) == PROMISED
    later = and_(as_urgent, literal(after.promised_at) < PROMISED)
    return or_(literal(after.urgency) < URGENCY, later, and_(as_urgent, as_soon, Ticket.id < after.ticket_id))


def key_of(ticket: Ticket) -> Key:
    return Key(0 if ticket.emergency else 1, ticket.promised_at or NEVER, ticket.id)


def totals(session: Session, asked: Asked) -> dict[str, int]:
    """How many there are, by state."""
    query = select(Ticket.state, func.count()).where(*asked.conditions()).group_by(Ticket.state)
    return {state: number for state, number in session.execute(query)}  # noqa: C416 - rows are no pairs to mypy


def _alarming(name: str, now: datetime) -> ColumnElement[bool]:
    """What makes a ticket count for a figure."""
    if name == "emergencies":
        return Ticket.emergency != ""
    if name == "overdue":
        return _overdue(now)
    return Ticket.assignee_id.is_(None) if name == "unassigned" else true()


def _overdue(now: datetime) -> ColumnElement[bool]:
    """A deadline has passed that is not met. Without a time to be there, the promise holds until somebody is."""
    is_promise = or_(Ticket.state != "accepted", Ticket.arrive_by.is_(None))
    return or_(
        and_(Ticket.state.in_(AWAITED), is_promise, Ticket.promised_at < now),
        and_(Ticket.state.in_(AWAITED), Ticket.arrive_by < now),
        Ticket.repair_by < now,
    )


def alarming(
    session: Session, asked: Asked, name: str, now: datetime, limit: int, after: Key | None = None
) -> list[Ticket]:
    """A page of the tickets that a figure of `alarms` counts: emergencies, overdue, unassigned or open."""
    query = select(Ticket).where(*replace(asked, states=OPEN).conditions(), _alarming(name, now))
    if after is not None:
        query = query.where(_follows(after))
    return list(session.scalars(query.order_by(URGENCY, PROMISED, Ticket.id.desc()).limit(limit)))


def alarms(session: Session, asked: Asked, now: datetime) -> dict[str, int]:
    """Open emergencies, promises that were broken, work without a technician, and all that is open."""
    numbers = (func.sum(case((_alarming(name, now), 1), else_=0)) for name in ("emergencies", "overdue", "unassigned"))
    query = select(func.count(), *numbers).where(*replace(asked, states=OPEN).conditions())
    open_now, emergencies, overdue, unassigned = session.execute(query).one()
    return {"open": open_now, "emergencies": emergencies or 0, "overdue": overdue or 0, "unassigned": unassigned or 0}


def mark(session: Session) -> str:
    """Something that differs as soon as anything has happened: the newest event."""
    return str(session.scalar(select(Event.id).order_by(Event.id.desc()).limit(1)) or "")


def similar(session: Session, ticket: Ticket, words: str, limit: int) -> list[Ticket]:
    """Open tickets that may be merged with one: those that words find, else those about the same thing or place."""
    query = select(Ticket).where(Ticket.is_open, Ticket.site_id == ticket.site_id, Ticket.id != ticket.id)
    query = query.where(Ticket.state.in_(OPEN))
    if words.strip():
        return list(session.scalars(query.where(mentions(words.strip())).order_by(Ticket.id.desc()).limit(limit)))
    same = or_(Ticket.place_id == ticket.place_id, Ticket.asset_id == ticket.asset_id)
    nearness = case((Ticket.asset_id == ticket.asset_id, 0), (Ticket.category == ticket.category, 1), else_=2)
    return list(session.scalars(query.where(same).order_by(nearness, Ticket.id.desc()).limit(limit)))


def chosen(session: Session, site_ids: Sequence[UUID], numbers: Sequence[str]) -> list[Ticket]:
    """Some tickets of some sites by number, in the order of the board."""
    query = select(Ticket).where(Ticket.site_id.in_(site_ids), Ticket.number.in_(numbers))
    return list(session.scalars(query.order_by(URGENCY, PROMISED, Ticket.id.desc())))
