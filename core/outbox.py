"""Messages that leave. A row holds facts, never text: it is rendered at delivery, in the reader's language.

Buttons live in the row that shows them. A button's token names the row and the place in it under a MAC, so
that nothing has to be stored for it, nobody can invent one, and it is bound to the row's reader, ticket,
action and version.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, func, insert, or_, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import clock, holders, importance
from core.database import Table, rows
from core.importance import ASKING, SUMMARY
from core.prepared import Prepared

LEASE = timedelta(seconds=60)
REPEAT_AFTER = timedelta(seconds=30)
UNKNOWN = "unknown"
QUIET, QUOTA = "quiet", "quota"  # why a message waits
MAX_ATTEMPTS = 12
PER_CHAT = 3
FIRST_DELAY = timedelta(seconds=2)
LONGEST_DELAY = timedelta(hours=6)
MAC_BYTES = 10


class OutboxMessage(Table):
    """One message to one person, or to one conversation.

    `state`: ready, claimed, retry, sent, unknown (a timeout may mean delivered), undeliverable, dead, withdrawn because
    what it says was over before it went, or merged into another message that says it.
    `channel`, `account` and `conversation` are empty until delivery when the reader's best identity decides.
    `importance`: which goes first, as `core.importance` has it. `waits`: why it is held until `not_before`.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_due", "not_before", "id", sqlite_where=text("is_due = 1"), postgresql_where=text("is_due")),
        Index("ix_outbox_waiting", "person_id", sqlite_where=text("is_due = 1"), postgresql_where=text("is_due")),
        Index("ix_outbox_merged", "merged_into", sqlite_where=text("merged_into IS NOT NULL"),
              postgresql_where=text("merged_into IS NOT NULL")),
        Index(None, "ticket_id", "person_id"),
        Index(None, "person_id", "id"),
        Index("ix_outbox_key", "idempotency_key", unique=True, sqlite_where=text("idempotency_key != ''"),
              postgresql_where=text("idempotency_key != ''")),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    idempotency_key: Mapped[str] = mapped_column(default="")
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    ticket_id: Mapped[UUID | None] = mapped_column(ForeignKey("tickets.id"))
    channel: Mapped[str] = mapped_column(default="")
    account: Mapped[str] = mapped_column(default="")
    conversation: Mapped[str] = mapped_column(default="")
    kind: Mapped[str]
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    buttons: Mapped[list[Any]] = mapped_column(default=list)
    replaces: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="ready")
    is_due: Mapped[bool] = mapped_column(default=True)
    not_before: Mapped[datetime] = mapped_column(default=clock.now)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    reference: Mapped[str] = mapped_column(default="")
    error: Mapped[str] = mapped_column(default="")
    importance: Mapped[int] = mapped_column(default=importance.NEWS)
    waits: Mapped[str] = mapped_column(default="")
    merged_into: Mapped[UUID | None] = mapped_column(ForeignKey("outbox.id"))
    settled_at: Mapped[datetime | None]


holders.holds(OutboxMessage.facts)


@dataclass(frozen=True, slots=True)
class Choice:
    """A button as core sees it: what a tap does. `action` is `<flow>.<verb>`; its label is `button.<label>`.

    `text`: what the label shows in place of a translation, for names and other data.
    `url`: a link button instead of a tap.
    """

    action: str
    facts: dict[str, Any] = field(default_factory=dict)
    label: str = ""
    text: str = ""
    url: str = ""
    row: int = 0


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to be written into the outbox.

    `person_id`: the reader. `address`: (channel, account, conversation), where the answer belongs to the very
    conversation that asked; empty lets delivery choose. `version`: the ticket's version that the buttons are for.
    """

    kind: str
    facts: dict[str, Any] = field(default_factory=dict)
    person_id: UUID | None = None
    address: tuple[str, str, str] = ("", "", "")
    ticket_id: UUID | None = None
    version: int | None = None
    buttons: Sequence[Choice] = ()
    replaces: str = ""
    idempotency_key: str = ""
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tap:
    """A pressed button, read back from the row that showed it."""

    outbox_id: UUID
    person_id: UUID | None
    ticket_id: UUID | None
    action: str
    facts: dict[str, Any]
    version: int | None
    kind: str


_OUTBOX = rows(OutboxMessage)
_POST = Prepared(insert(_OUTBOX), _OUTBOX.columns.keys())


def post(session: Session, letters: Iterable[Letter], now: datetime) -> list[UUID]:
    """Write letters into the outbox with one statement."""
    posted = [_row(letter, now) for letter in letters]
    if posted:
        _POST.run_many(session, posted)
    return [row["id"] for row in posted]


def _row(letter: Letter, now: datetime) -> dict[str, Any]:
    channel, account, conversation = letter.address
    buttons = [
        {"action": b.action, "facts": b.facts, "label": b.label, "text": b.text, "url": b.url, "row": b.row,
         "version": letter.version}
        for b in letter.buttons
    ]  # fmt: skip
    return {
        "id": clock.new_id(), "idempotency_key": letter.idempotency_key, "person_id": letter.person_id,
        "ticket_id": letter.ticket_id, "channel": channel, "account": account, "conversation": conversation,
        "kind": letter.kind, "facts": letter.facts, "buttons": buttons, "replaces": letter.replaces,
        "state": "ready", "is_due": True, "not_before": letter.not_before or now, "created_at": now,
        "lease_until": None, "attempts": 0, "reference": "", "error": "", "settled_at": None,
        "importance": importance.of(letter.kind, letter.facts, is_answer=bool(channel)), "waits": "",
        "merged_into": None,
    }  # fmt: skip


def token_of(outbox_id: UUID, index: int, key: bytes) -> str:
    """The opaque token of a button: 27 bytes, 36 characters of URL-safe text."""
    body = outbox_id.bytes + bytes([index])
    return base64.urlsafe_b64encode(body + _mac(body, key)).decode()


def tapped(session: Session, token: str, key: bytes) -> Tap | None:
    """The button behind a token; None for one that is forged, cut or no longer kept."""
    try:
        raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except ValueError:
        return None
    body, mac = raw[:17], raw[17:]
    if len(raw) != 17 + MAC_BYTES or not hmac.compare_digest(mac, _mac(body, key)):
        return None
    row = session.get(OutboxMessage, UUID(bytes=body[:16]))
    if row is None or body[16] >= len(row.buttons):
        return None
    button = row.buttons[body[16]]
    return Tap(row.id, row.person_id, row.ticket_id, button["action"], button["facts"], button["version"], row.kind)


def _mac(body: bytes, key: bytes) -> bytes:
    return hmac.new(key, b"button" + body, hashlib.sha256).digest()[:MAC_BYTES]


def claim(session: Session, now: datetime, limit: int = 100) -> list[OutboxMessage]:
    """Take due messages for sending under a lease. What a dead worker had claimed comes back when it ends.

    What is more important is taken first. A chat gets its next few only, and nothing while some are under way:
    platforms take about one a second for each, and somebody with a hundred messages would hold up everybody else,
    longer than the lease.
    """
    free = or_(OutboxMessage.lease_until.is_(None), OutboxMessage.lease_until < now)
    due = (OutboxMessage.is_due, OutboxMessage.not_before <= now)
    chat = (OutboxMessage.channel, OutboxMessage.conversation, OutboxMessage.person_id)
    first = (OutboxMessage.importance, OutboxMessage.not_before, OutboxMessage.id)
    place = func.row_number().over(partition_by=chat, order_by=first).label("place")
    held = func.max(OutboxMessage.lease_until).over(partition_by=chat).label("held")
    queue = select(OutboxMessage.id, place, held).where(*due).subquery()
    next_ones = select(queue.c.id).where(queue.c.place <= PER_CHAT, or_(queue.c.held.is_(None), queue.c.held < now))
    query = select(OutboxMessage.id).where(OutboxMessage.id.in_(next_ones), *due, free)
    query = query.order_by(*first).limit(limit)
    ids = list(session.scalars(query.with_for_update(skip_locked=True)))
    if not ids:
        return []
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id.in_(ids), OutboxMessage.is_due, free)
        .values(state="claimed", lease_until=now + LEASE, attempts=OutboxMessage.attempts + 1, waits="")
    )
    return list(session.scalars(select(OutboxMessage).where(OutboxMessage.id.in_(ids)).order_by(OutboxMessage.id)))


def of_ticket(session: Session, ticket_id: UUID, limit: int = 100) -> list[OutboxMessage]:
    """What was told to whom about a ticket, newest first."""
    query = select(OutboxMessage).where(OutboxMessage.ticket_id == ticket_id)
    return list(session.scalars(query.order_by(OutboxMessage.id.desc()).limit(limit)))


def carriers_of(session: Session, messages: Iterable[OutboxMessage]) -> dict[UUID, OutboxMessage]:
    """The messages that say what these do not say themselves, by their ids."""
    wanted = {row.merged_into for row in messages if row.merged_into}
    return {row.id: row for row in session.scalars(select(OutboxMessage).where(OutboxMessage.id.in_(wanted)))}


def release(session: Session) -> None:
    """Give everything back that is claimed, where whoever claimed it is known to be dead."""
    session.execute(
        update(OutboxMessage).where(OutboxMessage.is_due, OutboxMessage.state == "claimed").values(lease_until=None)
    )


def sent(session: Session, message_id: UUID, reference: str, now: datetime) -> None:
    _settle(session, message_id, state="sent", reference=reference, error="", settled_at=now)


def proven(session: Session, message_id: UUID, reference: str, now: datetime) -> None:
    """Somebody pressed a button of the message, so it has arrived, whatever we know of its sending."""
    shown = {"state": "sent", "reference": reference, "error": "", "settled_at": now, "is_due": False}
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == message_id, OutboxMessage.is_due)
        .values(**shown, lease_until=None)
    )


def is_waiting(session: Session, message_id: UUID) -> bool:
    """Whether a message is still to be settled: another sender may have done so, whose lease began after ours."""
    query = select(OutboxMessage.is_due).where(OutboxMessage.id == message_id).with_for_update()
    return bool(session.scalar(query))


def unknown(session: Session, message: OutboxMessage, error: str, now: datetime) -> None:
    """The platform did not answer: the message may have arrived.

    What concerns tickets is repeated once, because their numbers make a double harmless; nothing else is.
    """
    if may_repeat(message, 1) and message.error != UNKNOWN:
        again = {"state": "retry", "error": UNKNOWN, "not_before": now + REPEAT_AFTER, "lease_until": None}
        session.execute(update(OutboxMessage).where(OutboxMessage.id == message.id).values(again))
        return
    unknown_for_good(session, message.id, error, now)


def unknown_for_good(session: Session, message_id: UUID, error: str, now: datetime) -> None:
    _settle(session, message_id, state="unknown", error=error[:500], settled_at=now)


def may_repeat(message: OutboxMessage, unanswered: int, *, is_awaited: bool = False) -> bool:
    """Whether a message may be sent once more after so many attempts that may have succeeded.

    `is_awaited`: its sender died. Then what somebody waits for goes once more, too: a lost question ends a talk.
    """
    is_harmless = message.ticket_id is not None or message.kind == SUMMARY
    return unanswered <= (1 if is_harmless or (is_awaited and message.importance <= ASKING) else 0)


def put_off(session: Session, message: OutboxMessage, until: datetime, why: str) -> None:
    """Give a claimed message back until its reader wants it or its platform takes it; that was no attempt.

    `why`: QUIET or QUOTA.
    """
    later = {
        "state": "ready", "not_before": until, "lease_until": None, "attempts": message.attempts - 1, "waits": why,
    }  # fmt: skip
    session.execute(update(OutboxMessage).where(OutboxMessage.id == message.id).values(later))


def undeliverable(session: Session, message_id: UUID, error: str, now: datetime) -> None:
    _settle(session, message_id, state="undeliverable", error=error[:500], settled_at=now)


def withdrawn(session: Session, message_id: UUID, reason: str, now: datetime) -> None:
    _settle(session, message_id, state="withdrawn", error=reason, settled_at=now)


def retry(session: Session, message: OutboxMessage, error: str, now: datetime, after: timedelta | None = None) -> None:
    """Try again after the platform's own wish or a growing delay; dead, and shown at the desk, after the last."""
    if message.attempts >= MAX_ATTEMPTS:
        _settle(session, message.id, state="dead", error=error[:500], settled_at=now)
        return
    delay = after or min(FIRST_DELAY * 2 ** (message.attempts - 1), LONGEST_DELAY)
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == message.id)
        .values(state="retry", error=error[:500], not_before=now + delay, lease_until=None)
    )


def mark_history(session: Session) -> None:
    """Settle every message of a history that was told at once, as of its own moment: nobody is to get it now."""
    told = {"is_due": False, "state": "sent", "settled_at": OutboxMessage.created_at}
    session.execute(update(OutboxMessage).where(OutboxMessage.is_due).values(told))


def move(session: Session, message: OutboxMessage, conversation: str) -> None:
    """What waits for a chat follows it to a new name, as a group of Telegram gets one when it becomes a supergroup."""
    same = (OutboxMessage.channel == message.channel, OutboxMessage.account == message.account)
    there = (OutboxMessage.is_due, *same, OutboxMessage.conversation == message.conversation)
    session.execute(update(OutboxMessage).where(*there).values(conversation=conversation))


def readdress(session: Session, message_id: UUID, error: str, now: datetime) -> None:
    """Let delivery choose another of the reader's identities, because this one can no longer be reached."""
    session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == message_id)
        .values(
            state="retry", channel="", account="", conversation="", error=error[:500], not_before=now, lease_until=None
        )
    )


def bounced(session: Session, message: OutboxMessage, error: str, now: datetime) -> None:
    """What was sent has not arrived: it goes another way of its reader, where it may."""
    if message.state != "sent":
        return
    if message.person_id is None or message.replaces:
        undeliverable(session, message.id, error, now)
        return
    message.is_due, message.settled_at = True, None
    session.flush()
    readdress(session, message.id, error, now)


def leave(session: Session, person_id: UUID, address: tuple[str, str, str]) -> None:
    """Let what waits for a person in a chat that is no longer theirs look for another; an edit finds none."""
    channel, account, conversation = address
    there = (OutboxMessage.channel == channel, OutboxMessage.account == account, OutboxMessage.replaces == "")
    theirs = (OutboxMessage.is_due, OutboxMessage.person_id == person_id, OutboxMessage.conversation == conversation)
    session.execute(update(OutboxMessage).where(*theirs, *there).values(channel="", account="", conversation=""))


def _settle(session: Session, message_id: UUID, **values: Any) -> None:
    session.execute(
        update(OutboxMessage).where(OutboxMessage.id == message_id).values(is_due=False, lease_until=None, **values)
    )
