"""Answers that travel in the answer to a platform's callback, and the text that every repetition of it gets.

Such an answer is a row of the outbox like any other, reserved for the callback by the transaction that wrote it, so
that no sender takes it first. What the callback does not carry is given back; what it left behind when its process
died comes free when the lease ends.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, text, update
from sqlalchemy.orm import Session

from core.inbox import InboxMessage
from core.outbox import LEASE, OutboxMessage

REPEATED = timedelta(minutes=10)  # longer than any platform waits for an answer, and asks for it again
REFERENCE = "reply"  # of a message that went so: platforms give it no number
Key = tuple[str, str, str]  # channel, account, dedupe key


def reserve(session: Session, key: Key, message_id: UUID, now: datetime) -> None:
    """Keep a message that was just written for the callback under way."""
    held = update(OutboxMessage).where(OutboxMessage.id == message_id)
    session.execute(held.values(state="claimed", lease_until=now + LEASE))
    session.execute(update(InboxMessage).where(*_of(key)).values(reply_id=message_id))


def answered(session: Session, key: Key) -> str:
    """What the platform got to this callback before; empty for the first time.

    In a transaction that writes, a repetition that comes meanwhile waits here for what the first one is told.
    """
    return session.scalar(select(InboxMessage.answer).where(*_of(key)).with_for_update()) or ""


def reserved(session: Session, key: Key, now: datetime) -> OutboxMessage | None:
    """The message that this callback may carry, taken for it alone; None once a sender has it."""
    reply_id = session.scalar(select(InboxMessage.reply_id).where(*_of(key)))
    if reply_id is None:
        return None
    taken = update(OutboxMessage).where(_untouched(reply_id)).values(lease_until=now + LEASE)
    if session.execute(taken).rowcount != 1:  # type: ignore[attr-defined]
        return None
    return session.get_one(OutboxMessage, reply_id, populate_existing=True)


def keep(session: Session, key: Key, answer: str) -> None:
    """Keep what the platform gets, for every repetition."""
    session.execute(update(InboxMessage).where(*_of(key)).values(answer=answer))


def give_back(session: Session, message_id: UUID) -> None:
    """Let the message be sent as usual."""
    session.execute(update(OutboxMessage).where(_untouched(message_id)).values(state="ready", lease_until=None))


def forget_old(session: Session, now: datetime) -> None:
    """Drop the words that nobody asks for any more: links that open tickets stand in them."""
    # In the words of the index, which a parameter would not match.
    kept = (text("answer != ''"), InboxMessage.received_at < now - REPEATED)
    gone = update(InboxMessage).where(*kept).values(answer="")
    session.execute(gone.execution_options(synchronize_session=False))


def _of(key: Key) -> tuple[ColumnElement[bool], ...]:
    channel, account, dedupe_key = key
    return (
        InboxMessage.channel == channel, InboxMessage.account == account, InboxMessage.dedupe_key == dedupe_key,
    )  # fmt: skip


def _untouched(message_id: UUID) -> ColumnElement[bool]:
    """Reserved, and taken by no sender: each of those counts an attempt."""
    is_reserved = and_(OutboxMessage.state == "claimed", OutboxMessage.attempts == 0, OutboxMessage.is_due)
    return and_(OutboxMessage.id == message_id, is_reserved)
