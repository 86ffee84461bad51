"""Each attempt to send a message: to which chat, when, and what the platform said. What quotas are counted from.

A row is written before the message goes, in the transaction that claims it: so several processes count together,
and what a dead one may have sent is counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, bindparam, delete, exists, func, or_, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import clock, conversations
from core.database import Table, rows
from core.outbox import OutboxMessage
from core.prepared import Prepared
from core.quotas import Scope

LOCK = 0x5E4D  # the advisory lock of PostgreSQL that stands for the counts
CLOSED = ("window_closed", "quota")
UNDELIVERED = "undelivered"  # taken by the platform, which says afterwards that it did not arrive
REFUSALS = (*CLOSED, "no_consent", "blocked", "gone", UNDELIVERED)
REPORTED_WITHIN = timedelta(days=3)
SETTLED_WITHIN = timedelta(minutes=1)
THROTTLED = "throttled"
LONGEST_SAYING = 200
KEPT = timedelta(days=90)  # for the desk; no window and no quota of a platform may be longer
Place = tuple[str, str, str]  # channel, account, conversation


class Sending(Table):
    """One attempt. `outcome`: empty unless it failed, then the code of the failure; `said`: the platform's own words.

    `passed`: the ways of the reader that were closed, each as `<channel>:<reason>`, so that it went this one.
    `is_template`: sent as a template, which no window limits. `is_unanswered`: it has left, and what became of it is
    not known: the platform was silent, or the sender died.
    """

    __tablename__ = "sendings"
    __table_args__ = (
        Index(None, "channel", "account", "conversation", "at"),
        Index(None, "channel", "account", "at"),
        Index(None, "outbox_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    outbox_id: Mapped[UUID] = mapped_column(ForeignKey("outbox.id"))
    channel: Mapped[str]
    account: Mapped[str]
    conversation: Mapped[str]
    at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(default="")
    said: Mapped[str] = mapped_column(default="")
    passed: Mapped[str] = mapped_column(default="")
    is_template: Mapped[bool] = mapped_column(default=False)
    is_unanswered: Mapped[bool] = mapped_column(default=False)


_TABLE = rows(Sending)
_MESSAGES = rows(OutboxMessage)
_OURS = exists().where(
    _MESSAGES.c.id == bindparam("of_message"), _MESSAGES.c.state == "claimed",
    _MESSAGES.c.attempts == bindparam("of_attempt"),
)  # fmt: skip
_LEAVE = Prepared(update(_TABLE).where(_TABLE.c.id == bindparam("of_id"), _OURS), ["at", "is_unanswered"])
_ARRIVE = Prepared(update(_TABLE).where(_TABLE.c.id == bindparam("of_id")), ["is_unanswered"])
_BEGIN = Prepared(lambda insert: insert(_TABLE), _TABLE.columns.keys())


@dataclass(frozen=True)
class Rows:
    """The past of a conversation, read as it is asked for: what was heard by windows only, what was sent by both."""

    session: Session
    place: Place

    @cached_property
    def heard(self) -> Mapping[str, datetime]:
        return conversations.heard(self.session, *self.place)

    def refused(self, since: datetime) -> bool:
        here = (*_there(self.place, "conversation"), Sending.at >= since, Sending.outcome.in_(CLOSED))
        return self.session.scalar(select(Sending.id).where(*here).limit(1)) is not None

    def nth(self, scope: Scope, number: int, after: datetime) -> datetime | None:
        query = select(Sending.at).where(*_there(self.place, scope), Sending.at > after).order_by(Sending.at.desc())
        return self.session.scalar(query.offset(number - 1).limit(1))

    def taken(self, number: int, since: datetime) -> bool:
        may_have_arrived = or_(Sending.outcome == "", Sending.is_unanswered)
        here = (*_there(self.place, "conversation"), Sending.at >= since, may_have_arrived)
        return self.session.scalar(select(Sending.id).where(*here).offset(number - 1).limit(1)) is not None


def past(session: Session, place: Place) -> Rows:
    """What was heard from a conversation and sent to it."""
    return Rows(session, place)


def alone(session: Session) -> None:
    """Let nobody else count until this transaction ends, so that two do not both take the last of a quota."""
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


def begin(
    session: Session, outbox_id: UUID, place: Place, now: datetime, *, passed: str = "", is_template: bool = False
) -> UUID:
    """Note an attempt that is about to be made."""
    of_attempt = clock.new_id()
    channel, account, conversation = place
    _BEGIN.run(
        session, id=of_attempt, outbox_id=outbox_id, channel=channel, account=account, conversation=conversation,
        at=now, outcome="", said="", passed=passed, is_template=is_template,
        is_unanswered=False,
    )  # fmt: skip
    return of_attempt


def leaves(session: Session, sending_id: UUID, outbox_id: UUID, attempt: int, now: datetime) -> bool:
    """Note that an attempt is made in this moment; False where the message was given to another sender meanwhile."""
    values = {"at": now, "is_unanswered": True}
    return _LEAVE.run(session, of_id=sending_id, of_message=outbox_id, of_attempt=attempt, **values) == 1


def arrived(session: Session, sending_id: UUID) -> None:
    """Note that the platform has taken it."""
    _ARRIVE.run(session, of_id=sending_id, is_unanswered=False)


def unanswered(session: Session, outbox_id: UUID) -> int:
    """How many attempts to send a message may have succeeded."""
    query = select(func.count()).where(Sending.outbox_id == outbox_id, Sending.is_unanswered)
    return session.scalar(query) or 0


def failed(session: Session, sending_id: UUID, outcome: str, said: str = "", *, is_unknown: bool = False) -> None:
    """Note what became of an attempt that did not succeed."""
    values = {"outcome": outcome[:LONGEST_SAYING], "said": said[:LONGEST_SAYING], "is_unanswered": is_unknown}
    session.execute(update(Sending).where(Sending.id == sending_id).values(**values))


def referred(session: Session, place: Place, reference: str, now: datetime) -> Sending | None:
    """The attempt of these days that the platform knows by a number of its own, and has taken."""
    query = select(Sending).join(OutboxMessage, OutboxMessage.id == Sending.outbox_id)
    query = query.where(*_chat(place), Sending.at >= now - REPORTED_WITHIN, Sending.outcome == "")
    known = (OutboxMessage.reference == reference, OutboxMessage.state == "sent")
    return session.scalar(query.where(*known).order_by(Sending.id.desc()).limit(1))


def is_settling(session: Session, place: Place, now: datetime) -> bool:
    """Whether an attempt has just left of which we do not know yet what the platform calls it."""
    query = select(Sending.id).where(*_chat(place), Sending.at >= now - SETTLED_WITHIN, Sending.is_unanswered)
    return session.scalar(query.limit(1)) is not None


def of_messages(session: Session, outbox_ids: Sequence[UUID]) -> dict[UUID, list[Sending]]:
    """The attempts to send each of these messages, in their order."""
    found: dict[UUID, list[Sending]] = {}
    for one in session.scalars(select(Sending).where(Sending.outbox_id.in_(outbox_ids)).order_by(Sending.id)):
        found.setdefault(one.outbox_id, []).append(one)
    return found


def closed_to(session: Session, outbox_id: UUID) -> dict[tuple[str, str, bool], str]:
    """The chats that have refused this very message for good, with the reason: they are not tried again.

    By channel, conversation and whether it was a template.
    """
    query = select(Sending.channel, Sending.conversation, Sending.is_template, Sending.outcome).where(
        Sending.outbox_id == outbox_id, Sending.outcome.in_(REFUSALS)
    )
    return {(channel, chat, is_template): why for channel, chat, is_template, why in session.execute(query)}


def forget_old(session: Session, now: datetime) -> None:
    """Drop the attempts that no window or quota counts any more. Keys tell when rows were made, and have an index."""
    old = delete(Sending).where(Sending.id < clock.first_id(now - KEPT))
    session.execute(old.execution_options(synchronize_session=False))


def _chat(place: Place) -> tuple[Any, ...]:
    channel, account, conversation = place
    return (Sending.channel == channel, Sending.account == account, Sending.conversation == conversation)


def _there(place: Place, scope: Scope) -> tuple[Any, ...]:
    channel, account, conversation = place
    here = (Sending.channel == channel, Sending.account == account, Sending.is_template == (scope == "templates"))
    return here if scope in ("account", "templates") else (*here, Sending.conversation == conversation)
