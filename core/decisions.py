"""What time decided at a site, listed by site, kind and day, so that the desk finds it without walking through streams.

The event itself stands in the trace as any other; a row here only says where.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, insert, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import trace
from core.database import Table
from core.trace import Entry, Event


class Decision(Table):
    """An event that the desk lists. `on_day`: the day that it is about, where it is about one."""

    __tablename__ = "decisions"
    __table_args__ = (
        Index(None, "site_id", "event_id"),
        Index(None, "site_id", "action", "event_id"),
        Index("ix_decisions_day", "site_id", "on_day",
              sqlite_where=text("on_day IS NOT NULL"), postgresql_where=text("on_day IS NOT NULL")),
    )  # fmt: skip

    event_id: Mapped[UUID] = mapped_column(ForeignKey("events.id"), primary_key=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"))
    action: Mapped[str]
    on_day: Mapped[date | None]


def append(session: Session, site_id: UUID, stream: str, entries: list[Entry], now: datetime) -> None:
    """Append entries to a stream, and list them at a site."""
    events = trace.chain(stream, trace.head_of(session, stream), entries, now)
    trace.write(session, events)
    days = [entry.facts.get("on") for entry in entries]
    rows = [
        {"event_id": event["id"], "site_id": site_id, "action": event["action"],
         "on_day": date.fromisoformat(day) if day else None}
        for event, day in zip(events, days, strict=True)
    ]  # fmt: skip
    session.execute(insert(Decision), rows)


def of_site(
    session: Session, site_id: UUID, *, action: str = "", before: UUID | None = None, limit: int = 50
) -> list[Event]:
    """What was decided at a site, newest first; `before`: the last one that was seen."""
    query = select(Event).join(Decision, Decision.event_id == Event.id).where(Decision.site_id == site_id)
    if action:
        query = query.where(Decision.action == action)
    if before is not None:
        query = query.where(Decision.event_id < before)
    return list(session.scalars(query.order_by(Decision.event_id.desc()).limit(limit)))


def on_days(session: Session, site_id: UUID, action: str, first: date, last: date, limit: int) -> Sequence[Event]:
    """What was decided about some days."""
    query = select(Event).join(Decision, Decision.event_id == Event.id)
    here = (Decision.site_id == site_id, Decision.on_day >= first, Decision.on_day <= last, Decision.action == action)
    return session.scalars(query.where(*here).order_by(Decision.on_day, Event.id).limit(limit)).all()


def of_stream(session: Session, stream: str, *, before: int | None = None, limit: int = 50) -> list[Event]:
    """The events of a stream, newest first; `before`: the number of the last one that was seen."""
    query = select(Event).where(Event.stream == stream)
    if before is not None:
        query = query.where(Event.seq < before)
    return list(session.scalars(query.order_by(Event.seq.desc()).limit(limit)))
