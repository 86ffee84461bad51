"""Whether this installation can work, and the figures that a monitor watches. They name nobody."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.orm import Session, aliased

from core import registry, scheduler
from core.database import Database
from core.digests import Subscription
from core.errors import Busy
from core.inbox import InboxMessage
from core.outbox import OutboxMessage
from core.people import Home, Person, Role
from core.places import Place
from core.tickets.models import Ticket
from core.triggers import TRIGGERS

SILENT_AFTER = timedelta(minutes=2)
LATE_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Health:
    """`reasons`: why it cannot work, as stable words: `database`, `scheduler`."""

    is_ready: bool
    reasons: tuple[str, ...] = ()
    gauges: dict[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        figures = {name: value if name.endswith("_seconds") else int(value) for name, value in self.gauges.items()}
        return {"ready": self.is_ready, "reasons": list(self.reasons), **figures}


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A message that reached nobody. `name`: of its reader, empty for a group; `number`: of its ticket, if any."""

    name: str
    channel: str
    why: str
    at: datetime
    number: str


def check(database: Database, now: datetime) -> Health:
    """The health of an installation, also when its database does not answer."""
    try:
        with database.read_scope() as session:
            return look(session, now)
    except (Busy, DBAPIError, InterfaceError, TimeoutError):
        return Health(is_ready=False, reasons=("database",))


def look(session: Session, now: datetime) -> Health:
    """What the database tells. A scheduler that nobody has heard of for two minutes is a reason not to be ready."""
    ticked = scheduler.last_ticked(session)
    is_silent = ticked is None or now - ticked > SILENT_AFTER
    gauges = {
        "scheduler_silent_seconds": (now - ticked).total_seconds() if ticked else -1.0,
        **_late(session, now),
        **_outbox(session, now),
        **_inbox(session, now),
        "tickets_open": float(session.scalar(select(func.count()).where(Ticket.is_open)) or 0),
        "emergencies_open": float(
            session.scalar(select(func.count()).where(Ticket.is_open, Ticket.emergency != "")) or 0
        ),
    }
    return Health(not is_silent, ("scheduler",) if is_silent else (), gauges)


def _late(session: Session, now: datetime) -> dict[str, float]:
    """What triggers should have done five minutes ago: how many rows of each table, and since when the oldest waits."""
    registry.load("core.triggers")
    found: dict[str, float] = {}
    oldest = 0.0
    for column in {str(one.waits): one.waits for _, one in TRIGGERS.items() if one.waits is not None}.values():
        query = select(func.count(), func.min(column)).where(column <= now - LATE_AFTER)
        count, first = session.execute(query).one()
        found[f"late_{column.class_.__tablename__}"] = float(count)
        oldest = max(oldest, (now - first).total_seconds() if first else 0.0)
    return {**found, "late_oldest_seconds": oldest}


def _outbox(session: Session, now: datetime) -> dict[str, float]:
    """How much waits to be sent, since when the oldest of what is due waits, and what was given up."""
    waiting = select(func.count(), func.min(OutboxMessage.not_before)).where(
        OutboxMessage.is_due, OutboxMessage.not_before <= now
    )
    count, oldest = session.execute(waiting).one()
    dead = select(func.count()).where(OutboxMessage.state.in_(("dead", "undeliverable")))
    return {
        "outbox_due": float(count),
        "outbox_oldest_seconds": (now - oldest).total_seconds() if oldest else 0.0,
        "outbox_dead": float(session.scalar(dead) or 0),
    }


def _inbox(session: Session, now: datetime) -> dict[str, float]:
    """Messages that wait for another attempt, since when, and those that were given up."""
    pending = select(func.count(), func.min(InboxMessage.received_at)).where(InboxMessage.state == "pending")
    count, oldest = session.execute(pending).one()
    dead = select(func.count()).where(InboxMessage.state == "dead")
    return {
        "inbox_pending": float(count),
        "inbox_oldest_seconds": (now - oldest).total_seconds() if oldest else 0.0,
        "inbox_dead": float(session.scalar(dead) or 0),
    }


def undelivered(session: Session, site_id: UUID, since: datetime, limit: int = 50) -> list[Undelivered]:
    """What reached nobody at a site since a moment, the newest first.

    Where no ticket tells the site, the reader does, as far as we know where they belong.
    """
    carrier, gathered = aliased(OutboxMessage), aliased(OutboxMessage)
    # What was gathered did not arrive where the message that says it did not, and is told in its place.
    alone = (OutboxMessage.ticket_id.is_(None), ~exists().where(gathered.merged_into == OutboxMessage.id))
    error = func.coalesce(carrier.error, OutboxMessage.error)
    query = select(Person.name, OutboxMessage.channel, error, OutboxMessage.created_at, Ticket.number)
    query = query.select_from(OutboxMessage).outerjoin(Ticket, Ticket.id == OutboxMessage.ticket_id)
    query = query.outerjoin(Person, Person.id == OutboxMessage.person_id)
    query = query.outerjoin(carrier, carrier.id == OutboxMessage.merged_into)
    query = query.where(
        or_(Ticket.site_id == site_id, and_(*alone, _concerns(site_id))),
        func.coalesce(carrier.state, OutboxMessage.state).in_(("undeliverable", "dead")),
        OutboxMessage.created_at >= since,
    )  # fmt: skip
    rows = session.execute(query.order_by(OutboxMessage.id.desc()).limit(limit))
    return [Undelivered(name or "", channel, why, at, number or "") for name, channel, why, at, number in rows]


def _concerns(site_id: UUID) -> ColumnElement[bool]:
    """Whether the reader of a message belongs to a site, or nobody knows whose they are: a group, a stranger."""
    reader = OutboxMessage.person_id
    anywhere = {
        Role.site_id: exists().where(Role.person_id == reader),
        Place.site_id: exists().where(Home.person_id == reader, Place.id == Home.place_id),
        Ticket.site_id: exists().where(Ticket.reporter_id == reader).correlate(OutboxMessage),
        Subscription.site_id: exists().where(
            Subscription.person_id.is_(None), Subscription.channel == OutboxMessage.channel,
            Subscription.conversation == OutboxMessage.conversation,
        ),
    }  # fmt: skip
    here = [found.where(column == site_id) for column, found in anywhere.items()]
    return or_(*here, ~or_(*anywhere.values()))
