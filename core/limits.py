"""Counting, so that one address, code or person cannot flood the others. Rows, so that processes share them."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.database import Table, rows
from core.errors import TooMany

WINDOW = timedelta(minutes=10)


class Tally(Table):
    """How often something happened in a window of time."""

    __tablename__ = "tallies"

    key: Mapped[str] = mapped_column(primary_key=True)
    window: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[int]


def count(session: Session, key: str, now: datetime, *, most: int) -> int:
    """Count one more; raises TooMany after `most` in ten minutes, and tells how long to wait."""
    value = tally(session, key, now)
    if value > most:
        seconds = int(WINDOW.total_seconds())
        raise TooMany(seconds=seconds - int(now.timestamp()) % seconds)
    return value


def tally(session: Session, key: str, moment: datetime) -> int:
    """How often something was counted in the ten minutes around a moment, this time included."""
    table = rows(Tally)
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    started = int(moment.timestamp()) // int(WINDOW.total_seconds())
    row = dialect.insert(table).values(key=key, window=started, value=1)
    counted = row.on_conflict_do_update(index_elements=["key", "window"], set_={"value": table.c.value + 1})
    value: int = session.execute(counted.returning(table.c.value)).scalar_one()
    return value


def forget_old(session: Session, now: datetime) -> int:
    """Drop windows that ended a day ago."""
    table = rows(Tally)
    long_ago = int((now - timedelta(days=1)).timestamp()) // int(WINDOW.total_seconds())
    return int(session.execute(delete(table).where(table.c.window < long_ago)).rowcount)  # type: ignore[attr-defined]
