"""Inspections that have ended: failed items become faults, readings are kept, and what was left open is carried on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from assets.plans import settling
from core.triggers import Tick, trigger


def ended(session: Session, tick: Tick) -> Sequence[UUID]:
    return settling.due(session, tick.now)


@trigger(settling.NAME, every=timedelta(seconds=10), due=ended)
def settle(session: Session, occurrence_id: UUID, tick: Tick) -> None:
    settling.settle(session, occurrence_id, tick.now)
