"""How the work went: opened, done, closed, still open, promises kept, minutes to accept, ratings.

It is read from the trace, so that what happened in a past month stays there whatever happens to a ticket later.
Stars stand beside the share of questions that were answered: silence is no praise, and what nobody was asked is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from statistics import mean, median
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core.deadlines import GOALS
from core.reports import Figure, Scope, counted, report, share
from core.reports._stories import TAKING, Step, Story, batches, steps_of
from core.tickets.asking import Survey
from core.tickets.models import Rating, Ticket


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of some tickets, by ticket."""

    steps: dict[UUID, list[Step]]
    stars: dict[UUID, list[tuple[int, int]]]
    surveys: dict[UUID, list[tuple[int, bool]]]


@dataclass(frozen=True, slots=True)
class Stories:
    scope: Scope
    stories: tuple[Story, ...]


def stories(session: Session, scope: Scope) -> Stories:
    """Every ticket of the site that was open at some moment of the period."""
    began_before = Ticket.opened_at < scope.period.ends_at
    ended_after = or_(Ticket.closed_at.is_(None), Ticket.closed_at >= scope.period.starts_at)
    query = select(Ticket).where(Ticket.site_id == scope.site.id, began_before, ended_after).order_by(Ticket.id)
    tickets = session.scalars(query).all()
    ids = [ticket.id for ticket in tickets]
    read = Read(steps_of(session, ids), _stars(session, ids), _surveys(session, ids))
    return Stories(scope, tuple(_story(scope, one, read) for one in tickets))


@report("tickets", facts=stories)
def tickets(facts: Stories) -> Iterator[Figure]:
    period, told = facts.scope.period, facts.stories
    yield counted("opened", (story.number for story in told if story.opened_at in period))
    yield counted("done", _with(facts, "sign_off"))
    yield counted("closed", (story.number for story, _ in _closings(facts)))
    yield counted("reopened", _with(facts, "reopen"))
    yield counted("still_open", (story.number for story in told if story.is_open_at(period.ends_at)))
    yield _promises(facts)
    yield from (_kept(facts, goal) for goal in GOALS)
    yield _minutes_to_accept(facts)
    yield from _ratings(facts)


def _with(facts: Stories, action: str) -> list[str]:
    """Tickets to which something happened in the period."""
    period = facts.scope.period
    return [
        story.number
        for story in facts.stories
        if any(step.action == action and step.at in period for step in story.steps)
    ]


def _closings(facts: Stories) -> list[tuple[Story, list[Step]]]:
    """Tickets that were closed in the period, with each time it happened."""
    period = facts.scope.period
    found = [
        (story, [step for step in story.steps if step.to_state == "closed" != step.from_state and step.at in period])
        for story in facts.stories
    ]
    return [(story, steps) for story, steps in found if steps]


def _promises(facts: Stories) -> Figure:
    """Of what was opened in the period and had to be accepted: how much was, in time."""
    opened = [story for story in facts.stories if story.opened_at in facts.scope.period]
    judged = [(story.number, story.is_kept(facts.scope.now)) for story in opened]
    return share(
        "promises_kept", sum(kept is True for _, kept in judged), (n for n, kept in judged if kept is not None)
    )


def _kept(facts: Stories, goal: str) -> Figure:
    """Of the deadlines of rounds that began in the period: how many were kept, and all that were judged."""
    period, now = facts.scope.period, facts.scope.now
    judged = [
        (story.number, story.judged(goal, step.round, now))
        for story in facts.stories
        for step in story.steps
        if step.action in ("report", "reopen") and step.at in period
    ]
    found = [(number, kept) for number, kept in judged if kept is not None]
    return share(f"deadlines_{goal}", sum(kept for _, kept in found), (number for number, _ in found))


def _minutes_to_accept(facts: Stories) -> Figure:
    """The median from the report to the first acceptance, over what was opened in the period and accepted."""
    spans = {
        story.number: (taken - story.opened_at) / timedelta(minutes=1)
        for story in facts.stories
        if story.opened_at in facts.scope.period and (taken := story.first(*TAKING))
    }
    return Figure("minutes_to_accept", round(median(spans.values()), 1) if spans else None, tuple(spans), "minutes")


def _ratings(facts: Stories) -> Iterator[Figure]:
    """Questions put and answered about rounds that were closed in the period; the mean and spread of all stars."""
    closed = [(story, {step.round for step in steps}) for story, steps in _closings(facts)]
    asked = [
        (story.number, was_answered) for story, rounds in closed for n, was_answered in story.surveys if n in rounds
    ]
    given = [(story.number, stars) for story, rounds in closed for n, stars in story.stars if n in rounds]
    rated = tuple(dict.fromkeys(number for number, _ in given))
    answered = [number for number, was_answered in asked if was_answered]
    yield Figure("asked", len(asked), tuple(dict.fromkeys(number for number, _ in asked)), "surveys")
    yield Figure("answered", len(answered), tuple(dict.fromkeys(answered)), "surveys")
    yield Figure("stars", round(mean(stars for _, stars in given), 2) if given else None, rated, "stars")
    yield share("response_rate", len(answered), (number for number, _ in asked))
    for stars in range(5, 0, -1):
        with_it = [number for number, one in given if one == stars]
        yield Figure(f"stars_{stars}", len(with_it), tuple(dict.fromkeys(with_it)), "surveys")


def _story(scope: Scope, ticket: Ticket, read: Read) -> Story:
    """The promise is that of the first round, as the trace says it."""
    story = Story(
        ticket.number, ticket.opened_at, None, tuple(read.steps.get(ticket.id, ())),
        tuple(read.stars.get(ticket.id, ())), tuple(read.surveys.get(ticket.id, ())),
    )  # fmt: skip
    return replace(story, promised_at=story.due("respond", 1))


def _stars(session: Session, ticket_ids: Sequence[UUID]) -> dict[UUID, list[tuple[int, int]]]:
    found: dict[UUID, list[tuple[int, int]]] = {}
    for some in batches(ticket_ids):
        query = select(Rating.ticket_id, Rating.round, Rating.stars).where(Rating.ticket_id.in_(some))
        for ticket_id, number, stars in session.execute(query.order_by(Rating.id)):
            found.setdefault(ticket_id, []).append((number, stars))
    return found


def _surveys(session: Session, ticket_ids: Sequence[UUID]) -> dict[UUID, list[tuple[int, bool]]]:
    found: dict[UUID, list[tuple[int, bool]]] = {}
    for some in batches(ticket_ids):
        query = select(Survey.ticket_id, Survey.round, Survey.answered_at)
        query = query.where(Survey.ticket_id.in_(some), Survey.asked_at.is_not(None)).order_by(Survey.id)
        for ticket_id, number, answered_at in session.execute(query):
            found.setdefault(ticket_id, []).append((number, answered_at is not None))
    return found
