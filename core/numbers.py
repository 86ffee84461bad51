"""Numbers that stand for buttons where a platform has none: which message a conversation was last offered them by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import clock
from core.database import Table, rows
from core.outbox import OutboxMessage

Address = tuple[str, str, str]  # channel, account, conversation
MEANT_FOR = timedelta(days=3)  # later a number alone is more likely to mean something else

CROSSING = timedelta(minutes=1)


class OfferedNumbers(Table):
    """The last message that offered numbers to a conversation. `places`: for each number the place of its button."""

    __tablename__ = "offered_numbers"

    channel: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(primary_key=True)
    conversation: Mapped[str] = mapped_column(primary_key=True)
    outbox_id: Mapped[UUID]
    places: Mapped[list[Any]] = mapped_column(default=list)
    at: Mapped[datetime] = mapped_column(default=clock.now)


@dataclass(frozen=True, slots=True)
class Offered:
    """What numbers mean in a conversation, from 1 on."""

    outbox_id: UUID
    places: Sequence[int]
    at: datetime

    def place(self, number: int) -> int | None:
        """The place of the button that a number stands for."""
        return self.places[number - 1] if 1 <= number <= len(self.places) else None


def offer(session: Session, address: Address, outbox_id: UUID, places: Sequence[int], now: datetime) -> None:
    """From now on numbers mean the buttons of this message, unless it was overtaken by a newer one."""
    if not places or _is_overtaken(session, address, outbox_id, now):
        return
    channel, account, conversation = address
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = dialect.insert(rows(OfferedNumbers)).values(
        channel=channel, account=account, conversation=conversation, outbox_id=outbox_id, places=list(places), at=now
    )
    fresh = {"outbox_id": row.excluded.outbox_id, "places": row.excluded.places, "at": row.excluded["at"]}
    session.execute(row.on_conflict_do_update(index_elements=["channel", "account", "conversation"], set_=fresh))


def _is_overtaken(session: Session, address: Address, outbox_id: UUID, now: datetime) -> bool:
    """Whether the message that offered numbers a moment ago was written later: an answer and news may cross.

    What arrives long after it was written is read last all the same, and its numbers are the ones that are seen.
    """
    before = session.get(OfferedNumbers, address, populate_existing=True, with_for_update=True)
    if before is None or now - before.at > CROSSING:
        return False
    ours, theirs = (session.get(OutboxMessage, one) for one in (outbox_id, before.outbox_id))
    return ours is not None and theirs is not None and _order(ours) < _order(theirs)


def _order(message: OutboxMessage) -> tuple[datetime, int, UUID]:
    """When it was written. Of one moment's messages the answer comes before the news that it brought about."""
    return message.created_at, message.importance, message.id


def last(session: Session, address: Address, now: datetime, *, asked_by: UUID | None = None) -> Offered | None:
    """What a number means there; None where none was offered of late.

    `asked_by`: in a group, who writes the number: what was offered to somebody else is not meant.
    """
    found = session.get(OfferedNumbers, address, populate_existing=True)
    if found is None or now - found.at > MEANT_FOR:
        return None
    message = session.get(OutboxMessage, found.outbox_id) if asked_by else None
    if message is not None and message.person_id not in (None, asked_by):
        return None
    return Offered(found.outbox_id, found.places, found.at)
