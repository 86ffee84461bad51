"""How the work went: opened, done, closed, still open, promises kept, minutes to accept, ratings.

It is read from the trace, so that what happened in a past month stays there whatever happens to a ticket later.
Stars stand beside the share of questions that were answered: silence is no praise, and what nobody was asked is none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby, product
from statistics import mean, median
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core.deadlines import ENDED, GOALS, MEETS
from core.reports import Figure, Scope, counted, report, share
from core.tickets.asking import Survey
from core.tickets.models import Rating, Ticket
from core.tickets.states import OPEN
from core.trace import Event

BATCH = 500
TAKING = ("accept", "claim")


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a ticket. `round`: 1, and one more after each reopening. `due`: its deadlines, where it sets any."""

    action: str
    from_state: str
    to_state: str
    at: datetime
    round: int
    due: dict[str, datetime | None] | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """A ticket with everything that happened to it. `promised_at`: until when its first round was to be accepted.

    `stars`: what people gave, by round. `surveys`: each question that was put, by round, and whether it was answered.
    """

    number: str
    opened_at: datetime
    promised_at: datetime | None
    steps: tuple[Step, ...]
    stars: tuple[tuple[int, int], ...] = ()
    surveys: tuple[tuple[int, bool], ...] = ()

    def first(self, *actions: str) -> datetime | None:
        return next((step.at for step in self.steps if step.action in actions), None)

    def due(self, goal: str, number: int) -> datetime | None:
        """Until when something was to be done in a round, as it was counted last."""
        counted = [step.due for step in self.steps if step.round == number and step.due is not None]
        return counted[-1].get(goal) if counted else None

    def judged(self, goal: str, number: int, now: datetime) -> bool | None:
        """Whether a deadline of a round was kept; None while it runs, or where the work ended before it."""
        due, steps = self.due(goal, number), [step for step in self.steps if step.round == number]
        met = next((step.at for step in steps if MEETS.get(step.action) == goal), None)
        ended = next((step.at for step in steps if step.to_state in ENDED), None)
        if due is None or (met is None and (ended or now) <= due):
            return None
        return met is not None and met <= due

    def settled_at(self, goal: str, number: int, *, kept: bool) -> datetime | None:
        """When a judged deadline of a round was met, or else passed."""
        steps = (step for step in self.steps if step.round == number and MEETS.get(step.action) == goal)
        return next((step.at for step in steps), None) if kept else self.due(goal, number)

    def ended_at(self) -> datetime | None:
        """When it was cancelled or merged."""
        return next((step.at for step in self.steps if step.to_state in ("cancelled", "merged")), None)

    def is_open_at(self, moment: datetime) -> bool:
        before = [step.to_state for step in self.steps if step.at < moment]
        return bool(before) and before[-1] in OPEN

    def is_kept(self, now: datetime) -> bool | None:
        """Whether somebody had accepted in time; None while the time runs, or where it ended before that."""
        taken, ended = self.first(*TAKING), self.ended_at()
        if self.promised_at is None or (taken is None and (ended or now) <= self.promised_at):
            return None
        return taken is not None and taken <= self.promised_at


@dataclass(frozen=True, slots=True)
class Settled:
    """A deadline of a ticket that was kept or missed, and when that was certain."""

    number: str
    goal: str
    is_kept: bool
    at: datetime


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
    read = Read(_steps(session, ids), _stars(session, ids), _surveys(session, ids))
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


def settled(session: Session, numbers: Mapping[UUID, str], now: datetime) -> Iterator[Settled]:
    """Every deadline of some tickets that was kept or missed by now, as their trace has counted it."""
    steps = _steps(session, list(numbers))
    for ticket_id, number in numbers.items():
        story = Story(number, now, None, tuple(steps.get(ticket_id, ())))
        for goal, one in product(GOALS, sorted({step.round for step in story.steps})):
            kept = story.judged(goal, one, now)
            at = None if kept is None else story.settled_at(goal, one, kept=kept)
            if kept is not None and at is not None:
                yield Settled(number, goal, kept, at)


def _story(scope: Scope, ticket: Ticket, read: Read) -> Story:
    """The promise is that of the first round, as the trace says it."""
    story = Story(
        ticket.number, ticket.opened_at, None, tuple(read.steps.get(ticket.id, ())),
        tuple(read.stars.get(ticket.id, ())), tuple(read.surveys.get(ticket.id, ())),
    )  # fmt: skip
    return replace(story, promised_at=story.due("respond", 1))


def _steps(session: Session, ticket_ids: Sequence[UUID]) -> dict[UUID, list[Step]]:
    found: dict[UUID, list[Step]] = {}
    for some in _batches(ticket_ids):
        streams = {f"ticket:{ticket_id}": ticket_id for ticket_id in some}
        query = select(Event.stream, Event.action, Event.from_state, Event.to_state, Event.at, Event.facts)
        rows = session.execute(query.where(Event.stream.in_(streams)).order_by(Event.stream, Event.seq)).all()
        for stream, events in groupby(rows, key=lambda row: row.stream):
            found[streams[stream]] = list(_numbered([row[1:] for row in events]))
    return found


def _numbered(events: Sequence[tuple[str, str, str, datetime, str]]) -> Iterator[Step]:
    number = 1
    for action, from_state, to_state, at, facts in events:
        number += action == "reopen"
        yield Step(action, from_state, to_state, at, number, _due(facts) if '"deadlines"' in facts else None)


def _due(text: str) -> dict[str, datetime | None]:
    """The deadlines that an event says, by goal; None while the clock stood still."""
    goals = json.loads(text)["deadlines"]["goals"]
    return {facts["goal"]: datetime.fromisoformat(facts["due"]) if "due" in facts else None for facts in goals}


def _stars(session: Session, ticket_ids: Sequence[UUID]) -> dict[UUID, list[tuple[int, int]]]:
    found: dict[UUID, list[tuple[int, int]]] = {}
    for some in _batches(ticket_ids):
        query = select(Rating.ticket_id, Rating.round, Rating.stars).where(Rating.ticket_id.in_(some))
        for ticket_id, number, stars in session.execute(query.order_by(Rating.id)):
            found.setdefault(ticket_id, []).append((number, stars))
    return found


def _surveys(session: Session, ticket_ids: Sequence[UUID]) -> dict[UUID, list[tuple[int, bool]]]:
    found: dict[UUID, list[tuple[int, bool]]] = {}
    for some in _batches(ticket_ids):
        query = select(Survey.ticket_id, Survey.round, Survey.answered_at)
        query = query.where(Survey.ticket_id.in_(some), Survey.asked_at.is_not(None)).order_by(Survey.id)
        for ticket_id, number, answered_at in session.execute(query):
            found.setdefault(ticket_id, []).append((number, answered_at is not None))
    return found


def _batches(ticket_ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    return (ticket_ids[start : start + BATCH] for start in range(0, len(ticket_ids), BATCH))
