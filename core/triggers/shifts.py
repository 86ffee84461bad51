"""A shift ends: what its technician accepted and has not started goes back to dispatch.

Unless the next shift is theirs too, or an appointment after the shift was made for it: somebody waits for that very
person then. Emergencies stay with whoever accepted them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import decisions
from core.calendars import Duty
from core.tickets import actions, queries
from core.tickets.models import Ticket
from core.trace import Entry
from core.triggers import Tick, trigger

NAME = "shifts"
KIND = "shift"
REASON = "shift_ended"
LIMIT = 500


def ended(session: Session, tick: Tick) -> Sequence[UUID]:
    """Shifts whose end nobody has looked at yet, by an index that holds only those."""
    query = select(Duty.id).where(Duty.kind == KIND, Duty.settled_at.is_(None), Duty.ends_at <= tick.now)
    return session.scalars(query.order_by(Duty.ends_at).limit(LIMIT)).all()


@trigger(NAME, every=timedelta(seconds=30), due=ended)
def settle(session: Session, duty_id: UUID, tick: Tick) -> None:
    """Give back what was not started, once for each shift. Only a shift that had work is an event."""
    duty = _locked(session, duty_id)
    if duty is None or duty.settled_at is not None or duty.ends_at > tick.now:
        return
    duty.settled_at = tick.now
    waiting = _not_started(session, duty)
    if not waiting:
        return
    goes_on = _goes_on(session, duty, tick)
    released = [] if goes_on else [one for one in waiting if not _is_awaited(one, duty)]
    for ticket_id in [one.id for one in released]:
        ticket = queries.by_id(session, ticket_id, lock=True)
        actions.act(session, ticket, "release", NAME, tick.now, facts={"reason": REASON})
    facts = {
        "duty": str(duty.id), "person": str(duty.person_id), "released": [one.number for one in released],
        "kept": [one.number for one in waiting if one not in released], "goes_on": goes_on,
    }  # fmt: skip
    entry = Entry("shift_ended", facts, NAME)
    decisions.append(session, duty.site_id, f"site:{duty.site_id}", [entry], tick.now)


def _locked(session: Session, duty_id: UUID) -> Duty | None:
    """The shift, locked after the work of its technician: who leaves a site gives work back first, then ends duties."""
    duty = session.get(Duty, duty_id)
    for ticket in _not_started(session, duty) if duty else ():
        queries.by_id(session, ticket.id, lock=True)
    query = select(Duty).where(Duty.id == duty_id).with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))


def _not_started(session: Session, duty: Duty) -> list[Ticket]:
    """What the person accepted before the shift ended and has not begun."""
    query = select(Ticket).where(Ticket.is_open, Ticket.assignee_id == duty.person_id, Ticket.state == "accepted")
    query = query.where(Ticket.site_id == duty.site_id, Ticket.emergency == "", Ticket.accepted_at <= duty.ends_at)
    return list(session.scalars(query.order_by(Ticket.id)))


def _is_awaited(ticket: Ticket, duty: Duty) -> bool:
    return ticket.scheduled_until is not None and ticket.scheduled_until > duty.ends_at


def _goes_on(session: Session, duty: Duty, tick: Tick) -> bool:
    """Whether the person works on: is on a shift now, or the next one of the same team, or site, is theirs too."""
    shifts = select(Duty).where(Duty.site_id == duty.site_id, Duty.kind == KIND, Duty.id != duty.id)
    running = shifts.where(Duty.person_id == duty.person_id, Duty.starts_at <= tick.now, Duty.ends_at > tick.now)
    if session.scalar(running.limit(1)) is not None:
        return True
    same_team = Duty.team_id.is_not_distinct_from(duty.team_id)
    following = shifts.where(same_team, Duty.ends_at > duty.ends_at).order_by(Duty.starts_at, Duty.id)
    first = session.scalar(following.limit(1))
    if first is None:
        return False
    same_time = following.where(Duty.person_id == duty.person_id, Duty.starts_at == first.starts_at)
    return session.scalar(same_time.limit(1)) is not None
