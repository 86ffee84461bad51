"""An action on a ticket: is it allowed, what does its verb change, and `apply()`, the only writer of state.

`act()` finds out whether the actor may do it from here, the verb checks its facts and says what changes, and
`apply()` writes ticket, trace and messages under the condition that nobody was faster.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from core import deadlines, outbox, trace
from core.access import Viewer
from core.database import rows
from core.errors import Conflict, Forbidden, Invalid, Missing
from core.prepared import Prepared
from core.tickets import deadlining, news, queries, states
from core.tickets.acts import (
    DISPATCH,
    SYSTEM,
    Act,
    Actor,
    AlreadyTaken,
    Change,
    IllegalTransition,
    MissingEvidence,
    StaleTicket,
    TooLateToReopen,
    WrongCode,
)
from core.tickets.models import Ticket
from core.tickets.verbs import OFFER_LIFE, REOPEN_WITHIN, SILENCE, VERBS

__all__ = [
    "DISPATCH", "OFFER_LIFE", "REOPEN_WITHIN", "SILENCE", "SYSTEM", "Actor", "AlreadyTaken", "Change",
    "IllegalTransition", "MissingEvidence", "StaleTicket", "TooLateToReopen", "WrongCode", "act", "apply", "record",
    "set_deadlines", "set_wake",
]  # fmt: skip


def act(
    session: Session, ticket: Ticket, action: str, viewer: Viewer | str, now: datetime, *,
    facts: dict[str, Any] | None = None, version: int | None = None, device_at: datetime | None = None,
) -> Ticket:  # fmt: skip
    """Take an action on a ticket that was read with `lock=True`.

    `viewer`: the person who acts, or the name of a trigger. `version`: the one that the person saw.
    Errors: StaleTicket, IllegalTransition, AlreadyTaken, Forbidden, Missing, MissingEvidence, Invalid.
    """
    given = facts or {}
    parts = {SYSTEM} if isinstance(viewer, str) else queries.parts_of(session, ticket, viewer)
    actor = Actor(trigger=viewer) if isinstance(viewer, str) else Actor(viewer.person_id)
    row = _allowed(session, ticket, action, parts, version)
    lacking = [name for name in row.needs if given.get(name) in (None, "", [])]
    if lacking:
        raise Missing(field=f"field.{lacking[0]}")
    change = VERBS[action](Act(session, ticket, actor, given, now))
    return apply(session, ticket, row, actor, change, now, device_at)


def _allowed(session: Session, ticket: Ticket, action: str, parts: set[str], version: int | None) -> states.Transition:
    """The row of the table that allows it, or the error that says best why not."""
    row = states.find(action, ticket.kind, ticket.state, parts)
    if row is not None and version in (None, ticket.version):
        return row
    known = states.transitions(action, ticket.kind)
    if not known:
        raise Invalid(field="field.action")
    said = {"number": ticket.number, "state": f"state.{ticket.state}", "version": ticket.version}
    if action in ("claim", "accept") and ticket.assignee_id and "assignee" not in parts:
        name = queries.names_of(session, [ticket.assignee_id])[ticket.assignee_id]
        raise AlreadyTaken(name=name, **said)
    if not parts & {part for row in known for part in row.who} and not parts & {"assignee", "supervisor"}:
        raise Forbidden
    is_for_now = any(ticket.state in row.sources for row in known)
    if version not in (None, ticket.version) and (is_for_now or parts - {"reporter"}):
        raise StaleTicket(**said)  # a resident is told what is so: looking again would not help
    if is_for_now:
        raise Forbidden
    raise IllegalTransition(**said)


def apply(
    session: Session, ticket: Ticket, row: states.Transition, actor: Actor, change: Change, now: datetime,
    device_at: datetime | None = None,
) -> Ticket:  # fmt: skip
    """Write a transition: the ticket under its state and version, the event, the messages. The only writer of state.

    Errors: StaleTicket when another change came between reading and writing.
    """
    target = {states.SAME: ticket.state, states.HELD_FROM: ticket.held_from or "assigned"}.get(row.to, row.to)
    facts = {name: news.plain(value) for name, value in change.facts.items()}
    moment = deadlines.Moment(now, row.action, facts, target)
    moved, counted = deadlining.after(session, ticket, moment, change.values.get("round", ticket.round))
    facts |= counted
    entry = trace.Entry(row.action, facts, actor.name, ticket.state, target, device_at)
    events = trace.chain(
        f"ticket:{ticket.id}", trace.Head(ticket.trace_seq, ticket.trace_head), [entry, *change.then], now
    )
    values = {
        **change.values, **moved, "state": target, "is_open": target in states.OPEN, "version": ticket.version + 1,
        "trace_seq": events[-1]["seq"], "trace_head": events[-1]["hash"],
    }  # fmt: skip
    _write(session, ticket, values)
    trace.write(session, events)
    outbox.post(session, news.letters(session, ticket, row.action, actor.person_id, change.news, now), now)
    return ticket


def _write(session: Session, ticket: Ticket, values: dict[str, Any]) -> None:
    here = {"of_id": ticket.id, "of_state": ticket.state, "of_version": ticket.version}
    if _writing(tuple(values)).run(session, **here, **values) != 1:
        raise StaleTicket(number=ticket.number, state=f"state.{ticket.state}", version=ticket.version)
    for name, value in values.items():
        set_committed_value(ticket, name, value)


@cache
def _writing(names: tuple[str, ...]) -> Prepared:
    """The conditional update of some columns: it changes the row only in the state and version that were read."""
    here = [_TICKETS.c[name] == bindparam(f"of_{name}") for name in ("id", "state", "version")]
    return Prepared(update(_TICKETS).where(*here), names)


_TICKETS = rows(Ticket)


def set_wake(session: Session, ticket: Ticket, at: datetime | None) -> None:
    """Say when a trigger looks at a ticket next; it is no part of the ticket's life, so there is no event."""
    session.execute(
        update(Ticket).where(Ticket.id == ticket.id).values(wake_at=at).execution_options(synchronize_session=False)
    )
    set_committed_value(ticket, "wake_at", at)


def set_deadlines(session: Session, ticket: Ticket, values: dict[str, Any]) -> None:
    """Write deadlines that were counted anew, or when somebody is told of one next; no part of the ticket's life."""
    here = update(Ticket).where(Ticket.id == ticket.id).values(values)
    session.execute(here.execution_options(synchronize_session=False))
    for name, value in values.items():
        set_committed_value(ticket, name, value)


def record(
    session: Session, ticket: Ticket, action: str, actor: Actor, facts: dict[str, Any], now: datetime,
    device_at: datetime | None = None,
) -> None:  # fmt: skip
    """Write something that happened at a ticket without changing its state: a photo, a word, a nudge."""
    entry = trace.Entry(action, facts, actor.name, ticket.state, ticket.state, device_at)
    events = trace.chain(f"ticket:{ticket.id}", trace.Head(ticket.trace_seq, ticket.trace_head), [entry], now)
    changed = session.execute(
        update(Ticket)
        .where(Ticket.id == ticket.id, Ticket.trace_seq == ticket.trace_seq)
        .values(trace_seq=events[-1]["seq"], trace_head=events[-1]["hash"])
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict
    set_committed_value(ticket, "trace_seq", events[-1]["seq"])
    set_committed_value(ticket, "trace_head", events[-1]["hash"])
    trace.write(session, events)
