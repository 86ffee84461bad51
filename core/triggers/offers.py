"""An offer that nobody answers goes to the next technician; work that came back is given out again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from core.tickets import actions, dispatching, states
from core.tickets.models import Ticket
from core.triggers import Tick, trigger
from core.triggers._waking import waking, woken

NAME = "offers"
WAITING = ("reported", "assigned")


def unanswered(session: Session, tick: Tick) -> Sequence[UUID]:
    return waking(session, tick.now, Ticket.emergency == "", Ticket.state.in_(WAITING))


@trigger(NAME, every=timedelta(seconds=10), due=unanswered)
def ask_the_next(session: Session, ticket_id: UUID, tick: Tick) -> None:
    """Take it back from who did not answer, and dispatch. When nobody is left, dispatch tells the desk once."""
    ticket = woken(session, ticket_id, tick.now, WAITING)
    if ticket is None:
        return
    if ticket.state == "assigned":
        actions.act(session, ticket, "release", NAME, tick.now, facts={"reason": states.UNANSWERED})
    dispatching.dispatch(session, ticket, tick.now)
