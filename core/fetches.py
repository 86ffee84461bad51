"""Photos and voice notes that a platform still holds: what is to be downloaded, and what for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, or_, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import clock, holders
from core.database import Table

LEASE = timedelta(minutes=2)
MAX_ATTEMPTS = 8
FIRST_DELAY = timedelta(seconds=2)


class Fetch(Table):
    """One file to download. `state`: waiting, fetched (cleaned, in the storage, maybe not yet at a ticket), failed.

    `kind`: photo or voice. `reference`: how the platform names the file. `purpose`: what the ticket's attachment
    is (report, before, after, other). `wants_code`: a code on the photo answers the waiting conversation.
    """

    __tablename__ = "fetches"
    __table_args__ = (
        Index("ix_fetches_due", "retry_at", sqlite_where=text("state = 'waiting'"),
              postgresql_where=text("state = 'waiting'")),
        Index(None, "conversation_id", "state"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    channel: Mapped[str]
    account: Mapped[str]
    kind: Mapped[str]
    reference: Mapped[str]
    purpose: Mapped[str] = mapped_column(default="report")
    wants_code: Mapped[bool] = mapped_column(default=False)
    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    ticket_id: Mapped[UUID | None] = mapped_column(ForeignKey("tickets.id"))
    state: Mapped[str] = mapped_column(default="waiting")
    stored: Mapped[dict[str, Any]] = mapped_column(default=dict)
    attempts: Mapped[int] = mapped_column(default=0)
    retry_at: Mapped[datetime] = mapped_column(default=clock.now)
    error: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)


holders.holds(Fetch.stored)


def ask(
    session: Session, channel: str, account: str, kind: str, reference: str, *, conversation_id: UUID,
    person_id: UUID, now: datetime, ticket_id: UUID | None = None, purpose: str = "report", wants_code: bool = False,
) -> Fetch:  # fmt: skip
    """Note that a file is to be downloaded."""
    fetch = Fetch(
        id=clock.new_id(), channel=channel, account=account, kind=kind, reference=reference, purpose=purpose,
        wants_code=wants_code, conversation_id=conversation_id, person_id=person_id, ticket_id=ticket_id,
        state="waiting", stored={}, attempts=0, retry_at=now, error="", asked_at=now,
    )  # fmt: skip
    session.add(fetch)
    session.flush()
    return fetch


def claim(session: Session, now: datetime, limit: int = 8) -> list[Fetch]:
    """Take due downloads; a dead worker's come back when their lease ends."""
    due = select(Fetch).where(Fetch.state == "waiting", Fetch.retry_at <= now).order_by(Fetch.retry_at).limit(limit)
    found = list(session.scalars(due.with_for_update(skip_locked=True)))
    for fetch in found:
        fetch.retry_at, fetch.attempts = now + LEASE, fetch.attempts + 1
    session.flush()
    return found


def of_draft(session: Session, conversation_id: UUID) -> list[Fetch]:
    """What was sent in a conversation before there was a ticket."""
    query = select(Fetch).where(Fetch.conversation_id == conversation_id, Fetch.ticket_id.is_(None))
    return list(
        session.scalars(query.where(or_(Fetch.state == "waiting", Fetch.state == "fetched")).order_by(Fetch.id))
    )


def forget_draft(session: Session, conversation_id: UUID) -> None:
    """Let go of what was sent for a report that is not made."""
    same = (Fetch.conversation_id == conversation_id, Fetch.ticket_id.is_(None))
    session.execute(update(Fetch).where(*same).values(state="failed", error="cancelled", stored={}))


def failed(session: Session, fetch_id: UUID, error: str) -> None:
    session.execute(update(Fetch).where(Fetch.id == fetch_id).values(state="failed", error=error[:500]))


def later(session: Session, fetch: Fetch, error: str, now: datetime) -> bool:
    """Try again after a growing delay; False when that was the last attempt."""
    if fetch.attempts >= MAX_ATTEMPTS:
        failed(session, fetch.id, error)
        return False
    values = {"retry_at": now + FIRST_DELAY * 2**fetch.attempts, "error": error[:500]}
    session.execute(update(Fetch).where(Fetch.id == fetch.id).values(values))
    return True
