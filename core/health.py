"""Whether the system can work: when the scheduler last ticked, what waits, what has failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import scheduler
from core.inbox import InboxMessage
from core.outbox import OutboxMessage
from core.tickets.models import Ticket

LATE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Health:
    """`reasons`: why it is not ready, as keys. `gauges`: figures by name."""

    reasons: list[str]
    gauges: dict[str, float]

    @property
    def is_ready(self) -> bool:
        return not self.reasons

    def as_dict(self) -> dict[str, Any]:
        return {"ready": self.is_ready, "reasons": self.reasons, **self.gauges}


def look(session: Session, now: datetime) -> Health:
    ticked = scheduler.last_ticked(session)
    age = (now - ticked).total_seconds() if ticked else -1.0
    gauges = {
        "scheduler_age_seconds": age,
        "outbox_due": _count(session, OutboxMessage.is_due),
        "outbox_dead": _count(session, OutboxMessage.state == "dead"),
        "inbox_pending": _count(session, InboxMessage.state == "pending"),
        "inbox_dead": _count(session, InboxMessage.state == "dead"),
        "tickets_open": _count(session, Ticket.is_open),
    }
    is_late = ticked is None or now - ticked > LATE
    return Health(["scheduler_late"] if is_late else [], gauges)


def _count(session: Session, condition: Any) -> float:
    return float(session.scalar(select(func.count()).where(condition)) or 0)
