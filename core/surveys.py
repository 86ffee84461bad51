"""The question after closure: 1 to 5 stars for a round of a ticket, and why where they are few.

Statistics stay honest: nobody rates their own work, a person has one rating a round, no answer is no row, and
the trace holds the stars and the key of the reason, never the words.
"""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import clock, outbox, trace
from core.errors import Forbidden, Invalid, NotFound
from core.tickets import news, queries
from core.tickets.actions import Actor, StaleTicket, record
from core.tickets.models import Rating, Ticket

MOST_STARS = 5
FEW_STARS = 2
REASONS = ("speed", "quality", "attitude", "price", "other")
LONGEST_TEXT = 1000


class OwnWork(Forbidden):
    """You cannot rate your own work."""


def rate(session: Session, ticket: Ticket, person_id: UUID, stars: int, now: datetime) -> Rating:
    """Keep a person's stars for the present round; a change of mind replaces what was said before.

    Few stars tell the supervisors, once for each person and round.
    Errors: Forbidden for who is not concerned, OwnWork, StaleTicket while the round is not closed, Invalid.
    """
    if not 1 <= stars <= MOST_STARS:
        raise Invalid(field="field.stars")
    _check(session, ticket, person_id)
    found = rating_of(session, ticket, person_id)
    was = found.stars if found else None
    is_news = stars <= FEW_STARS and not _was_low(session, ticket, person_id)
    rating = found or _blank(ticket, person_id)
    rating.stars, rating.rated_at = stars, now
    if stars > FEW_STARS:
        rating.reason = rating.text = ""
    session.add(rating)
    session.flush()
    record(session, ticket, "rate", Actor(person_id), {"stars": stars, "was": was, "round": ticket.round}, now)
    if is_news:
        _tell_desk(session, ticket, stars, now)
    return rating


def explain(session: Session, ticket: Ticket, person_id: UUID, reason: str, now: datetime, *, text: str = "") -> Rating:
    """Say why the stars are few: a known reason, or `other` with words of one's own."""
    if reason not in REASONS:
        raise Invalid(field="field.reason")
    rating = rating_of(session, ticket, person_id)
    if rating is None:
        raise NotFound(what="word.rating")
    rating.reason, rating.text = reason, text.strip()[:LONGEST_TEXT]
    session.flush()
    record(session, ticket, "rate_reason", Actor(person_id), {"reason": reason, "round": ticket.round}, now)
    return rating


def rating_of(session: Session, ticket: Ticket, person_id: UUID) -> Rating | None:
    """What a person said about the present round."""
    query = select(Rating).where(
        Rating.ticket_id == ticket.id, Rating.round == ticket.round, Rating.person_id == person_id
    )
    return session.scalar(query)


def _check(session: Session, ticket: Ticket, person_id: UUID) -> None:
    if person_id in _workers(session, ticket):
        raise OwnWork
    if person_id not in queries.concerned(session, ticket):
        raise Forbidden
    if ticket.state != "closed":
        raise StaleTicket(number=ticket.number, state=f"state.{ticket.state}", version=ticket.version)


def _workers(session: Session, ticket: Ticket) -> set[UUID]:
    """Who had accepted the work of the present round, also before a transfer."""
    taken = {offer.person_id for offer in queries.offers_of(session, ticket) if offer.state == "accepted"}
    return taken | {ticket.assignee_id} if ticket.assignee_id else taken


def _blank(ticket: Ticket, person_id: UUID) -> Rating:
    return Rating(id=clock.new_id(), ticket_id=ticket.id, round=ticket.round, person_id=person_id, reason="", text="")


def _was_low(session: Session, ticket: Ticket, person_id: UUID) -> bool:
    """Whether the person has given few stars in this round before, so that the supervisors know already."""
    mine = [
        e for e in trace.events_of(session, f"ticket:{ticket.id}") if (e.action, e.actor) == ("rate", str(person_id))
    ]
    said = [json.loads(event.facts) for event in mine]
    return any(facts["round"] == ticket.round and facts["stars"] <= FEW_STARS for facts in said)


def _tell_desk(session: Session, ticket: Ticket, stars: int, now: datetime) -> None:
    readers = queries.desk_of(session, ticket.site_id)
    outbox.post(session, [news.letter(ticket, "few_stars", who, stars=stars) for who in readers], now)
