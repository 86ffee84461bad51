"""Seals the trace once a minute, in batches, so that sealing a long history does not hold up the writers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from core import seals
from core.triggers import Tick, trigger


def batches(session: Session, tick: Tick) -> Sequence[int]:
    return range(-(-seals.unsealed(session) // seals.BATCH))


@trigger("seals", every=timedelta(minutes=1), due=batches)
def seal(session: Session, batch: int, tick: Tick) -> None:
    seals.seal(session, seals.load_key(tick.settings), tick.now)
