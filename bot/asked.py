"""A message that is the number of a ticket, alone or with words that ask to see it."""

from __future__ import annotations

import re
from uuid import UUID

from bot import flows, numerals
from bot.talk import Talk
from core.errors import NotFound
from core.outbox import Tap
from core.tickets import queries
from core.tickets.models import Ticket

NUMBER = re.compile(r"(?<![a-z0-9])[a-z]{1,8}[0-9]{0,4}-[0-9]{6}-[0-9]{3,6}(?![a-z0-9])", re.IGNORECASE | re.ASCII)
LONGEST = 60


def ticket_of(talk: Talk) -> Ticket | None:
    """The ticket that a message asks to see. One that its sender may not see is like one that there is not."""
    if talk.incoming.kind != "text" or len(talk.text) > LONGEST:
        return None
    found = NUMBER.findall(talk.text)
    if len(found) != 1 or not numerals.is_said_with(NUMBER.sub(" ", talk.text), "numbers.ticket"):
        return None
    try:
        ticket = queries.by_number(talk.session, found[0])
    except NotFound:
        return None
    return ticket if queries.may_see(talk.session, ticket, talk.viewer) else None


def show(talk: Talk, ticket: Ticket) -> None:
    """As the button in a list of them does: the progress to who has reported it, the job to staff."""
    parts = queries.parts_of(talk.session, ticket, talk.viewer)
    name = "track.show" if "reporter" in parts and "assignee" not in parts else "work.show"
    action = flows.action_of(name)
    assert action is not None
    action(talk, Tap(UUID(int=0), talk.person_id, ticket.id, name, {}, None, ""))
