"""The trace as a file for a third party, who checks it with docs/verify_trace.py and needs none of our code.

JSON lines: the log's public key, every seal's signed note, every event in the order of the log, unsealed ones last.
An event's values are the very texts that were hashed; they hold no free text and no personal data.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit.stored import EVENT, ROWS
from core.checkpoints import PublicKey
from core.seals import Seal
from core.trace import Event


def lines(session: Session, public_key: PublicKey) -> Iterator[str]:
    """The lines of the file, each with its end."""
    yield _line({"key": public_key.text})
    for note in session.scalars(select(Seal.note).order_by(Seal.number), execution_options={"yield_per": ROWS}):
        yield _line({"seal": note})
    order = (Event.leaf.is_(None), Event.leaf, Event.stream, Event.seq)
    for event in session.execute(select(*EVENT).order_by(*order), execution_options={"yield_per": ROWS}):
        yield _line({"event": _said(event)})


def _said(event: Any) -> dict[str, Any]:
    return {
        "id": event.id.hex, "stream": event.stream, "seq": event.seq, "action": event.action,
        "from_state": event.from_state, "to_state": event.to_state, "actor": event.actor, "facts": event.facts,
        "device_at": _stamp(event.device_at), "at": _stamp(event.at), "previous": event.previous, "hash": event.hash,
        "leaf": event.leaf,
    }  # fmt: skip


def _stamp(moment: datetime | None) -> str:
    """A time as it was hashed."""
    return "" if moment is None else moment.isoformat(timespec="microseconds")


def _line(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"
