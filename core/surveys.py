"""The question after closure: 1 to 5 stars for a round of a ticket, and why where they are few.

Statistics stay honest: nobody rates their own work, a person has one rating a round, no answer is no row, and
the trace holds the stars and the key of the reason, never the words. A low score opens a recovery task, once a round.
"""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import categories, clock, i18n, lexicon, numbers, outbox, places, trace
from core.database import Table
from core.errors import Forbidden, Invalid, NotFound
from core.intake import FaultReport, open_ticket
from core.outbox import Choice, OutboxMessage
from core.people import Membership, Role, Team
from core.places import SiteFacts
from core.tickets import actions, asking, news, queries
from core.tickets.actions import Actor, IllegalTransition, record
from core.tickets.asking import FEW_STARS, WINDOWS, Survey
from core.tickets.models import Rating, Ticket

__all__ = ["FEW_STARS", "MOST_STARS", "PARTS", "REASONS", "WINDOWS", "OwnWork", "Survey", "detail", "explain",
           "open_question", "rate", "rating_of", "remind", "was_low"]  # fmt: skip

NAME = "surveys"
MOST_STARS = 5
PARTS = ("speed", "quality", "attitude")
REASONS = ("speed", "quality", "attitude", "price", "other")
LONGEST_TEXT = 1000
QUESTIONS = ("survey", "survey_again", "lapsed_rate")  # the messages that ask for stars


class Recovery(Table):
    """The task that a low score of a round has opened."""

    __tablename__ = "recoveries"

    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("tickets.id"), primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[UUID] = mapped_column(ForeignKey("tickets.id"))


class OwnWork(Forbidden):
    """You cannot rate your own work."""


def rate(session: Session, ticket: Ticket, person_id: UUID, stars: int, now: datetime) -> Rating:
    """Keep a person's stars for the present round; a change of mind replaces what was said before.

    Few stars tell the supervisors, once for each person and round.
    Errors: Forbidden for who is not concerned, OwnWork, IllegalTransition while the round is not closed, Invalid.
    """
    if not 1 <= stars <= MOST_STARS:
        raise Invalid(field="field.stars")
    _check(session, ticket, person_id)
    found = rating_of(session, ticket, person_id)
    if found is not None and found.stars == stars:  # a second tap on the same button
        return found
    was = found.stars if found else None
    is_news = stars <= FEW_STARS and not was_low(session, ticket, person_id)
    rating = found or _blank(ticket, person_id)
    rating.stars, rating.rated_at = stars, now
    if stars > FEW_STARS:
        rating.reason = rating.text = ""
    session.add(rating)
    session.flush()
    record(session, ticket, "rate", Actor(person_id), {"stars": stars, "was": was, "round": ticket.round}, now)
    _answered(session, ticket, person_id, now)
    if is_news:
        _tell_desk(session, ticket, stars, _recover(session, ticket, stars, now), now)
    return rating


def explain(session: Session, ticket: Ticket, person_id: UUID, reason: str, now: datetime, *, text: str = "") -> Rating:
    """Say why the stars are few: a known reason, or `other` with words of one's own."""
    if reason not in REASONS:
        raise Invalid(field="field.reason")
    rating = rating_of(session, ticket, person_id)
    if rating is None:
        raise NotFound(what="word.rating")
    said = text.strip()[:LONGEST_TEXT]
    if (rating.reason, rating.text) == (reason, said):  # a second tap on the same button
        return rating
    rating.reason, rating.text = reason, said
    session.flush()
    record(session, ticket, "rate_reason", Actor(person_id), {"reason": reason, "round": ticket.round}, now)
    return rating


def rating_of(session: Session, ticket: Ticket, person_id: UUID) -> Rating | None:
    """What a person said about the present round."""
    query = select(Rating).where(
        Rating.ticket_id == ticket.id, Rating.round == ticket.round, Rating.person_id == person_id
    )
    return session.scalar(query)


def open_question(session: Session, person_id: UUID, now: datetime) -> OutboxMessage | None:
    """The newest message that has asked somebody for stars, while a number is still likely to mean them."""
    asked = (Survey.person_id == person_id, Survey.state == "asked", Survey.asked_at > now - numbers.MEANT_FOR)
    survey = session.scalar(select(Survey).where(*asked).order_by(Survey.asked_at.desc()).limit(1))
    if survey is None:
        return None
    about = (OutboxMessage.ticket_id == survey.ticket_id, OutboxMessage.person_id == person_id)
    query = select(OutboxMessage).where(*about, OutboxMessage.kind.in_(QUESTIONS))
    return session.scalar(query.order_by(OutboxMessage.id.desc()).limit(1))


def _check(session: Session, ticket: Ticket, person_id: UUID) -> None:
    if person_id in asking.workers(session, ticket):
        raise OwnWork
    if person_id not in queries.concerned(session, ticket):
        raise Forbidden
    if ticket.state != "closed":
        raise IllegalTransition(number=ticket.number, state=f"state.{ticket.state}", version=ticket.version)


def _answered(session: Session, ticket: Ticket, person_id: UUID, now: datetime) -> None:
    """Mark the question as answered. Who was not asked and rates all the same is no part of the response rate."""
    survey = asking.of_round(session, ticket, person_id)
    if survey is None:
        return
    survey.answered_at = survey.answered_at or now
    survey.next_at = None
    if survey.asked_at is not None:
        survey.state, survey.reason = "answered", ""
    elif survey.state == "planned":
        survey.state, survey.reason = "skipped", "rated_before"
    session.flush()


def _blank(ticket: Ticket, person_id: UUID) -> Rating:
    return Rating(
        id=clock.new_id(), ticket_id=ticket.id, round=ticket.round, person_id=person_id, reason="", text="",
        speed=None, quality=None, attitude=None,
    )  # fmt: skip


def was_low(session: Session, ticket: Ticket, person_id: UUID) -> bool:
    """Whether the person has given few stars in this round before, so that the supervisors know already."""
    mine = [
        e for e in trace.events_of(session, f"ticket:{ticket.id}") if (e.action, e.actor) == ("rate", str(person_id))
    ]
    said = [json.loads(event.facts) for event in mine]
    return any(facts["round"] == ticket.round and facts["stars"] <= FEW_STARS for facts in said)


def _tell_desk(session: Session, ticket: Ticket, stars: int, recovery: str, now: datetime) -> None:
    readers = queries.desk_of(session, ticket.site_id)
    task = {"ticket": str(queries.by_number(session, recovery).id)}
    shown = [Choice("work.show"), Choice("work.show", task, text=recovery, row=1)]
    letters = [news.letter(ticket, "few_stars", who, shown, stars=stars, recovery=recovery) for who in readers]
    outbox.post(session, letters, now)


def _recover(session: Session, ticket: Ticket, stars: int, now: datetime) -> str:
    """Open a task to make it good, once a round whoever gives few stars, and return its number.

    It goes to the supervisors' team where there is one and otherwise waits at the desk: not to who did the work.
    """
    known = session.scalar(select(Recovery.task_id).where(*_recovery_of(ticket)))
    if known is not None:
        return queries.by_id(session, known).number
    site = places.site_of(session, ticket.site_id)
    task = _recovery_task(session, site, ticket, stars, now)
    session.add(Recovery(ticket_id=ticket.id, round=ticket.round, task_id=task.id))
    session.flush()
    record(session, ticket, "recovery", Actor(trigger=NAME), {"task": task.number, "round": ticket.round}, now)
    team = _team_of_desk(session, ticket.site_id)
    if team is not None:
        actions.act(session, task, "offer_team", NAME, now, facts={"team": team})
    return task.number


def recovery_of(session: Session, ticket_id: UUID) -> UUID | None:
    """The task that the last few stars of a ticket have opened."""
    query = select(Recovery.task_id).where(Recovery.ticket_id == ticket_id)
    return session.scalar(query.order_by(Recovery.round.desc()).limit(1))


def _recovery_of(ticket: Ticket) -> tuple[ColumnElement[bool], ...]:
    return (Recovery.ticket_id == ticket.id, Recovery.round == ticket.round)


def _recovery_task(session: Session, site: SiteFacts, ticket: Ticket, stars: int, now: datetime) -> Ticket:
    words = i18n.translate("recovery.text", site.locale, number=ticket.number, stars=stars)
    report = FaultReport(
        queries.subject_of(ticket, is_common=False), words, kind="task", category=ticket.category, priority="urgent",
        follows_id=ticket.id,
    )  # fmt: skip
    book = categories.handbook(session, site)
    return open_ticket(session, site, book, report, lexicon.guess("", book.lexicon), ticket.category, now)


def _team_of_desk(session: Session, site_id: UUID) -> UUID | None:
    """The oldest team of a site that a supervisor is a member of."""
    query = select(Team.id).join(Membership, Membership.team_id == Team.id)
    query = query.join(Role, Role.person_id == Membership.person_id)
    here = (Team.site_id == site_id, Role.site_id == site_id, Role.role == "supervisor")
    return session.scalar(query.where(*here).order_by(Team.id).limit(1))


def detail(session: Session, ticket: Ticket, person_id: UUID, part: str, stars: int, now: datetime) -> Rating:
    """Keep the stars for one part of a rated repair. Errors: Invalid, NotFound without a rating."""
    if part not in PARTS or not 1 <= stars <= MOST_STARS:
        raise Invalid(field="field.stars")
    rating = rating_of(session, ticket, person_id)
    if rating is None:
        raise NotFound(what="word.rating")
    setattr(rating, part, stars)
    session.flush()
    facts = {"kind": part, "stars": stars, "round": ticket.round}
    record(session, ticket, "rate_part", Actor(person_id), facts, now)
    return rating


def remind(session: Session, survey: Survey, now: datetime) -> None:
    """Do what is due for a question: ask it, or remind of it once. Each decision is an event."""
    ticket = queries.by_id(session, survey.ticket_id, lock=True)
    if ticket.state != "closed" or ticket.round != survey.round:
        survey.state, survey.reason, survey.next_at = "cancelled", "reopened", None
        record(session, ticket, "survey", Actor(trigger=NAME), asking.entry(survey).facts, now)
        return
    waits = asking.waits_until(session, ticket, survey, now)
    if waits is not None:
        survey.next_at = waits
        session.flush()
        return
    if survey.state == "planned":
        asking.put(session, ticket, survey, now)
        kind, is_told = survey.state, survey.state == "asked"
    else:
        kind, is_told = _reminded(survey, now)
    session.flush()
    facts = asking.entry(survey, kind, "too_late" if kind == "not_reminded" else "").facts
    record(session, ticket, "survey", Actor(trigger=NAME), facts, now)
    if is_told:
        said = "survey_again" if kind == "reminded" else "survey"
        outbox.post(session, [news.letter(ticket, said, survey.person_id, news.RATE_BUTTONS)], now)


def _reminded(survey: Survey, now: datetime) -> tuple[str, bool]:
    """What becomes of a reminder: one that is two days late is left out."""
    due_at, survey.next_at = survey.next_at or now, None
    if now - due_at > asking.LATEST:
        return "not_reminded", False
    survey.reminded_at = now
    return "reminded", True
