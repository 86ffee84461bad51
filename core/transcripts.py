"""What a web chat shows: both sides of each conversation, in the order in which the server took and sent it.

The other platforms keep their own history; for the web chat we are the platform.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, cast, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import clock, holders
from core.database import Table, rows

SHOWN = 200


class WebChat(Table):
    """One browser's conversation, with the number of its newest line."""

    __tablename__ = "web_chats"

    id: Mapped[str] = mapped_column(primary_key=True)
    lines: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[datetime] = mapped_column(default=clock.now)


class Line(Table):
    """One bubble; `side`: mine (the person's) or theirs.

    `body` of theirs: {"text", "buttons", "photo", "is_urgent"}; of mine: {"kind", "text", "files", "location",
    "message", "token"}. Photos and files are named by their storage keys.
    """

    __tablename__ = "chat_lines"
    __table_args__ = (Index(None, "chat_id", "key", unique=True),)

    chat_id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    side: Mapped[str]
    body: Mapped[dict[str, Any]] = mapped_column(default=dict)
    replaces: Mapped[str] = mapped_column(default="")
    said_at: Mapped[datetime] = mapped_column(default=clock.now)


holders.holds(Line.body)


def open_chat(session: Session, now: datetime) -> str:
    """Begin a conversation; its id is random and hard to guess."""
    chat = WebChat(id=UUID(bytes=clock.new_id().bytes).hex + clock.secret(64), lines=0, opened_at=now)
    session.add(chat)
    session.flush()
    return chat.id


def append(
    session: Session, chat_id: str, key: str, side: str, body: dict[str, Any], now: datetime, *, replaces: str = ""
) -> str | None:
    """Add a line once; returns its reference, for a replay that of the line which is there, None for an unknown chat.

    The row of the chat is locked by its counter, so that numbers have no gaps and no two lines share one.
    """
    number = _count(session, chat_id, 1)
    if number is None:
        return None
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    values = {
        "chat_id": chat_id, "number": number, "key": key, "side": side, "body": body, "replaces": replaces,
        "said_at": now,
    }  # fmt: skip
    line = dialect.insert(rows(Line)).values(values).on_conflict_do_nothing(index_elements=["chat_id", "key"])
    # What is returned tells whether it was added; psycopg gives no row count here (checked).
    if session.scalar(line.returning(Line.number)) is not None:
        return str(number)
    # A reader who waits for the number that was counted in vain would ask again and again.
    _count(session, chat_id, -1)
    return str(session.scalar(select(Line.number).where(Line.chat_id == chat_id, Line.key == key)))


def _count(session: Session, chat_id: str, more: int) -> int | None:
    counted = update(WebChat).where(WebChat.id == chat_id).values(lines=WebChat.lines + more).returning(WebChat.lines)
    return session.scalar(counted.execution_options(synchronize_session=False))


def lines_after(session: Session, chat_id: str, number: int, limit: int = SHOWN) -> list[Line]:
    """The newest lines of a chat after a number, in order."""
    query = select(Line).where(Line.chat_id == chat_id, Line.number > number)
    return list(reversed(session.scalars(query.order_by(Line.number.desc()).limit(limit)).all()))


def forget_old(session: Session, now: datetime) -> None:
    """Drop the lines that no reader gets any more, because newer ones fill what is shown."""
    long_ones = select(WebChat.id).where(WebChat.lines > SHOWN)
    shown = select(WebChat.lines - SHOWN).where(WebChat.id == Line.chat_id).correlate(Line).scalar_subquery()
    old = delete(Line).where(Line.chat_id.in_(long_ones), Line.number <= shown)
    session.execute(old.execution_options(synchronize_session=False))


def newest(session: Session, chat_ids: Iterable[str]) -> dict[str, int]:
    """The number of the newest line of some chats: one query for all who wait."""
    query = select(WebChat.id, WebChat.lines).where(WebChat.id.in_(list(chat_ids)))
    return {row.id: row.lines for row in session.execute(query)}


def shows(session: Session, chat_id: str, file: str) -> str | None:
    """The media type of a file that some line of a chat shows, so that only its own reader gets it; None otherwise."""
    named = cast(Line.body, String).contains(file, autoescape=True)
    query = select(Line.body).where(Line.chat_id == chat_id, named)
    return next((mime for body in session.scalars(query) if (mime := _shown(body, file))), None)


def _shown(body: dict[str, Any], file: str) -> str | None:
    if body.get("photo") == file:
        return "image/png" if file.endswith(".png") else "image/jpeg"
    return next((str(item["mime"]) for item in body.get("files", ()) if item["key"] == file), None)
