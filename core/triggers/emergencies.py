"""An emergency alarms more and more people every few minutes, until somebody accepts it. It never gives up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from core import people
from core.intake import ESCALATE_EVERY
from core.tickets import actions, alarming, queries, states
from core.tickets.models import Ticket
from core.trace import Event
from core.triggers import Tick, trigger
from core.triggers._waking import waking, woken

NAME = "emergencies"
WAITING = ("reported", "assigned")
HELD = "on_hold"
TOLD_FIRST = ("technician", "supervisor")
TOLD_LATER = ("manager", "admin")


def unaccepted(session: Session, tick: Tick) -> Sequence[UUID]:
    held = and_(Ticket.state == HELD, Ticket.accepted_at.is_(None))
    return waking(session, tick.now, Ticket.emergency != "", or_(Ticket.state.in_(WAITING), held))


@trigger(NAME, every=timedelta(seconds=10), due=unaccepted)
def escalate(session: Session, ticket_id: UUID, tick: Tick) -> None:
    """Tell more people; let anybody claim what one person has left unanswered."""
    ticket = woken(session, ticket_id, tick.now, (*WAITING, HELD))
    if ticket is None:
        return
    level = _level(session, ticket) + 1
    told = _told(session, ticket, level, tick.now)
    if ticket.assignee_id and ticket.state != HELD and _had_time(session, ticket, tick.now):
        actions.act(session, ticket, "release", NAME, tick.now, facts={"reason": states.UNANSWERED})
    facts = {"level": level, "people": told, "next": tick.now + ESCALATE_EVERY}
    actions.act(session, ticket, "escalate", NAME, tick.now, facts=facts)


def _level(session: Session, ticket: Ticket) -> int:
    """How often it was escalated in this round; a reopening begins again."""
    stream = f"ticket:{ticket.id}"
    reopened = select(func.coalesce(func.max(Event.seq), 0)).where(Event.stream == stream, Event.action == "reopen")
    query = select(func.count()).select_from(Event).where(
        Event.stream == stream, Event.action == "escalate", Event.seq > reopened.scalar_subquery()
    )  # fmt: skip
    return session.scalar(query) or 0


def _told(session: Session, ticket: Ticket, level: int, now: datetime) -> list[UUID]:
    """Who has it in hand, who is on call, technicians and supervisors; from the second time on whoever is in charge."""
    asked = [ticket.assignee_id] if ticket.assignee_id else []
    roles = TOLD_FIRST if level == 1 else TOLD_FIRST + TOLD_LATER
    holders = [who for role in roles for who in people.holders(session, ticket.site_id, role)]
    return list(dict.fromkeys([*asked, *alarming.on_call(session, ticket, now), *holders]))


def _had_time(session: Session, ticket: Ticket, now: datetime) -> bool:
    """Whether the one who is asked has had a whole interval to accept."""
    offers = [offer for offer in queries.offers_of(session, ticket) if offer.state == "open"]
    return not offers or offers[-1].offered_at + ESCALATE_EVERY <= now
