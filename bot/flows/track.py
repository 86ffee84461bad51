"""Follow my tickets: how far they are, add a word or a photo, ask for speed, agree to a time, withdraw."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.flows import _progress, _tap, flow
from bot.talk import Talk
from core.outbox import Choice, Tap
from core.tickets import actions, additions, queries, states
from core.tickets.models import Ticket

track = flow("track")

RECENT = timedelta(days=30)
MOST_TICKETS = 50
PAGE = 5
ADDING_FOR = timedelta(minutes=30)


@track.command("mine")
def mine(talk: Talk) -> None:
    """My open and recent tickets, one button each. A report that is not made yet stays."""
    talk.leave()
    _list(talk, 0)


@track.action("more")
def more(talk: Talk, tap: Tap) -> None:
    _list(talk, int(tap.facts.get("from", 0)))


def _list(talk: Talk, first: int) -> None:
    """A page of them: open ones first, the newest in front. The numbers stand on the buttons alone."""
    if talk.is_group:
        talk.say("in_private")
        return
    found = queries.reported_by(talk.session, talk.person_id, limit=MOST_TICKETS, ended_since=talk.now - RECENT)
    found.sort(key=lambda ticket: ticket.state not in states.UNDECIDED)
    page = list(enumerate(found, 1))[first : first + PAGE]
    if not page:
        talk.say("mine_empty", [Choice("help.report")])
        return
    choices = [
        Choice("track.show", {"ticket": str(ticket.id)}, text=f"{place}. {ticket.number}", row=place)
        for place, ticket in page
    ]
    if len(found) > first + PAGE:
        choices.append(Choice("track.more", {"from": first + PAGE}, label="more", row=MOST_TICKETS + 1))
    talk.say("mine", choices, lines=[_row(talk, *item) for item in page], site=str(found[0].site_id))


def _row(talk: Talk, place: int, ticket: Ticket) -> dict[str, Any]:
    age = talk.now - ticket.opened_at
    spans = (("days", age.days), ("hours", age.seconds // 3600), ("minutes", age.seconds // 60))
    unit, count = next((one for one in spans if one[1]), spans[-1])
    return {
        "line": f"ticket_{unit}", "nth": place, "category": ticket.category, "asset": ticket.asset_name,
        "place": ticket.place, "state": ticket.state, "count": count,
    }  # fmt: skip


@track.action("show")
def show(talk: Talk, tap: Tap) -> None:
    _progress.show(talk, _tap.ticket_of(talk, tap))


@track.action("add")
def add(talk: Talk, tap: Tap) -> None:
    """From now on words, photos and voice belong to this ticket, until another command or half an hour of silence."""
    ticket = _tap.ticket_of(talk, tap)
    _wait_for_more(talk, ticket)
    talk.say("adding", ticket=ticket)


@track.step("adding")
def adding(talk: Talk) -> None:
    """What comes while adding. An emergency is a report of its own; what a merged ticket gets goes to the other."""
    ticket = _tap.kept_ticket(talk)
    if _tap.is_emergency(talk) and not ticket.emergency:
        _tap.report_instead(talk)
        return
    if ticket.merged_into_id is not None:
        ticket = _tap.visible(talk, ticket.merged_into_id)
    talk.keep_media(ticket=ticket)
    if talk.text:
        additions.add_words(talk.session, ticket, talk.person_id, talk.text, talk.now)
    is_told = _tap.is_in_album(talk)
    _wait_for_more(talk, ticket)
    if ticket.state not in states.UNDECIDED:
        talk.end()
        _progress.show(talk, ticket, "added_late")
    elif not is_told:
        talk.say("added", ticket=ticket)


def _wait_for_more(talk: Talk, ticket: Ticket) -> None:
    talk.go("track", "adding", ticket=str(ticket.id), photo_at=_tap.photo_at(talk))
    talk.wake_in(ADDING_FOR)


@track.action("nudge")
def nudge(talk: Talk, tap: Tap) -> None:
    """Ask for speed. A ticket that has ended meanwhile is shown instead."""
    ticket = _tap.ticket_of(talk, tap)
    if not ticket.is_open:
        _progress.show_present(talk, ticket)
        return
    additions.nudge(talk.session, ticket, talk.person_id, talk.now)
    talk.say("nudge_sent", ticket=ticket)


@track.action("withdraw")
def withdraw(talk: Talk, tap: Tap) -> None:
    """Cancel a ticket of one's own. One that others have joined goes on for them."""
    ticket = _tap.ticket_of(talk, tap)
    if _tap.is_stale(tap, ticket):
        _progress.show_present(talk, ticket)
    elif not _progress.is_alone(talk, ticket):
        talk.say("withdraw_shared", ticket=ticket)
    else:
        _act(talk, ticket, "cancel", {"reason": "withdrawn"})
        talk.end()
        talk.replace("withdrawn", [Choice("help.report")], ticket)


@track.action("agree")
def agree(talk: Talk, tap: Tap) -> None:
    """The proposed time suits."""
    ticket = _tap.ticket_of(talk, tap)
    if _tap.is_stale(tap, ticket):
        _progress.show_present(talk, ticket)
        return
    _act(talk, ticket, "agree", {})
    span = {"from_at": ticket.scheduled_from, "until_at": ticket.scheduled_until}
    talk.replace("appointment_kept", [Choice("track.show")], ticket, **span)


@track.action("other_time")
def other_time(talk: Talk, tap: Tap) -> None:
    """The proposed time does not suit: the next words say which would, and go to the technician."""
    ticket = _tap.ticket_of(talk, tap)
    if _tap.is_stale(tap, ticket):
        _progress.show_present(talk, ticket)
        return
    talk.go("track", "other_time", ticket=str(ticket.id))
    talk.wake_in(ADDING_FOR)
    talk.say("other_time_ask", ticket=ticket)


@track.step("other_time")
def another_time(talk: Talk) -> None:
    if _tap.is_emergency(talk):
        _tap.report_instead(talk)
        return
    ticket = _tap.kept_ticket(talk)
    if not talk.text:
        talk.keep_media(ticket=ticket)
        talk.say("other_time_ask", ticket=ticket)
        return
    additions.add_words(talk.session, ticket, talk.person_id, talk.text, talk.now)
    talk.end()
    talk.say("other_time_told", [Choice("track.show")], ticket)


@track.on_silence
def silent(talk: Talk) -> None:
    """What comes later is no longer meant for this ticket."""
    talk.end()


def _act(talk: Talk, ticket: Ticket, action: str, facts: dict[str, Any]) -> None:
    actions.act(talk.session, ticket, action, talk.viewer, talk.now, facts=facts, version=ticket.version)
