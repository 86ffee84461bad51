"""The rows of the trace exactly as they are stored, whatever somebody did to them.

SQLite holds any bytes in any column, so there every text is read as bytes and read strictly: a changed byte may not
be UTF-8, and a time written in another way is another text. PostgreSQL's types hold nothing that cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, LargeBinary, Row, cast, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.trace import Event

ROWS = 5000
MOMENT = "%Y-%m-%d %H:%M:%S.%f"
EVENT = (
    Event.id, Event.stream, Event.seq, Event.action, Event.from_state, Event.to_state, Event.actor, Event.facts,
    Event.device_at, Event.at, Event.previous, Event.hash, Event.leaf,
)  # fmt: skip

Column = InstrumentedAttribute[Any]
Order = ColumnElement[Any] | Column


def rows(
    session: Session, columns: Sequence[Column], *order: Order, where: ColumnElement[bool] | None = None
) -> Iterator[Sequence[Row[Any]]]:
    """Rows in batches, each value as it is stored."""
    is_raw = session.get_bind().dialect.name == "sqlite"
    query = select(*(_as_stored(column) if is_raw else column for column in columns)).order_by(*order)
    if where is not None:
        query = query.where(where)
    return session.execute(query, execution_options={"yield_per": ROWS}).partitions()


def _as_stored(column: Column) -> Any:
    return column if isinstance(column.type, Integer) else cast(column, LargeBinary).label(column.key)


def event(row: Row[Any]) -> dict[str, Any]:
    """An event as it was hashed. Errors: ValueError when a value is none that we could have written."""
    return {
        "id": identifier(row.id), "stream": words(row.stream), "seq": number(row.seq), "action": words(row.action),
        "from_state": words(row.from_state), "to_state": words(row.to_state), "actor": words(row.actor),
        "facts": words(row.facts), "device_at": None if row.device_at is None else moment(row.device_at),
        "at": moment(row.at), "previous": words(row.previous), "hash": words(row.hash), "leaf": row.leaf,
    }  # fmt: skip


def words(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode()
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")  # noqa: TRY004  # one error for whatever cannot be read
    return value


def number(value: Any) -> int:
    if type(value) is not int:
        raise ValueError(f"{value!r} is no number")  # one error for whatever cannot be read
    return value


def plain(value: Any) -> Any:
    """A value as both databases give it: an id as 32 digits, nothing as an empty text. Errors: ValueError."""
    if isinstance(value, UUID):
        return value.hex
    if value is None:
        return ""
    return value.decode() if isinstance(value, bytes) else value


def flag(value: Any) -> bool:
    return value in (True, b"1")


def identifier(value: Any) -> str:
    """An id as 32 hexadecimal digits."""
    if isinstance(value, UUID):
        return value.hex
    if UUID(words(value)).hex != words(value):
        raise ValueError(f"{value!r} is no id")
    return words(value)


def moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    read = datetime.fromisoformat(words(value))
    if read.strftime(MOMENT) != words(value):
        raise ValueError(f"{value!r} is no time")
    return read.replace(tzinfo=UTC)


def shown(value: Any) -> Any:
    """A value for a message, however broken it is."""
    return value.decode(errors="replace") if isinstance(value, bytes) else value
