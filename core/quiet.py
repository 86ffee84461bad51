"""Quiet hours of a person: what can wait is not sent in them, and comes when they end, in the time of the site.

Asked at delivery, so that hours hold for what was written before they were set, too. What cannot wait: an answer in the
conversation that somebody is having, what is about an emergency or urgent work, an offer (which lapses unanswered), and
a notice that somebody made a way into one's account.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, time
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import calendars, importance, outbox, people, places
from core.errors import Invalid
from core.outbox import OutboxMessage
from core.people import Person
from core.tickets.models import Ticket

PRESSING = ("emergency", "urgent")
ASKING = ("offer", "team_offer", "offer_open")  # of work, which goes on to the next when nobody answers
OF_ACCOUNTS = "made_"
LATER = ("survey", "survey_again")  # whatever the priority of what is over


def hours(session: Session, person_id: UUID) -> tuple[str, str] | None:
    """From when to when somebody wants quiet, such as `("22:00", "07:00")`."""
    said = people.quiet_of(session, person_id)
    return (said[0], said[1]) if said else None


def set_hours(session: Session, person_id: UUID, begins: str, ends: str) -> None:
    """Two local times; two empty ones for none. Errors: Invalid."""
    person = session.get_one(Person, person_id)
    if not (begins or ends):
        person.quiet = ""
        session.flush()
        return
    try:
        first, last = (time.fromisoformat(text.strip().zfill(5)) for text in (begins, ends))
    except ValueError:
        raise Invalid(field="field.time") from None
    if first == last:
        raise Invalid(field="field.time")
    person.quiet = f"{first:%H:%M}{people.QUIET}{last:%H:%M}"
    session.flush()


def zone_of(session: Session, person_id: UUID) -> str:
    """The time zone that a person lives in: that of the first site where they have a role."""
    sites = sorted(people.roles_of(session, person_id))
    return places.site_of(session, sites[0]).timezone if sites else "UTC"


def hold(session: Session, claimed: Sequence[OutboxMessage], now: datetime) -> list[OutboxMessage]:
    """Put off what its reader wants later; gives what goes now. One query where nobody has hours of their own."""
    readers = {row.person_id for row in claimed if can_wait(row)}
    if not readers:
        return list(claimed)
    wanted = select(Person.id, Person.quiet).where(Person.id.in_(readers), Person.quiet != "")
    quiet = {person: tuple(said.split(people.QUIET)) for person, said in session.execute(wanted)}
    going = []
    for row in claimed:
        own = quiet.get(row.person_id) if row.person_id and can_wait(row) else None
        until = calendars.after_quiet(now, own, _zone(session, row)) if own else now
        if until > now:
            outbox.put_off(session, row, until, outbox.QUIET)
        else:
            going.append(row)
    return going


def can_wait(row: OutboxMessage) -> bool:
    """Whether nothing is lost when a message comes in the morning."""
    if row.kind in importance.EXCUSES:
        return row.person_id is not None
    if row.person_id is None or row.channel or row.kind in ASKING or row.kind.startswith(OF_ACCOUNTS):
        return False
    is_pressing = bool(row.facts.get("emergency")) or row.facts.get("priority") in PRESSING
    return row.kind in LATER or not is_pressing


def _zone(session: Session, row: OutboxMessage) -> str:
    """The time of the site that a message is about, else of the reader's own."""
    site = session.scalar(select(Ticket.site_id).where(Ticket.id == row.ticket_id)) if row.ticket_id else None
    if site is None and (named := row.facts.get("site")):
        with suppress(ValueError):  # a letter that cannot be rendered is delivery's to say
            site = UUID(str(named))
    assert row.person_id is not None
    zone = places.site_of(session, site).timezone if site is not None else zone_of(session, row.person_id)
    return calendars.known_or_utc(zone)  # one site's broken zone holds up nobody else's messages
