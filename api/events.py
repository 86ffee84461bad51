"""The trace of a ticket as JSON: all of it for staff, and for a resident what the page of their ticket shows."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from api.schemas import tickets as schema
from api.tickets import Reading, reading
from core import trace
from core.access import Viewer
from core.database import Session
from core.tickets import queries
from core.tickets.models import Ticket

TOLD = (
    "report", "accept", "claim", "schedule", "agree", "check_in", "hold", "resume", "sign_off", "confirm", "lapse",
    "reopen", "merge", "cancel", "recategorise", "relocate", "add_photo", "add_voice", "add_note", "nudge", "join",
)  # fmt: skip
ADDED = ("add_photo", "add_voice", "add_note", "nudge")  # of which those of other residents are none of one's business
OWN = ("rate", "rate_reason", "rate_part")
# Whom work was offered to and why, by what a deadline is counted and whom we told of it stays among the staff.
FACTS = (
    "number", "category", "kind", "resolution", "reason", "from", "until", "round", "item", "hash", "text", "into",
    "scan", "stars", "part",
)  # fmt: skip


def events_of(session: Session, ticket: Ticket, viewer: Viewer) -> schema.Events:
    """The stream of a ticket's trace, as far as its reader may know it."""
    seen = reading(session, ticket, viewer)
    stream = f"ticket:{ticket.id}"
    events = [event for event in trace.events_of(session, stream) if seen.is_staff or _is_told(seen, event)]
    names = queries.names_of(session, [_person(event.actor) for event in events])
    return schema.Events(stream=stream, items=[_event(seen, event, names) for event in events])


def _is_told(seen: Reading, event: trace.Event) -> bool:
    if event.action in OWN:
        return _person(event.actor) == seen.viewer.person_id
    is_open = not json.loads(event.facts).get("internal")
    is_mine_to_know = event.action not in ADDED or seen.may_know(_person(event.actor))
    return event.action in TOLD and is_open and is_mine_to_know


def _event(seen: Reading, event: trace.Event, names: dict[UUID, str]) -> schema.Event:
    who = _person(event.actor)
    name = names.get(who, "") if who and seen.may_know(who) else ""
    return schema.Event(
        seq=event.seq, action=event.action, from_=event.from_state, to=event.to_state,
        actor=schema.Actor(id=_actor(seen, event, who), name=name), facts=_facts(seen, event), at=event.at,
        device_at=event.device_at, previous=event.previous, hash=event.hash, leaf=event.leaf,
    )  # fmt: skip


def _actor(seen: Reading, event: trace.Event, who: UUID | None) -> str:
    is_known = seen.is_staff or who in (None, seen.viewer.person_id)
    return event.actor if is_known else ""


def _facts(seen: Reading, event: trace.Event) -> dict[str, Any]:
    """The facts as they were hashed; for a resident those that the page of the ticket says in words."""
    facts: dict[str, Any] = json.loads(event.facts)
    return facts if seen.is_staff else {name: fact for name, fact in facts.items() if name in FACTS}


def _person(actor: str) -> UUID | None:
    try:
        return UUID(actor)
    except ValueError:
        return None
