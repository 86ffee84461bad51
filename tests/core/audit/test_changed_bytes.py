"""No byte of an event can be changed unseen."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from core import trace
from core.database import Database
from core.trace import Entry, Event
from tests.core.audit.tampering import MOMENTS, NUMBERS, TEXTS, change, events, first, names, tampering, verified


def flips(event: Event, column: str, chance: random.Random, number: int, *, is_raw: bool) -> Iterator[Any]:
    """Some other values of a column: flipped bits of single bytes where the database takes any bytes."""
    value = getattr(event, column)
    if column in NUMBERS:
        yield from (value + 1000, -1) if value is not None else (1000,)
    elif column in MOMENTS and not is_raw:
        yield (value or event.at) + timedelta(microseconds=1)
    elif column == "id" and not is_raw:
        yield UUID(int=value.int ^ 1 << chance.randrange(128))
    else:
        yield from _flipped(_stored(value, column), chance, number, is_raw=is_raw)


def _stored(value: Any, column: str) -> str:
    if value is None:
        return ""
    if column == "id":
        return str(value.hex)
    return value.strftime("%Y-%m-%d %H:%M:%S.%f") if column in MOMENTS else str(value)


def _flipped(value: str, chance: random.Random, number: int, *, is_raw: bool) -> Iterator[Any]:
    raw = value.encode()
    places = range(len(raw)) if number >= len(raw) else sorted(chance.sample(range(len(raw)), number))
    for place in places:
        if is_raw:
            yield raw[:place] + bytes([raw[place] ^ 1 << chance.randrange(8)]) + raw[place + 1 :]
        else:
            yield value[:place] + chr((ord(value[place]) ^ 1 << chance.randrange(4)) or 1) + value[place + 1 :]
    yield raw + b"x" if is_raw else value + "x"


def _write_flip(session: Session, event: Event, column: str, value: Any) -> None:
    """Write a value behind the back of every type; bytes become text that may not be UTF-8."""
    if isinstance(value, bytes):
        statement = text(f"UPDATE events SET {column} = CAST(:value AS TEXT) WHERE id = :id")  # noqa: S608
        session.execute(statement, {"value": value, "id": event.id.hex})
    else:
        change(session, event, **{column: value})


def test_every_changed_byte_of_every_column_is_detected(history: Database, full: bool) -> None:  # noqa: FBT001
    """Bits of every column of every event; `--full`: of every byte.

    The id of an event that is not sealed yet is bound by nothing and means nothing: it is left out.
    """
    chance, tried = random.Random(7), 0
    with history.read_scope() as session:
        every = events(session)
    for event in every:
        for column in ("id", *TEXTS, *MOMENTS, *NUMBERS):
            if column == "id" and event.leaf is None:
                continue
            for value in flips(event, column, chance, 10_000 if full else 2, is_raw=history.is_sqlite):
                with tampering(history) as session:
                    _write_flip(session, event, column, value)
                    report = verified(session)
                tried += 1
                assert not report.is_intact, (event.stream, event.seq, column, value)
                if column in {*TEXTS, *MOMENTS} - {"stream"}:
                    assert names(report, event), (event.stream, event.seq, column, value, report.problems)
    assert tried >= 300


@pytest.mark.parametrize(
    "moment", ["2026-11-20T02:00:00.000000", "2026-11-20 02:00:00", "2026-11-20 02:00:00.000000+00:00"]
)
def test_the_same_time_written_in_another_way_is_a_change(sqlite_db: Database, now: datetime, moment: str) -> None:
    with sqlite_db.write_scope() as session:
        trace.append(session, "place:hall", [Entry("moved")], now)
    with tampering(sqlite_db) as session:
        session.execute(text("UPDATE events SET at = :moment"), {"moment": moment})
        assert first(verified(session)).what == "audit.unreadable"
