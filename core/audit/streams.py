"""Checks every stream from its first event to its end, and that each ticket stands where its stream ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import Session

from core import trace
from core.audit import stored
from core.audit.findings import Advance, Problem
from core.tickets.models import Ticket
from core.trace import Event, Head

TICKET = "ticket:"


@dataclass(frozen=True, slots=True)
class End:
    """The last event of a ticket's stream."""

    seq: int
    hash: str
    state: str
    action: str


Ends = dict[str, End]


def check(session: Session, ends: Ends, advance: Advance, hear: Callable[[dict[str, Any]], None]) -> Iterator[Problem]:
    """Check hash, link and number of every event. Fills `ends` with the ends of the tickets' streams.

    `hear`: takes every event that can be read, in order.
    """
    stream, head = "", Head()
    for batch in stored.rows(session, stored.EVENT, Event.stream, Event.seq):
        for row in batch:
            try:
                event = stored.event(row)
            except ValueError:
                yield Problem(
                    "audit.unreadable", stored.shown(row.stream), stored.shown(row.seq), stored.shown(row.action)
                )
                continue
            if event["stream"] != stream:
                stream, head = event["stream"], Head()
            if what := _fault(event, head):
                yield Problem(what, stream, event["seq"], event["action"])
            head = Head(event["seq"], event["hash"])
            hear(event)
            if stream.startswith(TICKET):
                ends[stream] = End(head.seq, head.hash, event["to_state"], event["action"])
        advance(len(batch))


def _fault(event: dict[str, Any], head: Head) -> str:
    """What is wrong with an event that should follow `head`; empty when nothing is."""
    if trace.event_hash(event) != event["hash"]:
        return "audit.changed"
    if event["seq"] > head.seq + 1:
        return "audit.gap"
    if event["seq"] != head.seq + 1:
        return "audit.misplaced"
    return "" if event["previous"] == head.hash else "audit.unlinked"


def check_tickets(session: Session, ends: Ends) -> Iterator[Problem]:
    """Compare every ticket with the end of its stream, so that an end that was cut off is seen."""
    columns = (Ticket.id, Ticket.state, Ticket.trace_seq, Ticket.trace_head)
    for batch in stored.rows(session, columns, Ticket.id):
        for row in batch:
            yield from _compare(row, ends)
    for stream, end in ends.items():
        yield Problem("audit.no_ticket", stream, end.seq, end.action)


def _compare(row: Row[Any], ends: Ends) -> Iterator[Problem]:
    try:
        stream = f"{TICKET}{UUID(stored.identifier(row.id))}"
        state, seq, head = stored.words(row.state), stored.number(row.trace_seq), stored.words(row.trace_head)
    except ValueError:
        yield Problem("audit.unreadable_ticket", stored.shown(row.id))
        return
    end = ends.pop(stream, None)
    if end is None:
        yield Problem("audit.no_events", stream, seq)
    elif end.seq < seq:
        yield Problem("audit.cut_off", stream, end.seq, end.action)
    elif (end.seq, end.hash) != (seq, head):
        yield Problem("audit.other_end", stream, end.seq, end.action)
    elif end.state != state:
        yield Problem("audit.other_state", stream, end.seq, end.action)
