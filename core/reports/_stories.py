"""What happened to tickets, read from the trace: their steps by round, and the deadlines that were kept or missed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, product
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.deadlines import ENDED, GOALS, MEETS
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


def steps_of(session: Session, ticket_ids: Sequence[UUID]) -> dict[UUID, list[Step]]:
    found: dict[UUID, list[Step]] = {}
    for some in batches(ticket_ids):
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


def settled(session: Session, numbers: Mapping[UUID, str], now: datetime) -> Iterator[Settled]:
    """Every deadline of some tickets that was kept or missed by now, as their trace has counted it."""
    steps = steps_of(session, list(numbers))
    for ticket_id, number in numbers.items():
        story = Story(number, now, None, tuple(steps.get(ticket_id, ())))
        for goal, one in product(GOALS, sorted({step.round for step in story.steps})):
            kept = story.judged(goal, one, now)
            at = None if kept is None else story.settled_at(goal, one, kept=kept)
            if kept is not None and at is not None:
                yield Settled(number, goal, kept, at)


def batches(ticket_ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    return (ticket_ids[start : start + BATCH] for start in range(0, len(ticket_ids), BATCH))
