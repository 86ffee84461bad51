"""The ticket behind a pressed button: found, allowed to be seen, and compared with what the button showed."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from bot import numerals
from bot.flows import FLOWS, command_of
from bot.talk import OldButton, Talk
from core import access, lexicon
from core.errors import NotFound
from core.outbox import Choice, Tap
from core.tickets import queries
from core.tickets.models import Ticket

ALBUM = timedelta(seconds=8)
OPEN_FOR = timedelta(minutes=30)


def ticket_of(talk: Talk, tap: Tap) -> Ticket:
    """The ticket that a button is about: the one of its message, or its own one in a list. Read to be changed."""
    known = UUID(tap.facts["ticket"]) if tap.facts.get("ticket") else tap.ticket_id
    if known is None:
        raise OldButton
    return visible(talk, known)


def kept_ticket(talk: Talk) -> Ticket:
    """The ticket that the waiting step is about."""
    return visible(talk, UUID(talk.data["ticket"]))


def visible(talk: Talk, ticket_id: UUID) -> Ticket:
    """A ticket, read to be changed; for a stranger to it there is no such ticket."""
    ticket = queries.by_id(talk.session, ticket_id, lock=True)
    if not queries.may_see(talk.session, ticket, talk.viewer):
        raise NotFound(what="word.ticket")
    return ticket


def is_stale(tap: Tap, ticket: Ticket) -> bool:
    """Whether the ticket has moved on since the button was shown."""
    seen = tap.facts.get("version", tap.version)
    return seen is not None and seen != ticket.version


def bound(ticket: Ticket) -> dict[str, object]:
    """The facts that bind a button to a ticket as it is now, for messages about several tickets."""
    return {"ticket": str(ticket.id), "version": ticket.version}


def page_of(talk: Talk, ticket: Ticket, label: str) -> Choice:
    """A link that opens the ticket's page for this person without a sign-in."""
    token = access.page_of(talk.session, talk.settings.key, talk.person_id, ticket.id, talk.now)
    return Choice("track.page", label=label, url=f"{talk.settings.public_url}/w/{token}", row=9)


def photo_at(talk: Talk) -> str:
    """When this message brought a photo, for the next one to tell whether it belongs to the same album."""
    return talk.now.isoformat() if talk.incoming.media else ""


def is_in_album(talk: Talk) -> bool:
    """Whether this photo follows another so closely that one answer is enough."""
    before = talk.data.get("photo_at")
    if not before or talk.text or not talk.incoming.media:
        return False
    return talk.now - talk.now.fromisoformat(before) < ALBUM


def is_emergency(talk: Talk) -> bool:
    """Whether words that came while something else was asked tell of an emergency: that is always a new report."""
    return lexicon.guess(talk.text, lexicon.load()).emergency is not None


def is_stray_number(talk: Talk) -> bool:
    """Whether a number came where a choice or words are asked for: it says nothing, and the question stays."""
    number = numerals.number_in(talk.text) if talk.text else None
    if number is None:
        return False
    talk.say("number_unmeant", said=number)
    return True


def report_instead(talk: Talk) -> None:
    """Leave what was asked, and report what was said."""
    talk.end()
    begin = command_of("report")
    assert begin is not None
    begin(talk)


def talk_on(talk: Talk, ticket: Ticket) -> None:
    """Words that came when the ticket had ended: a new fault where they tell of one, else nothing is kept."""
    if lexicon.guess(talk.text, lexicon.load()).reasons:
        report_instead(talk)
        return
    talk.end()
    talk.say("job_over", [Choice("work.show"), Choice("help.report")], ticket)


def go_on_with_report(talk: Talk, step: str) -> None:
    """Leave what was asked. A report that waited meanwhile goes on with what was said."""
    talk.leave()
    if talk.is_drafting:
        FLOWS["report"].steps[step](talk)


def stay_with(talk: Talk, ticket: Ticket) -> None:
    """What the person sends next belongs to this ticket."""
    talk.go("report", "open", ticket=str(ticket.id), photo_at=photo_at(talk))
    talk.wake_in(OPEN_FOR)
