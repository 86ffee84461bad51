"""Holds what plans have brought about against the trace: the dates that were made, and the visits of rounds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from assets.plans import rounds
from assets.plans.models import Occurrence, Stop
from core import trace
from core.audit import beside
from core.audit.findings import Problem
from core.audit.told import COMMITMENT
from core.tickets.models import Note
from core.trace import Event

ROWS = 500
Told = list[tuple[Event, dict[str, Any]]]


@beside.BESIDE.register("occurrences")
def occurrences(session: Session) -> Iterator[Problem]:
    """Each date that was made says what the event of its ticket says, and each such event has its date."""
    for one, told in _told(session, Occurrence, "planned", "settled"):
        yield from _occurrence(one, told)
    yield from _unmade(session)


def _occurrence(one: Occurrence, told: Told) -> Iterator[Problem]:
    made = next(((event, facts) for event, facts in told if event.action == "planned"), None)
    stream = f"ticket:{one.ticket_id}"
    if made is None:
        yield Problem("audit.unspoken", stream, table="occurrences", row=str(one.id))
        return
    event, facts = made
    rounds_ = [(None, 0), *((event.at, facts["round"]) for event, facts in told if event.action == "settled")]
    settled_at, settled_round = rounds_[-1]
    said = {
        "plan_id": facts["plan"], "on_day": facts["on"], "planned_on": facts["planned_on"], "until_on": facts["until"],
        "reason": facts["reason"], "is_late": str(facts["kind"] == "late"),
        "subject": facts["subject"],
        "settled_at": str(settled_at), "settled_round": str(settled_round),
    }  # fmt: skip
    for name, value in said.items():
        if str(getattr(one, name)) != value:
            yield Problem(
                "audit.content", stream, event.seq, event.action, table=f"occurrences.{name}", row=str(one.id)
            )


def _unmade(session: Session) -> Iterator[Problem]:
    """Dates that an event tells of and that are gone: they would be made a second time."""
    after = UUID(int=0)
    while True:
        query = select(Event.id, Event.stream, Event.seq).where(Event.action == "planned", Event.id > after)
        found = session.execute(query.order_by(Event.id).limit(ROWS)).all()
        if not found:
            return
        tickets = {UUID(row.stream.removeprefix("ticket:")): row for row in found}
        there = session.scalars(select(Occurrence.ticket_id).where(Occurrence.ticket_id.in_(tickets)))
        for gone in sorted(set(tickets) - set(there)):
            row = tickets[gone]
            yield Problem("audit.row_gone", row.stream, row.seq, "planned", table="occurrences", row=str(gone))
        after = found[-1].id


@beside.BESIDE.register("stops")
def stops(session: Session) -> Iterator[Problem]:
    """Each stop keeps the best visit of its round, and why it was left, as the events have it."""
    for one, told in _told(session, Stop, "visit", "leave", "reopen"):
        yield from _visited(one, told)
        if one.left and not _is_reason(session, one, told):
            yield Problem("audit.unspoken", f"ticket:{one.ticket_id}", table="stops.left", row=str(one.id))


def _visited(one: Stop, told: Told) -> Iterator[Problem]:
    """A position may have been erased with its salt."""
    stream, (mark, said) = f"ticket:{one.ticket_id}", _best(one, told)
    what = "audit.content" if mark else "audit.unspoken"
    seq, action = (mark.seq, mark.action) if mark else (0, "")
    is_erased = not one.location and not one.salt
    shown = {k: str(v) for k, v in one.location.items()}
    position = said.get("position") if is_erased else trace.commitment(one.salt, trace.canonical(shown))
    found = {
        "proof": one.proof, "visited_by": str(one.visited_by or ""), "distance": one.distance, "round": one.round,
        "visited_at": one.visited_at.isoformat() if one.visited_at else "", "position": position,
    }  # fmt: skip
    for name, value in found.items():
        if value != said.get(name):
            yield Problem(what, stream, seq, action, table=f"stops.{name}", row=str(one.id))


def _best(one: Stop, told: Told) -> tuple[Event | None, dict[str, Any]]:
    """The visit that a stop has to show, found as `rounds.visit()` does."""
    best, round_ = None, 1
    shown: dict[str, Any] = {"proof": "", "visited_by": "", "distance": None, "round": 0, "visited_at": ""}
    for event, facts in told:
        if event.action == "reopen":
            round_ = facts["round"]
        if event.action != "visit" or facts["stop"] != one.position:
            continue
        new = {
            "proof": facts["kind"], "visited_by": event.actor, "distance": facts.get("metres"), "round": round_,
            "visited_at": facts["scanned"], "position": facts.get("position"),
        }  # fmt: skip
        is_less = rounds.worth(new["proof"], new["distance"]) < rounds.worth(shown["proof"], shown["distance"])
        if shown["round"] != round_ or not is_less:
            best, shown = event, new
    return best, shown


def _is_reason(session: Session, one: Stop, told: Told) -> bool:
    """Whether an event says why it was left: by a key, by words that are kept, or by words that were erased."""
    said = {str(facts.get("reason")) for event, facts in told if event.action == "leave"}
    kept = {
        trace.commitment(note.salt, note.text): note.text
        for note in session.scalars(select(Note).where(Note.ticket_id == one.ticket_id))
    }
    is_erased = any(COMMITMENT.fullmatch(reason) and reason not in kept for reason in said)
    return one.left in said or is_erased or one.left in {kept.get(reason) for reason in said}


def _told(session: Session, model: Any, *actions: str) -> Iterator[tuple[Any, Told]]:
    """All rows of a table with the events of their tickets, read some hundred at a time."""
    after = UUID(int=0)
    while found := session.scalars(select(model).where(model.id > after).order_by(model.id).limit(ROWS)).all():
        after = found[-1].id
        events = beside.events_in(session, [f"ticket:{one.ticket_id}" for one in found], *actions)
        yield from ((one, events[f"ticket:{one.ticket_id}"]) for one in found)
        session.expunge_all()
