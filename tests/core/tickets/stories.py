"""Tickets brought into any state through the verbs, and what an attempt to act on them leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core import access, trace
from core.access import Viewer
from core.database import Session
from core.outbox import OutboxMessage
from core.tickets import actions, evidence, queries, states
from core.tickets.models import Ticket
from core.trace import Event
from tests.core import history
from tests.personas import Cast

# How a fault that dispatch has just assigned gets into each state: who does what.
PATHS: dict[str, list[tuple[str, str]]] = {
    "assigned": [],
    "reported": [("system", "release")],
    "accepted": [("assignee", "accept")],
    "in_progress": [("assignee", "accept"), ("assignee", "check_in")],
    "on_hold": [("assignee", "accept"), ("assignee", "hold")],
    "done": [("assignee", "accept"), ("assignee", "check_in"), ("assignee", "sign_off")],
    "closed": [("assignee", "accept"), ("assignee", "check_in"), ("assignee", "sign_off"), ("reporter", "confirm")],
    "merged": [("supervisor", "merge")],
    "cancelled": [("supervisor", "cancel")],
}
assert set(PATHS) == set(states.STATES)


@dataclass(frozen=True, slots=True)
class Story:
    """A ticket with its people, another open ticket at the same site, and the present moment."""

    session: Session
    cast: Cast
    ticket: Ticket
    technician: UUID
    other: Ticket
    now: datetime

    def viewer(self, who: str) -> Viewer | str:
        """Somebody by their part or role: assignee, colleague, reporter, supervisor, manager, neighbour, stranger."""
        people = {
            "assignee": self.technician, "reporter": self.cast.resident, "supervisor": self.cast.supervisor,
            "manager": self.cast.manager, "neighbour": self.cast.neighbour, "stranger": self.cast.outsider,
            "colleague": next(
                one for one in (self.cast.technician, self.cast.second_technician) if one != self.technician
            ),
        }  # fmt: skip
        return "a trigger" if who == "system" else access.viewer(self.session, people[who])

    def parts(self, who: str) -> set[str]:
        viewer = self.viewer(who)
        return {"system"} if isinstance(viewer, str) else queries.parts_of(self.session, self.ticket, viewer)

    def act(self, who: str, action: str, after: timedelta = timedelta(minutes=1), **facts: Any) -> Ticket:
        """Act with facts that are good for the action, unless others are given."""
        known = self.facts(action) | facts
        return actions.act(self.session, self.ticket, action, self.viewer(who), self.now + after, facts=known)

    def facts(self, action: str) -> dict[str, Any]:
        visit = self.now + timedelta(hours=3)
        some: dict[str, dict[str, Any]] = {
            "assign": {"assignee": self.technician}, "transfer": {"assignee": self.technician},
            "offer_team": {"team": self.cast.crew}, "schedule": {"from": visit, "until": visit + timedelta(hours=2)},
            "sign_off": {"resolution": "fixed", "minutes": "30"}, "merge": {"into": self.other.id},
            "relocate": {"subject": queries.subject_of(self.other, is_common=True)},
            "recategorise": {"category": "electricity"}, "reprioritise": {"priority": "urgent"},
            "waive": {"evidence": "code_scan"},
            "escalate": {"level": 1, "people": [self.cast.supervisor], "next": self.now + timedelta(minutes=3)},
        }  # fmt: skip
        return {"reason": "resident_absent", **some.get(action, {})}

    def events(self) -> list[Event]:
        return trace.events_of(self.session, f"ticket:{self.ticket.id}")

    def letters(self, kind: str) -> list[UUID | None]:
        """Who was told something about this ticket."""
        told = select(OutboxMessage.person_id).where(
            OutboxMessage.ticket_id == self.ticket.id, OutboxMessage.kind == kind
        )
        return list(self.session.scalars(told.order_by(OutboxMessage.id)))


def begun(session: Session, cast: Cast, now: datetime, state: str = "assigned", *, waived: bool = True) -> Story:
    """A fault in a state. `waived`: a supervisor has waived all evidence. An appointment is proposed."""
    other = history.opened(session, cast, now, "the lamp flickers")
    ticket = history.opened(session, cast, now)
    assert ticket.assignee_id is not None
    story = Story(session, cast, ticket, ticket.assignee_id, other, now)
    story.act("supervisor", "schedule")
    for item in evidence.DEFAULTS["fault"] if waived else ():
        story.act("supervisor", "waive", evidence=item)
    for who, action in PATHS[state]:
        story.act(who, action)
    assert ticket.state == state
    return story
