"""What a reporter is told of a report: the ticket that it became, or the one question that is left."""

from __future__ import annotations

from datetime import timedelta

from bot.flows import _categories, _tap
from bot.flows._draft import Draft
from bot.talk import Talk
from core import places
from core.intake import Intake
from core.outbox import Choice
from core.tickets import alarming, queries
from core.tickets.models import Subject, Ticket

PATIENCE = timedelta(minutes=15)


def tell(talk: Talk, draft: Draft, subject: Subject, result: Intake) -> None:
    """Say what became of the report, or ask the one question that is left."""
    ticket = result.ticket
    if result.outcome == "unsure":
        first = [key for key in (result.guess.category, *result.guess.alternatives) if key]
        draft.wait("category")
        talk.wake_in(PATIENCE)
        keys = _categories.by_likelihood(talk, subject.site_id, first)
        talk.say("which", _categories.choices(keys, {"draft": draft.data["id"], "first": first}), site=subject.site_id)
    elif result.outcome == "twin":
        assert ticket is not None
        draft.wait("twin")
        talk.wake_in(PATIENCE)
        facts = {"draft": draft.data["id"]}
        minutes = max(1, int((talk.now - ticket.opened_at).total_seconds() // 60))
        talk.say("twin", [Choice("report.me_too", facts), Choice("report.own", facts)], ticket, minutes=minutes)
    else:
        assert ticket is not None
        if draft.has_media:
            talk.adopt_draft(ticket)
        _opened(talk, ticket, result, [] if "code" in draft.data else [Choice("misplaced.ask")])


def _opened(talk: Talk, ticket: Ticket, result: Intake, more: list[Choice]) -> None:
    _tap.stay_with(talk, ticket)
    if ticket.emergency:
        phone = places.number_for(result.site, ticket.emergency) if result.site else ""
        told = alarming.reached(talk.session, ticket, talk.now)
        is_placed = ticket.place_id != places.root_of(talk.session, ticket.site_id).id
        kind = "emergency" if is_placed else "emergency_somewhere"
        shown = [Choice("track.show"), *(more if is_placed else [])]
        talk.say(kind, shown, ticket, phone=phone, advice=ticket.emergency, told=told)
        return
    name = queries.names_of(talk.session, [ticket.assignee_id]).get(ticket.assignee_id) if ticket.assignee_id else ""
    buttons = [*more, Choice("track.show")]
    if not ticket.is_category_confirmed:
        buttons.insert(0, Choice("report.correct", {"first": list(result.guess.alternatives)}))
    talk.say("taken_by" if name else "taken", buttons, ticket, name=name)
