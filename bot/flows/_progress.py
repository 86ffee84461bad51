"""How far a ticket is, as those may read it who reported it: the present state, and what happened when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from bot.flows import _tap
from bot.talk import Talk
from core import trace
from core.outbox import Choice
from core.tickets import deadlining, news, queries, states
from core.tickets.actions import REOPEN_WITHIN
from core.tickets.models import Ticket

TOLD = ("report", "accept", "claim", "check_in", "hold", "resume", "sign_off", "confirm", "lapse", "reopen", "cancel")
NAMED = ("accept", "claim", "check_in")
MOST_LINES = 8
WAITING = ("reported", "assigned", "accepted")


def show(talk: Talk, ticket: Ticket, kind: str = "progress", **facts: Any) -> None:
    """Tell how far a ticket is, with the buttons for what this person may do now."""
    if ticket.merged_into_id is not None:
        ticket = _tap.visible(talk, ticket.merged_into_id)
    talk.confide(kind, buttons(talk, ticket), ticket, lines=lines(talk, ticket), **facts)


def show_present(talk: Talk, ticket: Ticket) -> None:
    """The answer to a button of a ticket that has moved on: nothing was done, this is how it stands now."""
    show(talk, ticket, "progress_changed")


def lines(talk: Talk, ticket: Ticket) -> list[dict[str, Any]]:
    """The present state first, then the timeline from the trace; nothing that is between staff."""
    now = [_present(talk, ticket)]
    if ticket.scheduled_from and ticket.is_open and (ticket.is_schedule_agreed or _is_expected(ticket)):
        kind = "appointment" if ticket.is_schedule_agreed else "appointment_open"
        span = {"from_at": ticket.scheduled_from.isoformat(), "until_at": news.plain(ticket.scheduled_until)}
        now.append({"line": kind, **span})
    elif ticket.state in WAITING and (visit := deadlining.visit(ticket)) and visit < talk.now:
        now.append({"line": "overdue", "promised_at": visit.isoformat()})
    return [*now, *_timeline(talk, ticket)]


def _present(talk: Talk, ticket: Ticket) -> dict[str, Any]:
    name = (
        queries.names_of(talk.session, [ticket.assignee_id]).get(ticket.assignee_id, "") if ticket.assignee_id else ""
    )
    is_team = ticket.state == "assigned" and not name
    return {
        "line": "now_reported" if is_team else f"now_{ticket.state}", "name": name,
        "promised_at": news.plain(deadlining.visit(ticket)),
        "reason": ticket.hold_reason, "resolution": ticket.resolution,
    }  # fmt: skip


def _timeline(talk: Talk, ticket: Ticket) -> list[dict[str, Any]]:
    events = [event for event in trace.events_of(talk.session, f"ticket:{ticket.id}") if event.action in TOLD]
    shown = events[-MOST_LINES:]
    actors = {event.actor: UUID(event.actor) for event in shown if event.action in NAMED}
    names = queries.names_of(talk.session, list(actors.values()))
    return [
        {"line": f"did_{event.action}", "happened_at": event.at.isoformat(), "name": _name(event, actors, names)}
        for event in shown
    ]


def _name(event: trace.Event, actors: dict[str, UUID], names: dict[UUID, str]) -> str:
    return names.get(actors[event.actor], "") if event.actor in actors and event.action in NAMED else ""


def buttons(talk: Talk, ticket: Ticket) -> list[Choice]:
    """What this person may do now, the most useful first."""
    parts = queries.parts_of(talk.session, ticket, talk.viewer)
    open_page = _tap.page_of(talk, ticket, "page")
    if "reporter" not in parts:
        return [open_page]
    may = states.allowed(ticket.kind, ticket.state, {"reporter"})
    found = [name for name, is_offered in _offered(talk, ticket, may).items() if is_offered]
    return [*(Choice(name, row=place // 2) for place, name in enumerate(found)), open_page]


def _offered(talk: Talk, ticket: Ticket, may: list[str]) -> dict[str, bool]:
    is_proposed = (
        "agree" in may and _is_expected(ticket) and ticket.scheduled_from is not None and not ticket.is_schedule_agreed
    )
    return {
        "track.agree": is_proposed,
        "track.other_time": is_proposed,
        "rate.confirm": "confirm" in may,
        "rate.reopen": "reopen" in may and _is_recent(talk, ticket.closed_at or talk.now),
        "track.add": ticket.state in states.UNDECIDED,
        "track.nudge": ticket.is_open,
        "track.withdraw": "cancel" in may and is_alone(talk, ticket),
    }


def _is_expected(ticket: Ticket) -> bool:
    """Whether nobody has come yet: afterwards a proposed time is no question any more."""
    return ticket.state in WAITING


def _is_recent(talk: Talk, ended_at: Any) -> bool:
    age: timedelta = talk.now - ended_at
    return age <= REOPEN_WITHIN


def is_alone(talk: Talk, ticket: Ticket) -> bool:
    """Whether nobody else has joined: then the reporter may withdraw it without taking it from others."""
    return queries.concerned(talk.session, ticket) == [talk.person_id]
