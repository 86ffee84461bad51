"""The trace: append-only streams of events, each chained to the one before by its hash.

An event's facts never hold free text or personal data: only references and salted commitments, so that a
person can be erased and the chain still verifies. Streams are `ticket:<id>`, `asset:<id>`, `plan:<id>`,
`person:<id>`, `place:<id>` or `site:<id>`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, insert, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import clock
from core.database import Table, rows
from core.prepared import Prepared

GENESIS = "0" * 64


class Event(Table):
    """One entry of the trace. `facts`: canonical JSON text, exactly as it was hashed. `leaf`: its place in the log."""

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("stream", "seq"),
        UniqueConstraint("leaf"),
        Index("ix_events_unsealed", "id", sqlite_where=text("leaf IS NULL"), postgresql_where=text("leaf IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    stream: Mapped[str]
    seq: Mapped[int]
    action: Mapped[str]
    from_state: Mapped[str] = mapped_column(default="")
    to_state: Mapped[str] = mapped_column(default="")
    actor: Mapped[str] = mapped_column(default="")
    facts: Mapped[str]
    device_at: Mapped[datetime | None]
    at: Mapped[datetime] = mapped_column(default=clock.now)
    previous: Mapped[str]
    hash: Mapped[str]
    leaf: Mapped[int | None]


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a stream: the number of its last event and that event's hash."""

    seq: int = 0
    hash: str = GENESIS


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened, before it is chained. `actor`: a person's id, or the name of a trigger."""

    action: str
    facts: dict[str, Any] = field(default_factory=dict)
    actor: str = ""
    from_state: str = ""
    to_state: str = ""
    device_at: datetime | None = None


def canonical(facts: dict[str, Any]) -> str:
    """JSON with sorted keys and no spaces: the same facts are always the same bytes."""
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def commitment(salt: str, words: str) -> str:
    """A salted commitment to personal or free text. Destroying the salt makes it unlinkable."""
    return hashlib.sha256(f"{salt}\x00{words}".encode()).hexdigest()


def event_hash(row: dict[str, Any]) -> str:
    """The hash of an event over everything that it says, the hash before it included."""
    parts = (
        str(row["id"]).replace("-", ""), row["previous"], row["stream"], str(row["seq"]), row["action"],
        row["from_state"], row["to_state"], row["actor"], row["facts"], _stamp(row["device_at"]), _stamp(row["at"]),
    )  # fmt: skip
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def _stamp(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).isoformat(timespec="microseconds")


def chain(stream: str, head: Head, entries: list[Entry], now: datetime) -> list[dict[str, Any]]:
    """The rows that append entries to a stream whose end is `head`. Pure but for the rows' ids."""
    rows: list[dict[str, Any]] = []
    for entry in entries:
        row: dict[str, Any] = {
            "id": clock.new_id(), "stream": stream, "seq": head.seq + 1, "action": entry.action,
            "from_state": entry.from_state, "to_state": entry.to_state, "actor": entry.actor,
            "facts": canonical(entry.facts), "device_at": entry.device_at, "at": now,
            "previous": head.hash, "leaf": None,
        }  # fmt: skip
        row["hash"] = event_hash(row)
        head = Head(row["seq"], row["hash"])
        rows.append(row)
    return rows


_EVENTS = rows(Event)
_WRITE = Prepared(insert(_EVENTS), _EVENTS.columns.keys())


def write(session: Session, events: list[dict[str, Any]]) -> None:
    """Write chained events."""
    _WRITE.run_many(session, events)


def append(session: Session, stream: str, entries: list[Entry], now: datetime, head: Head | None = None) -> Head:
    """Append entries to a stream. Two writers of one stream meet in its unique (stream, seq).

    `head`: the stream's end where the caller holds it in a row that it is changing under a version; otherwise
    it is looked up.
    """
    events = chain(stream, head or head_of(session, stream), entries, now)
    write(session, events)
    return Head(events[-1]["seq"], events[-1]["hash"])


def head_of(session: Session, stream: str) -> Head:
    query = select(Event.seq, Event.hash).where(Event.stream == stream).order_by(Event.seq.desc()).limit(1)
    found = session.execute(query).first()
    return Head(found.seq, found.hash) if found else Head()


def events_of(session: Session, stream: str) -> list[Event]:
    return list(session.scalars(select(Event).where(Event.stream == stream).order_by(Event.seq)))
