"""Platform messages, taken exactly once.

A message that was handled is a row in state `done`, written by the same transaction as its effects. One whose
handling failed lies here as `pending` with what it said, and what follows it in its conversation waits behind.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, delete, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import clock, holders
from core.database import Table, rows
from core.prepared import Prepared

MAX_ATTEMPTS = 10
FIRST_DELAY = timedelta(seconds=1)
LONGEST_DELAY = timedelta(minutes=10)
KEPT = timedelta(days=8)


class InboxMessage(Table):
    """One message of a platform. `state`: done, pending or dead. Its content is dropped once it is done.

    `answer`: what the platform got to its callback, for as long as it repeats one. `reply_id`: the row of the outbox
    that this answer may carry (core.replies).
    """

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("channel", "account", "dedupe_key"),
        Index("ix_inbox_pending", "channel", "account", "conversation", "id",
              sqlite_where=text("state = 'pending'"), postgresql_where=text("state = 'pending'")),
        Index("ix_inbox_answered", "received_at", sqlite_where=text("answer != ''"),
              postgresql_where=text("answer != ''")),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    channel: Mapped[str]
    account: Mapped[str]
    dedupe_key: Mapped[str]
    conversation: Mapped[str]
    state: Mapped[str]
    content: Mapped[dict[str, Any] | None]
    answer: Mapped[str] = mapped_column(default="")
    reply_id: Mapped[UUID | None]
    received_at: Mapped[datetime] = mapped_column(default=clock.now)
    attempts: Mapped[int] = mapped_column(default=0)
    retry_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(default="")


holders.holds(InboxMessage.content)


_TABLE = rows(InboxMessage)
_TAKE = Prepared(lambda insert: insert(_TABLE).on_conflict_do_nothing(), _TABLE.columns.keys())


def take(
    session: Session, channel: str, account: str, dedupe_key: str, conversation: str, *,
    content: dict[str, Any] | None = None, error: str = "", now: datetime,
) -> bool:  # fmt: skip
    """Keep a message; False when it was already here.

    With `content` it is kept as pending, to be handled by the worker; without, its effects are in this very
    transaction and it is done.
    """
    kept = _TAKE.run(
        session, id=clock.new_id(), channel=channel, account=account, dedupe_key=dedupe_key,
        conversation=conversation, state="done" if content is None else "pending", content=content, answer="",
        reply_id=None, received_at=now, attempts=0, error=error, retry_at=None,
    )  # fmt: skip
    return kept == 1


def due(session: Session, now: datetime, limit: int = 50) -> list[InboxMessage]:
    """Pending messages whose time has come, only the oldest of each conversation."""
    # In the order of their ids SQLite would walk through every message that is kept.
    pending = select(InboxMessage).where(InboxMessage.state == "pending")
    pending = pending.order_by(InboxMessage.received_at, InboxMessage.id)
    oldest: dict[tuple[str, str, str], InboxMessage] = {}
    for message in session.scalars(pending.limit(limit * 20)):
        oldest.setdefault((message.channel, message.account, message.conversation), message)
    return [message for message in oldest.values() if (message.retry_at or now) <= now][:limit]


def settle(session: Session, message_id: UUID) -> bool:
    """Mark a pending message done in the transaction of its effects; False when another worker did it."""
    changed = session.execute(
        update(InboxMessage)
        .where(InboxMessage.id == message_id, InboxMessage.state == "pending")
        .values(state="done", content=None, retry_at=None)
    )
    return changed.rowcount == 1  # type: ignore[attr-defined,no-any-return]


def postpone(session: Session, message: InboxMessage, error: str, now: datetime) -> None:
    """Count a failed attempt: later again, or dead and shown to administrators after the last one."""
    attempts = message.attempts + 1
    delay = min(FIRST_DELAY * 2**attempts, LONGEST_DELAY)
    state = "dead" if attempts >= MAX_ATTEMPTS else "pending"
    waiting = update(InboxMessage).where(InboxMessage.id == message.id, InboxMessage.state == "pending")
    session.execute(waiting.values(attempts=attempts, error=error[:500], retry_at=now + delay, state=state))


def forget_old(session: Session, now: datetime) -> int:
    """Drop done messages after the longest time in which a platform repeats one."""
    gone = session.execute(
        delete(InboxMessage).where(InboxMessage.state == "done", InboxMessage.received_at < now - KEPT)
    )
    return int(gone.rowcount)  # type: ignore[attr-defined]
