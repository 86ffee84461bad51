"""What came of an inspection that has ended: the faults that it led to, and whether its answers were acted on yet."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from assets.plans.models import Occurrence
from core import trace
from core.tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class Found:
    """A fault that a failed answer led to. `position`: of the question; `is_new`: opened for it, not open before."""

    fault: Ticket
    position: int
    is_new: bool


def faults_of(session: Session, ticket: Ticket) -> list[Found]:
    """What failed and the fault that it led to, in the order in which it was found; each question and fault once."""
    events = trace.events_of(session, f"ticket:{ticket.id}")
    told = [json.loads(event.facts) for event in events if event.action == "found"]
    pairs = list(dict.fromkeys((facts["fault"], facts["position"]) for facts in told))
    query = select(Ticket).where(Ticket.number.in_([number for number, _ in pairs]))
    faults = {fault.number: fault for fault in session.scalars(query)} if pairs else {}
    return [
        Found(faults[number], position, faults[number].follows_id == ticket.id)
        for number, position in pairs if number in faults
    ]  # fmt: skip


def is_settled(session: Session, ticket: Ticket) -> bool:
    """Whether the answers of its present round were acted on; what came of no plan has nothing to wait for."""
    query = select(Occurrence.id).where(Occurrence.ticket_id == ticket.id, Occurrence.settled_round < ticket.round)
    return session.scalar(query.limit(1)) is None
