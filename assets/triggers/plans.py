"""Maintenance plans: what is due becomes tickets. Every date that was missed is made late, and none is made twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from assets.plans import deciding, making, telling
from core.triggers import Tick, trigger

__all__ = ["due", "make", "telling"]  # what digests are told is registered with the trigger


def due(session: Session, tick: Tick) -> Sequence[UUID]:
    return making.due(session, tick.now)


@trigger(deciding.NAME, every=timedelta(seconds=30), due=due)
def make(session: Session, plan_id: UUID, tick: Tick) -> None:
    making.make(session, plan_id, tick.now)
