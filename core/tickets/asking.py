"""Who is asked how a repair went, and when: decided at the closure, in the transaction that closes.

Somebody is asked at most once in seven days, unless the last answer was a low one: then the next repair matters.
Nobody is asked about their own work, in quiet hours of the site or of one's own, or two days late. The question goes at
the first moment outside of these, and so before a platform takes nothing more from us wherever that can be. Each
decision is an event with its reason.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import calendars, clock, people, places, trace
from core.database import Table
from core.tickets import queries
from core.tickets.models import Rating, Ticket

FEW_STARS = 2
REST_DAYS = 7  # unless the site's `survey_days` says otherwise
LATEST = timedelta(hours=48)
REMIND_AFTER = timedelta(hours=24)
NIGHT = ("22:00", "07:00")  # where a site has set no quiet hours
WINDOWS: dict[str, timedelta] = {}  # by channel: how long after a person's last message it takes ours


class Survey(Table):
    """The question to one person about one round.

    `state`: planned, asked, answered, skipped or cancelled, the last two with their `reason`. `next_at`: when the
    trigger looks at it; None where nothing more is to come. An answer without a question has `answered_at` alone.
    """

    __tablename__ = "surveys"
    __table_args__ = (
        UniqueConstraint("ticket_id", "round", "person_id"),
        Index("ix_surveys_next", "next_at", sqlite_where=text("next_at IS NOT NULL"),
              postgresql_where=text("next_at IS NOT NULL")),
        Index(None, "person_id", "asked_at"),
        Index(None, "asked_at"),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("tickets.id"))
    round: Mapped[int]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    state: Mapped[str] = mapped_column(default="planned")
    reason: Mapped[str] = mapped_column(default="")
    due_at: Mapped[datetime]
    next_at: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]


def begin(session: Session, ticket: Ticket, by: UUID | None, due_at: datetime, now: datetime) -> list[Survey]:
    """Plan the questions about a round that closes now, and put those that are due. `by`: who closed it."""
    found = []
    for person in queries.concerned(session, ticket):
        at = due_at if person == by else _after_quiet(session, ticket, person, max(due_at, now))
        survey = Survey(
            id=clock.new_id(), ticket_id=ticket.id, round=ticket.round, person_id=person, state="planned", reason="",
            due_at=due_at, next_at=at, asked_at=None, reminded_at=None, answered_at=None,
        )  # fmt: skip
        if at <= now:
            put(session, ticket, survey, now)
        session.add(survey)
        found.append(survey)
    session.flush()
    return found


def put(session: Session, ticket: Ticket, survey: Survey, now: datetime) -> None:
    """Decide about a question that is due: it is asked, or it is not, with the reason."""
    state, reason = _decided(session, ticket, survey, now)
    survey.state, survey.reason, survey.next_at = state, reason, None
    if state == "asked":
        survey.asked_at = now
        survey.next_at = _reminder(session, ticket, survey.person_id, now)


def entry(survey: Survey, kind: str = "", reason: str = "") -> trace.Entry:
    """A decision as an event."""
    facts = {"person": str(survey.person_id), "kind": kind or survey.state, "round": survey.round}
    said = reason or survey.reason
    return trace.Entry("survey", {**facts, "reason": said} if said else facts, "surveys", "closed", "closed")


def of_round(session: Session, ticket: Ticket, person_id: UUID) -> Survey | None:
    """The question about the present round that a person was, or was not, asked."""
    here = (Survey.ticket_id == ticket.id, Survey.round == ticket.round, Survey.person_id == person_id)
    return session.scalar(select(Survey).where(*here))


def workers(session: Session, ticket: Ticket) -> set[UUID]:
    """Who had accepted the work of the present round, also before a transfer."""
    taken = {offer.person_id for offer in queries.offers_of(session, ticket) if offer.state == "accepted"}
    return taken | {ticket.assignee_id} if ticket.assignee_id else taken


def _decided(session: Session, ticket: Ticket, survey: Survey, now: datetime) -> tuple[str, str]:
    if survey.person_id in workers(session, ticket):
        return "skipped", "own_work"
    if ticket.via == "phone" and survey.person_id == ticket.reporter_id:
        return "skipped", "by_phone"
    if now - survey.due_at > LATEST:
        return "cancelled", "too_late"
    days = places.site_of(session, ticket.site_id).settings.get("survey_days", REST_DAYS)
    if _was_asked_lately(session, survey.person_id, now - timedelta(days=days)):
        return "skipped", "asked_lately"
    return "asked", ""


def _was_asked_lately(session: Session, person_id: UUID, since: datetime) -> bool:
    """Whether the last question lies so near, and its answer was no low one. Silence is none."""
    query = select(Survey).where(Survey.person_id == person_id, Survey.asked_at > since)
    last = session.scalar(query.order_by(Survey.asked_at.desc()).limit(1))
    if last is None:
        return False
    answer = (Rating.ticket_id == last.ticket_id, Rating.round == last.round, Rating.person_id == person_id)
    stars = session.scalar(select(Rating.stars).where(*answer))
    return stars is None or stars > FEW_STARS


def waits_until(session: Session, ticket: Ticket, survey: Survey, now: datetime) -> datetime | None:
    """Until when something that is due must wait, as after downtime that ended at night; None where it need not."""
    at = _after_quiet(session, ticket, survey.person_id, now)
    return at if at > now else None


def _reminder(session: Session, ticket: Ticket, person_id: UUID, now: datetime) -> datetime | None:
    """When to remind once; never in quiet hours, and not at all where the platform takes nothing more by then."""
    at, closes_at = _after_quiet(session, ticket, person_id, now + REMIND_AFTER), _closes_at(session, person_id)
    return at if closes_at is None or at < closes_at else None


def _after_quiet(session: Session, ticket: Ticket, person_id: UUID, moment: datetime) -> datetime:
    hours, zone = _hours(session, ticket, person_id)
    return calendars.outside(moment, hours, zone) or moment


def _hours(session: Session, ticket: Ticket, person_id: UUID) -> tuple[list[tuple[str, ...]], str]:
    """When not to ask somebody: the quiet hours of the site, or the night, and their own, in the time of the site.

    Where both together leave no moment of the day, as for who sleeps by day, their own hold.
    """
    site, own = places.site_of(session, ticket.site_id), people.quiet_of(session, person_id)
    both = [tuple(site.settings.get("quiet") or NIGHT), own]
    is_any = calendars.outside(ticket.opened_at, both, site.timezone) is not None
    return (both if is_any else [own]), site.timezone


def _closes_at(session: Session, person_id: UUID) -> datetime | None:
    """Until when the chat that a person used last takes messages of ours; None where it always does."""
    if not WINDOWS:
        return None
    last = next((one for one in people.identities_of(session, person_id) if one.conversation), None)
    window = WINDOWS.get(last.channel) if last else None
    return last.seen_at + window if last and window else None
