"""Pure: what was promised. A simple deadline per priority, from the moment of the report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

RESPOND_WITHIN = {
    "emergency": timedelta(minutes=15),
    "urgent": timedelta(hours=2),
    "normal": timedelta(hours=8),
    "low": timedelta(hours=48),
}


def promised_at(priority: str, opened_at: datetime, settings: Mapping[str, Any]) -> datetime:
    """When somebody will be there. A site may set minutes per priority: `{"promise": {"urgent": 90}}`."""
    minutes = settings.get("promise", {}).get(priority)
    return opened_at + (timedelta(minutes=minutes) if minutes else RESPOND_WITHIN[priority])


def is_overdue(promised: datetime | None, accepted_at: datetime | None, now: datetime) -> bool:
    """Whether the promise was broken: nobody had accepted when its time came."""
    return promised is not None and (accepted_at or now) > promised
