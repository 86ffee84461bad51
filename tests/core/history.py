"""A small history made through the verbs, for the tests of the trace, the seals and the triggers."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from core import access, checkpoints, seals, trace
from core.database import Database, Session
from core.intake import FaultReport, report_fault
from core.tickets import actions, queries
from core.tickets.models import Subject, Ticket
from core.trace import Entry
from tests.personas import Cast

KEY = checkpoints.signing_key("42" * 32)
WAIVED = ["after_photo", "technician_signature"]


def opened(session: Session, cast: Cast, now: datetime, text: str = "the tap drips", category: str = "water") -> Ticket:
    """A resident's report from their home, given out by dispatch."""
    home = Subject(cast.site, cast.home, "A/12/1203", is_common=False)
    report = FaultReport(home, text, reporter_id=cast.resident, category=category)
    ticket = report_fault(session, report, now).ticket
    assert ticket is not None
    return ticket


def emergency(session: Session, cast: Cast, now: datetime) -> Ticket:
    ticket = opened(session, cast, now, "I smell gas in the kitchen", "")
    assert ticket.emergency
    return ticket


def take(session: Session, ticket: Ticket, action: str, person: UUID, now: datetime, **facts: object) -> Ticket:
    return actions.act(session, ticket, action, access.viewer(session, person), now, facts=facts)


def done(session: Session, cast: Cast, now: datetime) -> Ticket:
    """A ticket that its technician has signed off, with a supervisor's waiver in place of the evidence."""
    ticket = opened(session, cast, now)
    assert ticket.assignee_id is not None
    technician = ticket.assignee_id
    for minute, item in enumerate(WAIVED):
        take(session, ticket, "waive", cast.supervisor, now + timedelta(minutes=minute), evidence=item, reason="other")
    take(session, ticket, "accept", technician, now + timedelta(minutes=5))
    take(session, ticket, "check_in", technician, now + timedelta(minutes=20))
    return take(session, ticket, "sign_off", technician, now + timedelta(hours=1), resolution="fixed")


def seeded(db: Database, cast: Cast, now: datetime) -> None:
    """Three tickets and a place's stream: five seals, the last of which leaves two events unsealed."""
    with db.write_scope() as session:
        done(session, cast, now)
        trace.append(session, f"place:{cast.hall}", [Entry("renamed", {"by": "desk"}), Entry("moved")], now)
    for number in range(4):
        with db.write_scope() as session:
            seals.seal(session, KEY, now + timedelta(hours=1, minutes=number), limit=2)
    with db.write_scope() as session:
        emergency(session, cast, now + timedelta(hours=2))
        seals.seal(session, KEY, now + timedelta(hours=2))
        opened(session, cast, now + timedelta(hours=3), "the lamp flickers", "electricity")


def reread(db: Database, ticket: Ticket) -> Ticket:
    with db.read_scope() as session:
        return queries.by_id(session, ticket.id)
