"""Silence after a sign-off closes the ticket as unanswered, which never counts as satisfied.

Nobody is woken to be told so: within the quiet hours of the site it waits for their end.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from core import calendars, places
from core.tickets import actions
from core.tickets.models import Ticket
from core.triggers import Tick, trigger
from core.triggers._waking import waking, woken

NAME = "closures"


def silent(session: Session, tick: Tick) -> Sequence[UUID]:
    return waking(session, tick.now, Ticket.state == "done")


@trigger(NAME, every=timedelta(minutes=1), due=silent, waits=Ticket.wake_at)
def lapse(session: Session, ticket_id: UUID, tick: Tick) -> None:
    ticket = woken(session, ticket_id, tick.now, ("done",))
    if ticket is None:
        return
    site = places.site_of(session, ticket.site_id)
    ticket.wake_at = calendars.after_quiet(tick.now, site.settings.get("quiet", ()), site.timezone)
    if ticket.wake_at <= tick.now:
        actions.act(session, ticket, "lapse", NAME, tick.now)
