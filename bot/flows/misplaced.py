"""The place of a report was guessed wrong: say the right one, as long as nobody is at work on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from assets import register
from bot.flows import _progress, _tap, _where, flow
from bot.talk import Talk
from core.outbox import Choice, Tap
from core.tickets import actions, queries, states
from core.tickets.models import Subject, Ticket

misplaced = flow("misplaced")

PATIENCE = timedelta(minutes=15)


@misplaced.action("ask")
def ask(talk: Talk, tap: Tap) -> None:
    """Offer what else the words may mean, and the own homes; any other place is typed."""
    ticket = _tap.ticket_of(talk, tap)
    if not _is_movable(talk, ticket):
        _progress.show_present(talk, ticket)
        return
    talk.go("misplaced", "where", **_tap.bound(ticket))
    talk.wake_in(PATIENCE)
    _offer(talk, ticket, _where.named(talk, ticket.text))


def _is_movable(talk: Talk, ticket: Ticket) -> bool:
    """Whether it may still be said: by the one reporter, before somebody is there."""
    may = states.allowed(ticket.kind, ticket.state, {"system"})
    return "relocate" in may and queries.concerned(talk.session, ticket) == [talk.person_id]


def _offer(talk: Talk, ticket: Ticket, named: list[Subject]) -> None:
    choices = [
        replace(choice, action="misplaced.choose", facts={**choice.facts, **_tap.bound(ticket)})
        for choice in _where.named_choices(talk, [one for one in named if not _is_here(one, ticket)], "")
    ]
    talk.say("where_right", choices, ticket)


def _is_here(subject: Subject, ticket: Ticket) -> bool:
    return (subject.place_id, subject.asset_id) == (ticket.place_id, ticket.asset_id)


@misplaced.action("choose")
def choose(talk: Talk, tap: Tap) -> None:
    _move(talk, _tap.ticket_of(talk, tap), _where.subject_of(talk, tap.facts))


@misplaced.step("where")
def where(talk: Talk) -> None:
    """Words that say where."""
    ticket = _tap.kept_ticket(talk)
    found = [register.subject_of_place(talk.session, place.id) for place in _where.find(talk, talk.text, 6)]
    found = [one for one in found or _where.named(talk, talk.text) if one.site_id == ticket.site_id]
    if _tap.is_emergency(talk) and not ticket.emergency:
        _tap.report_instead(talk)
    elif len(found) == 1:
        _move(talk, ticket, found[0])
    elif found:
        _offer(talk, ticket, found)
    else:
        talk.say("where_again")


def _move(talk: Talk, ticket: Ticket, subject: Subject) -> None:
    """Move it. Where the same is open there already, it may be the same."""
    if not _is_movable(talk, ticket):
        talk.end()
        _progress.show_present(talk, ticket)
        return
    twin = queries.open_twin(talk.session, subject, ticket.category)
    facts: dict[str, Any] = {"subject": subject, "by": talk.person_id}
    actions.act(talk.session, ticket, "relocate", "misplaced", talk.now, facts=facts)
    _tap.stay_with(talk, ticket)
    if twin is not None and twin.id != ticket.id and ticket.state in ("reported", "assigned"):
        same = [Choice("report.merge", {"into": str(twin.id)}), Choice("report.apart", label="report.own")]
        talk.say("twin_after", same, ticket)
    else:
        talk.say("relocated", [Choice("misplaced.ask"), Choice("track.show")], ticket)


@misplaced.on_silence
def silent(talk: Talk) -> None:
    """What comes later is no longer the answer."""
    talk.end()
