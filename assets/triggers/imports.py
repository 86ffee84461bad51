"""Checks and imports the tables that were brought to the desk, piece by piece."""

from __future__ import annotations

from sqlalchemy.orm import Session

from assets import jobs
from assets.jobs import Piece
from core.triggers import Tick, trigger


@trigger(jobs.NAME, every=jobs.EVERY, due=jobs.due)
def work(session: Session, piece: Piece, tick: Tick) -> None:
    jobs.handle(session, piece, tick)
