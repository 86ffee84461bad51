"""Where a dialogue stands. It is a row, so it survives a kill between any two messages and goes on a day later."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, bindparam, exists, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import clock, holders
from core.database import Table, rows
from core.errors import Conflict
from core.inbox import InboxMessage
from core.people import Identity, Person
from core.prepared import Prepared

FLOOD_WINDOW = timedelta(minutes=1)
FLOOD_LIMIT = 30
WAKE_AGAIN = timedelta(minutes=10)


class Conversation(Table):
    """One person in one chat. `wake_at`: when the flow goes on by itself because the person stays silent.

    `asked_at`: since when the dialogue stands where it stands.
    `heard`: when a message of each kind came last, which opens a platform's windows.
    `is_group`: others read this chat too; kept, because what goes on by itself has no message that says so.
    """

    __tablename__ = "conversations"
    __table_args__ = (
        UniqueConstraint("channel", "account", "conversation", "sender"),
        Index("ix_conversations_wake", "wake_at", sqlite_where=text("wake_at IS NOT NULL"),
              postgresql_where=text("wake_at IS NOT NULL")),
        Index(None, "person_id"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    channel: Mapped[str]
    account: Mapped[str]
    conversation: Mapped[str]
    sender: Mapped[str]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    flow: Mapped[str] = mapped_column(default="")
    step: Mapped[str] = mapped_column(default="")
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    version: Mapped[int] = mapped_column(default=1)
    wake_at: Mapped[datetime | None]
    is_group: Mapped[bool] = mapped_column(default=False)
    counted_from: Mapped[datetime] = mapped_column(default=clock.now)
    counted: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    heard: Mapped[dict[str, Any]] = mapped_column(default=dict)
    updated_at: Mapped[datetime] = mapped_column(default=clock.now)


holders.holds(Conversation.data)


@dataclass(slots=True)
class Standing:
    """Where a dialogue stands, with its person and their language. `is_behind`: an older message still waits.

    `is_blocked`: the platform said that its person gets no message of ours there.
    """

    id: UUID
    person_id: UUID
    flow: str
    step: str
    data: dict[str, Any]
    version: int
    wake_at: datetime | None
    is_group: bool
    counted_from: datetime
    counted: int
    asked_at: datetime
    heard: dict[str, Any]
    locale: str
    is_behind: bool
    is_blocked: bool


_TABLE = rows(Conversation)
_HERE = tuple(_TABLE.c[name] == bindparam(name) for name in ("channel", "account", "conversation", "sender"))
_BEHIND = exists().where(
    InboxMessage.state == "pending", InboxMessage.channel == bindparam("channel"),
    InboxMessage.account == bindparam("account"), InboxMessage.conversation == bindparam("conversation"),
)  # fmt: skip
_OWN = rows(Identity)
_STILL_THEIRS = exists().where(
    _OWN.c.person_id == _TABLE.c.person_id, _OWN.c.channel == _TABLE.c.channel, _OWN.c.account == _TABLE.c.account,
    _OWN.c.value == _TABLE.c.sender, _OWN.c.revoked_at.is_(None),
)  # fmt: skip
_BLOCKED = _STILL_THEIRS.where(_OWN.c.blocked_at.is_not(None))
_KEPT = fields(Standing)[:-3]  # what the row itself holds
_STANDING = Prepared(
    select(*(_TABLE.c[item.name] for item in _KEPT), rows(Person).c.locale, _BEHIND, _BLOCKED)
    .join(rows(Person), rows(Person).c.id == _TABLE.c.person_id)
    .where(*_HERE, rows(Person).c.is_active, _STILL_THEIRS)
    .with_for_update(of=_TABLE)
)


def standing(session: Session, channel: str, account: str, conversation: str, sender: str) -> Standing | None:
    """Where a dialogue stands; on PostgreSQL a second message of it waits here.

    None for a stranger, and for somebody who has left or whose identity was revoked: that person's dialogue is over.
    """
    found = _STANDING.rows(session, channel=channel, account=account, conversation=conversation, sender=sender)
    return Standing(*found[0]) if found else None


def of(row: Conversation, locale: str) -> Standing:
    """Where a dialogue stands that has just begun."""
    known = {item.name: getattr(row, item.name) for item in _KEPT}
    return Standing(**known, locale=locale, is_behind=False, is_blocked=False)


def open_for(
    session: Session, channel: str, account: str, conversation: str, sender: str, person_id: UUID, now: datetime, *,
    is_group: bool = False,
) -> Conversation:  # fmt: skip
    """Begin a dialogue. Where one stands that is over, it is begun anew, and nothing of it is left."""
    same = {"channel": channel, "account": account, "conversation": conversation, "sender": sender}
    row = session.scalar(select(Conversation).filter_by(**same).with_for_update())
    if row is None:
        row = Conversation(id=clock.new_id(), **same, version=0, counted_from=now, counted=0)
        session.add(row)
    row.person_id, row.flow, row.step, row.data, row.wake_at = person_id, "", "", {}, None
    row.version, row.updated_at, row.asked_at, row.is_group = row.version + 1, now, now, is_group
    session.flush()
    return row


def heard(session: Session, channel: str, account: str, conversation: str) -> dict[str, datetime]:
    """When each kind of message came last from a conversation, whoever wrote it."""
    here = {"channel": channel, "account": account, "conversation": conversation}
    found: dict[str, datetime] = {}
    for told in session.scalars(select(Conversation.heard).filter_by(**here)):
        for kind, at in told.items():
            moment = datetime.fromisoformat(at)
            found[kind] = max(moment, found.get(kind, moment))
    return found


def silent(session: Session, now: datetime, limit: int = 100) -> list[Conversation]:
    """Dialogues whose person stayed silent until `wake_at`."""
    query = select(Conversation).where(Conversation.wake_at.is_not(None), Conversation.wake_at <= now)
    return list(session.scalars(query.order_by(Conversation.wake_at).limit(limit)))


def save(session: Session, conversation_id: UUID, version: int, now: datetime, **values: Any) -> None:
    """Write where the dialogue stands. Two writers of one dialogue: the second is a Conflict and starts again."""
    changed = _saving(tuple(values)).run(
        session, of_id=conversation_id, of_version=version, version=version + 1, updated_at=now, **values
    )
    if changed != 1:
        raise Conflict


def wake_later(session: Session, row: Conversation, now: datetime) -> None:
    """Look at a silent dialogue again after a while, unless its person has spoken in the meantime."""
    same = (_TABLE.c.id == row.id, _TABLE.c.version == row.version)
    session.execute(update(_TABLE).where(*same).values(wake_at=now + WAKE_AGAIN))


@cache
def _saving(names: tuple[str, ...]) -> Prepared:
    same = (_TABLE.c.id == bindparam("of_id"), _TABLE.c.version == bindparam("of_version"))
    return Prepared(update(_TABLE).where(*same), ["version", "updated_at", *names])


def count(counted_from: datetime, counted: int, now: datetime) -> tuple[datetime, int]:
    """Count one more message in the flood window: (start of the window, messages in it)."""
    if now - counted_from >= FLOOD_WINDOW:
        return now, 1
    return counted_from, counted + 1
