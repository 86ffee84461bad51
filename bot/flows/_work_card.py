"""A job as its technician sees it in chat: what, where, until when, what is still missing, and the next action."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assets.plans import rounds
from bot.flows import _tap
from bot.talk import Talk
from core import places
from core.outbox import Choice, Tap
from core.tickets import deadlining, evidence, news, queries, states
from core.tickets.models import Ticket

LONGEST_WORDS = 500
PER_ROW = 2
# The buttons of a job in each state, the next action in front.
ACTIONS = {
    "reported": ("work.claim",),
    "assigned": ("work.accept", "work.decline", "work.claim"),
    "accepted": ("onsite.check_in", "onsite.schedule", "onsite.hold", "work.decline"),
    "in_progress": ("onsite.before", "onsite.after", "onsite.schedule", "onsite.hold"),
    "on_hold": ("onsite.resume",),
}
WAITING = ("reported", "assigned", "accepted")  # nobody is there yet
VERBS = {"onsite.before": "sign_off", "onsite.after": "sign_off"}


def show(talk: Talk, ticket: Ticket, kind: str = "job", *, is_replacing: bool = False, **facts: Any) -> None:
    """Tell a job with what its reader may do now. It holds a link and the contact, so no group gets it."""
    tell = talk.replace if is_replacing and not talk.is_group else talk.confide
    tell(kind, buttons(talk, ticket), ticket, lines=lines(talk, ticket), state=ticket.state, **facts)


def show_present(talk: Talk, ticket: Ticket) -> None:
    """The answer to a button of a job that has moved on: nothing was done, this is how it stands now."""
    show(talk, ticket, "job_changed")


def fresh(talk: Talk, tap: Tap) -> Ticket | None:
    """The job of a button when it is as the button showed it; otherwise None, and how it stands now was told."""
    ticket = _tap.ticket_of(talk, tap)
    if not _tap.is_stale(tap, ticket):
        return ticket
    show_present(talk, ticket)
    return None


def still(talk: Talk) -> Ticket | None:
    """The job that the waiting step is about when nothing happened to it; otherwise None, told likewise."""
    ticket = _tap.kept_ticket(talk)
    if ticket.version == talk.data["version"]:
        return ticket
    talk.end()
    show_present(talk, ticket)
    return None


def reasons(action: str, keys: Sequence[str], other: str = "") -> list[Choice]:
    """A button for each reason, and one for words of one's own."""
    choices = [
        Choice(action, {"reason": key}, label=f"reason.{key}", row=place // PER_ROW) for place, key in enumerate(keys)
    ]
    return [*choices, Choice(other, label="reason.type", row=len(keys))] if other else choices


def lines(talk: Talk, ticket: Ticket) -> list[dict[str, Any]]:
    """What the technician needs beside the heading; nothing that is unknown."""
    found = _due(talk, ticket)
    if far := rounds.progress(talk.session, [ticket]).get(ticket.id):
        found.append({"line": "round_done", "stops": far.all, "done": far.done + far.left})
    if ticket.asset_name:
        found.append({"line": "at_place", "place": ticket.place})
    if ticket.text:
        found.append({"line": "words", "text": ticket.text[:LONGEST_WORDS]})
    if ticket.contact:
        found.append({"line": "contact", "contact": ticket.contact})
    if ticket.scheduled_from:
        kind = "appointment" if ticket.is_schedule_agreed else "appointment_asked"
        span = {"from_at": ticket.scheduled_from.isoformat(), "until_at": news.plain(ticket.scheduled_until)}
        found.append({"line": kind, **span})
    if ticket.state == "on_hold":
        found.append({"line": "held_for", "reason": ticket.hold_reason})
    return found + _lacking(talk, ticket)


def _due(talk: Talk, ticket: Ticket) -> list[dict[str, Any]]:
    """Until when somebody is to be there, or an inspection to be done; nothing once that is over."""
    until, planned = deadlining.visit(ticket), news.planned(ticket)
    if until is None or not (ticket.state in WAITING or (ticket.is_open and planned)):
        return []
    return [{"line": "was_due" if until < talk.now else "due", "promised_at": until.isoformat(), **planned}]


def _lacking(talk: Talk, ticket: Ticket) -> list[dict[str, Any]]:
    """What the sign-off still needs, told while the work is being done."""
    if ticket.state != "in_progress":
        return []
    policy = places.site_of(talk.session, ticket.site_id).settings.get("evidence", {})
    missing = evidence.missing(queries.evidence_of(talk.session, ticket), policy)
    return [{"line": "lacking", "evidence": item} for item in missing] or [{"line": "complete"}]


def buttons(talk: Talk, ticket: Ticket) -> list[Choice]:
    """What the reader may do now, from the table of the ticket's life."""
    parts = queries.parts_of(talk.session, ticket, talk.viewer)
    may = states.allowed(ticket.kind, ticket.state, parts - {"reporter", "supervisor"})
    shown = [name for name in ACTIONS.get(ticket.state, ()) if VERBS.get(name, name.partition(".")[2]) in may]
    label = "sign_page" if "sign_off" in may else "page"
    return [
        *(Choice(name, row=(place + 1) // 2) for place, name in enumerate(shown)),
        _tap.page_of(talk, ticket, label),
    ]


def rows(talk: Talk, tickets: Sequence[Ticket]) -> list[dict[str, Any]]:
    """The jobs of a list, a round with how far it is."""
    far = rounds.progress(talk.session, tickets)
    return [row(ticket, far.get(ticket.id)) for ticket in tickets]


def row(ticket: Ticket, far: rounds.Progress | None = None) -> dict[str, Any]:
    """A job in one line of a list."""
    kind = "job_urgent" if ticket.emergency else "job_round" if far else "job"
    extent = {"stops": far.all, "done": far.done + far.left} if far else {}
    return {
        "line": kind, **extent, "number": ticket.number, "category": ticket.category,
        "asset": ticket.asset_name, "place": ticket.place, "state": ticket.state,
        "promised_at": news.plain(deadlining.visit(ticket)), **news.planned(ticket),
    }  # fmt: skip


def choice(ticket: Ticket, row: int) -> Choice:
    """The button of a job in a list."""
    return Choice("work.show", _tap.bound(ticket), text=f"{ticket.number} {ticket.asset_name or ticket.place}", row=row)
