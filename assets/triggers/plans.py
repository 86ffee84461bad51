"""Maintenance plans: what is due becomes tickets. Every date that was missed is made late, and none is made twice.

A plan that cannot be worked out holds up no other: it is put off and told of.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.orm import Session

from assets.plans import deciding, holding, making, telling
from core.errors import Busy, Conflict
from core.triggers import Tick, trigger

log = logging.getLogger(__name__)
PASSING = (OperationalError, InterfaceError, InternalError, TimeoutError, Busy, Conflict)

__all__ = ["due", "make", "telling"]  # what digests are told is registered with the trigger


def due(session: Session, tick: Tick) -> Sequence[UUID]:
    return making.due(session, tick.now)


@trigger(deciding.NAME, every=timedelta(seconds=30), due=due)
def make(session: Session, plan_id: UUID, tick: Tick) -> None:
    """Whatever goes wrong with the plan itself is kept beside it; a database that fails is tried again as ever."""
    try:
        with session.begin_nested():
            was_held = holding.is_held(session, plan_id)
            making.make(session, plan_id, tick.now)
            if was_held:
                holding.let_go(session, plan_id, tick.now)
            holding.tell_of_nothing(session, plan_id, tick.now, tick.settings.public_url)
    except PASSING:
        raise
    except Exception:
        log.exception("plan %s cannot be worked out and is held", plan_id)
        holding.hold(session, plan_id, tick.now, tick.settings.public_url)
