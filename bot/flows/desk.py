"""Words to the people behind: asking for speed, thanks, and wanting to talk to somebody."""

from __future__ import annotations

from uuid import UUID

from bot.flows import command_of, flow
from bot.talk import Talk
from core import outbox, people, places
from core.outbox import Choice, Letter
from core.tickets import additions, news, queries
from core.tickets.models import Ticket

desk = flow("desk")


@desk.command("nudge")
def nudge(talk: Talk) -> None:
    """Ask for speed with the ticket that is talked about, or the only open one; else choose among one's own."""
    ticket = _ticket(talk)
    if ticket is None:
        show = command_of("mine")
        assert show is not None
        show(talk)
        return
    additions.nudge(talk.session, ticket, talk.person_id, talk.now)
    talk.say("nudge_sent", ticket=ticket)


@desk.command("thanks")
def thanks(talk: Talk) -> None:
    """Thanks need an answer and no note; where the dialogue stands does not change."""
    talk.say("thanked")


@desk.command("human")
def human(talk: Talk) -> None:
    """Tell the number of the desk, and the supervisors that somebody wants to talk."""
    ticket = _ticket(talk)
    sites = [ticket.site_id] if ticket else talk.viewer.sites() or places.every_site(talk.session)
    site = sites[0] if len(sites) == 1 else None
    if site:
        _tell_desk(talk, site, ticket)
    phone = places.site_of(talk.session, site).phone if site else ""
    talk.say("human" if phone else "human_told", ticket=ticket, phone=phone)


def _tell_desk(talk: Talk, site_id: UUID, ticket: Ticket | None) -> None:
    name = people.get(talk.session, talk.person_id).name
    readers = queries.desk_of(talk.session, site_id)
    if ticket is None:
        letters = [Letter("wants_human_here", {"name": name, "site": str(site_id)}, who) for who in readers]
    else:
        additions.add_words(talk.session, ticket, talk.person_id, talk.text or "?", talk.now, is_internal=True)
        letters = [news.letter(ticket, "wants_human", who, [Choice("work.show")], name=name) for who in readers]
    outbox.post(talk.session, letters, talk.now)


def _ticket(talk: Talk) -> Ticket | None:
    """The open ticket that the dialogue is about, else the only open one of the person."""
    if known := talk.data.get("ticket"):
        ticket = queries.by_id(talk.session, UUID(known), lock=True)
        return ticket if ticket.is_open else None
    found = [one for one in queries.reported_by(talk.session, talk.person_id) if one.is_open]
    return queries.by_id(talk.session, found[0].id, lock=True) if len(found) == 1 else None
