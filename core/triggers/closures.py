"""Silence after a sign-off closes the ticket as unanswered, which never counts as satisfied."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from core.tickets import actions
from core.tickets.models import Ticket
from core.triggers import Tick, trigger
from core.triggers._waking import waking, woken

NAME = "closures"


def silent(session: Session, tick: Tick) -> Sequence[UUID]:
    return waking(session, tick.now, Ticket.state == "done")


@trigger(NAME, every=timedelta(minutes=1), due=silent)
def lapse(session: Session, ticket_id: UUID, tick: Tick) -> None:
    ticket = woken(session, ticket_id, tick.now, ("done",))
    if ticket is not None:
        actions.act(session, ticket, "lapse", NAME, tick.now)
