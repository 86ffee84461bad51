"""The deadlines of a ticket: counted when it opens or changes, kept in its row, told about once each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import deadlines, places, trace
from core.database import Table
from core.deadlines import Alarm, Deadline, Matter, Moment, Terms
from core.places import SiteFacts
from core.tickets.models import Ticket
from core.trace import Event

COLUMNS = {"respond": "promised_at", "arrive": "arrive_by", "repair": "repair_by"}
# Actions after which a deadline may be another one. What meets a goal moves none.
COUNTED = ("hold", "resume", "reopen", "recategorise", "reprioritise", "offer_team")
# Actions that a deadline, or whether it was kept, can be read from.
MATTERS = ("report", "recount", "cancel", "merge", *COUNTED, *deadlines.MEETS)


class DeadlineAlarm(Table):
    """Something that was told about a deadline, or that a later alarm had made needless: each once in a round.

    `name`: `remind:<minutes before>` or `step:<level>`. `state`: told or superseded.
    """

    __tablename__ = "deadline_alarms"

    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("tickets.id"), primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True)
    goal: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    due_at: Mapped[datetime]
    told_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Count:
    """Deadlines as they were counted: `values` for the row, `facts` for the trace."""

    deadlines: tuple[Deadline, ...]
    terms: Terms

    @property
    def facts(self) -> dict[str, Any]:
        return {"terms": self.terms.version, "goals": [one.facts for one in self.deadlines if one.facts]}

    def values(self, told: set[tuple[str, str]]) -> dict[str, Any]:
        due = {COLUMNS[one.goal]: one.due_at for one in self.deadlines}
        return {**due, "terms": self.terms.version, "alarm_at": next_alarm(self.deadlines, told)}


def opening(site: SiteFacts, matter: Matter, now: datetime, until: datetime | None = None) -> Count:
    """The deadlines of a ticket that is reported now: no statement, because the report waits for it."""
    terms = deadlines.terms_of(site.settings, site.timezone)
    return Count(deadlines.opening(matter, now, terms, until), terms)


def counted(session: Session, ticket: Ticket, more: Sequence[Moment] = ()) -> Count:
    """The deadlines of a ticket from its trace, and from what is about to be written there."""
    site = places.site_of(session, ticket.site_id)
    terms = deadlines.terms_of(site.settings, site.timezone)
    return Count(deadlines.judge([*moments_of(session, ticket.id), *more], terms), terms)


def after(session: Session, ticket: Ticket, moment: Moment, round_number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """What an action changes in the row and adds to its event; nothing where it cannot have moved a deadline."""
    is_released = ticket.state == deadlines.HELD != moment.to_state
    is_counted = moment.action == "offer_team" and moment.at == ticket.opened_at  # for this very team, as it opened
    if is_counted or not (moment.action in COUNTED or is_released):
        return {}, {}
    count = counted(session, ticket, [moment])
    return count.values(told(session, ticket.id, round_number)), {"deadlines": count.facts}


def moments_of(session: Session, ticket_id: UUID) -> list[Moment]:
    events = trace.events_of(session, f"ticket:{ticket_id}")
    return [Moment(event.at, event.action, json.loads(event.facts), event.to_state) for event in events]


def told(session: Session, ticket_id: UUID, round_number: int) -> set[tuple[str, str]]:
    """What was told in a round, or had become needless: goal and name."""
    query = select(DeadlineAlarm.goal, DeadlineAlarm.name).where(
        DeadlineAlarm.ticket_id == ticket_id, DeadlineAlarm.round == round_number
    )
    return {(goal, name) for goal, name in session.execute(query)}


def keep(
    session: Session, ticket: Ticket, alarms: Sequence[Alarm], state: str, due_at: datetime, now: datetime
) -> None:
    session.add_all(
        DeadlineAlarm(
            ticket_id=ticket.id, round=ticket.round, goal=one.goal, name=one.name, state=state, due_at=due_at,
            told_at=now,
        )
        for one in alarms
    )  # fmt: skip
    session.flush()


def next_alarm(found: Sequence[Deadline], told: set[tuple[str, str]]) -> datetime | None:
    """When somebody has to be told something next."""
    ahead = [alarm.at for one in found for alarm in deadlines.alarms(one) if (alarm.goal, alarm.name) not in told]
    return min(ahead, default=None)


@dataclass(frozen=True, slots=True)
class Shown:
    """A deadline as the trace tells it. `facts`: what it was counted from, for `deadlines.said`."""

    goal: str
    due_at: datetime | None
    met_at: datetime | None
    is_missed: bool
    facts: dict[str, Any]


def shown(session: Session, ticket: Ticket, now: datetime) -> list[Shown]:
    """The deadlines of the last round as they were last counted, whatever the site's rules are today."""
    return _told(moments_of(session, ticket.id), now)


def shown_all(session: Session, tickets: Sequence[Ticket], now: datetime) -> dict[UUID, list[Shown]]:
    """The same for many tickets, with one query for the events that deadlines follow from."""
    streams = {f"ticket:{ticket.id}": ticket.id for ticket in tickets}
    columns = (Event.stream, Event.at, Event.action, Event.facts, Event.to_state)
    matters = or_(Event.action.in_(MATTERS), Event.from_state == deadlines.HELD)
    query = select(*columns).where(Event.stream.in_(streams), matters).order_by(Event.stream, Event.seq)
    moments: dict[UUID, list[Moment]] = {ticket.id: [] for ticket in tickets}
    for row in session.execute(query):
        moments[streams[row.stream]].append(Moment(row.at, row.action, json.loads(row.facts), row.to_state))
    return {ticket_id: _told(found, now) for ticket_id, found in moments.items()}


def _told(moments: Sequence[Moment], now: datetime) -> list[Shown]:
    counts = [moment.facts["deadlines"]["goals"] for moment in moments if "deadlines" in moment.facts]
    began = max((at for at, moment in enumerate(moments) if moment.action == "reopen"), default=0)
    return [_shown(facts, moments[began:], now) for facts in counts[-1]] if counts else []


def _shown(facts: dict[str, Any], moments: Sequence[Moment], now: datetime) -> Shown:
    goal, due = facts["goal"], datetime.fromisoformat(facts["due"]) if "due" in facts else None
    met = next((moment.at for moment in moments if deadlines.MEETS.get(moment.action) == goal), None)
    ended = next((moment.at for moment in moments if moment.to_state in deadlines.ENDED), None)
    return Shown(goal, due, met, deadlines.is_overdue(due, met or ended, now), facts)


def visit(ticket: Ticket) -> datetime | None:
    """Until when somebody is there, as those who wait are told it; without such a rule, the promise."""
    return ticket.arrive_by or ticket.promised_at


def running(ticket: Ticket) -> datetime | None:
    """Until when the next thing is to be done: accept it, be there, be ready.

    Without a time to be there, the promise holds until somebody is.
    """
    if ticket.state in ("reported", "assigned"):
        return ticket.promised_at
    if ticket.state == "accepted":
        return ticket.arrive_by or ticket.promised_at
    return ticket.repair_by if ticket.state == "in_progress" else None
