"""Holds when somebody is told of a deadline next against the trace, and what was told against its events.

The moment is no part of a ticket's life, so no event names it; but it follows from the trace, the rules and what was
told, so it is asked of a trace that holds. Where a goal was met since, the moment of before may still stand there: the
trigger looks then, and tells nobody. A ticket whose site has other rules by now is left out until it is counted anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core import deadlines, places, trace
from core.audit.findings import Problem
from core.deadlines import Deadline
from core.tickets import deadlining
from core.tickets.models import Ticket
from core.trace import Event

TELLING = ("remind", "overdue")
Names = set[tuple[str, str]]


def check(session: Session) -> Iterator[Problem]:
    """Look at every ticket that is open, or of which somebody is to be told."""
    query = select(Ticket.id).where(or_(Ticket.is_open, Ticket.alarm_at.is_not(None))).order_by(Ticket.id)
    for ticket_id in session.scalars(query).all():
        stream = f"ticket:{ticket_id}"
        try:
            yield from _compare(session, ticket_id, stream)
        except (ValueError, TypeError, KeyError, LookupError, RecursionError):
            yield Problem("audit.unreadable_row", stream, table="tickets", row=str(ticket_id))
        session.expunge_all()


def _compare(session: Session, ticket_id: UUID, stream: str) -> Iterator[Problem]:
    ticket = session.get_one(Ticket, ticket_id)
    site = places.site_of(session, ticket.site_id)
    events = trace.events_of(session, stream)
    told, last = _told(events), _last(events)
    if deadlining.told(session, ticket.id, ticket.round) != told:
        yield Problem("audit.content", stream, last.seq, last.action, table="deadline_alarms", row=str(ticket_id))
    if ticket.terms != deadlines.terms_of(site.settings, site.timezone).version:
        return
    found = deadlining.counted(session, ticket).deadlines
    if ticket.alarm_at not in _moments(found, told, is_open=ticket.is_open):
        yield Problem("audit.content", stream, last.seq, last.action, table="tickets.alarm_at", row=str(ticket_id))


def _moments(found: tuple[Deadline, ...], told: Names, *, is_open: bool) -> set[datetime | None]:
    """What may stand there: as it is now, or as it was before the latest of the goals were met."""
    now = deadlining.next_alarm(found, told) if is_open else None
    unmet = [replace(one, met_at=None, ended_at=None) for one in found]
    before = {deadlining.next_alarm(unmet[first:], told) for first in range(len(unmet))}
    own = deadlining.next_alarm(found[1:], told) if is_open else None  # of an emergency, which alarms by itself
    return {now, own} | (before - {None})


def _told(events: list[Event]) -> Names:
    """What was told in the present round, or had become needless, as the events have it."""
    told: Names = set()
    for event in events:
        if event.action == "reopen":
            told = set()
        if event.action in TELLING:
            facts = json.loads(event.facts)
            told |= {(facts["goal"], name) for name in (*facts["names"], *facts["superseded"])}
    return told


def _last(events: list[Event]) -> Event:
    """The event that the deadlines were last counted or told by."""
    return next(event for event in reversed(events) if event.action in TELLING or '"deadlines":' in event.facts)
