"""Forgets tables that were brought to the desk a month ago: lists of people are kept no longer than they are of use.

What they brought stays where it was written, with its changes in the trace; the file goes with the next purge.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from assets.models import Import
from core.triggers import Tick, trigger

KEPT_FOR = timedelta(days=30)


def old(session: Session, tick: Tick) -> Sequence[UUID]:
    return session.scalars(select(Import.id).where(Import.at <= tick.now - KEPT_FOR).limit(1000)).all()


@trigger("old_imports", every=timedelta(hours=1), due=old)
def forget(session: Session, import_id: UUID, tick: Tick) -> None:
    session.execute(delete(Import).where(Import.id == import_id))
