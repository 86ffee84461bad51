"""Ratings are honest: of others' work, one a person and round, and without words in the trace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from assets import register
from core import access, intake, people, surveys, trace
from core.database import Database, Session
from core.errors import Forbidden, Invalid, NotFound
from core.intake import FaultReport
from core.outbox import OutboxMessage
from core.surveys import Survey
from core.tickets import actions, queries
from core.tickets.actions import IllegalTransition
from core.tickets.models import Ticket
from tests.core.history import done, take
from tests.personas import Cast


@dataclass(frozen=True, slots=True)
class Repair:
    """A fault of a resident that a technician repairs."""

    cast: Cast
    ticket_id: UUID
    now: datetime

    def read(self, session: Session) -> Ticket:
        return queries.by_id(session, self.ticket_id, lock=True)

    def act(self, session: Session, action: str, by: UUID, **facts: object) -> None:
        actions.act(session, self.read(session), action, access.viewer(session, by), self.now, facts=facts)

    def finish(self, session: Session) -> None:
        for item in ("after_photo", "technician_signature"):
            self.act(session, "waive", self.cast.supervisor, evidence=item, reason="test")
        self.act(session, "accept", self.cast.technician)
        self.act(session, "check_in", self.cast.technician)
        self.act(session, "sign_off", self.cast.technician, resolution="fixed")
        self.act(session, "confirm", self.cast.resident)


@pytest.fixture
def repair(db: Database, cast: Cast, now: datetime) -> Repair:
    with db.write_scope() as session:
        subject = register.subject_of_place(session, cast.hall)
        report = FaultReport(subject, "the lift is stuck", cast.resident, category="lift")
        ticket = intake.report_fault(session, report, now).ticket
        assert ticket is not None
        return Repair(cast, ticket.id, now)


def test_work_that_is_not_closed_cannot_be_rated(db: Database, repair: Repair) -> None:
    with db.write_scope() as session, pytest.raises(IllegalTransition):
        surveys.rate(session, repair.read(session), repair.cast.resident, 5, repair.now)


def test_who_is_not_concerned_cannot_rate(db: Database, repair: Repair) -> None:
    with db.write_scope() as session:
        repair.finish(session)
        for stranger in (repair.cast.neighbour, repair.cast.supervisor, repair.cast.outsider):
            with pytest.raises(Forbidden):
                surveys.rate(session, repair.read(session), stranger, 5, repair.now)


def test_nobody_rates_their_own_work_even_when_they_reported_it(db: Database, repair: Repair) -> None:
    with db.write_scope() as session:
        repair.finish(session)
        ticket = repair.read(session)
        ticket.reporter_id = repair.cast.technician
        session.flush()
        with pytest.raises(surveys.OwnWork):
            surveys.rate(session, ticket, repair.cast.technician, 5, repair.now)


@pytest.mark.parametrize("stars", [0, 6, -1])
def test_stars_are_one_to_five(db: Database, repair: Repair, stars: int) -> None:
    with db.write_scope() as session, pytest.raises(Invalid):
        surveys.rate(session, repair.read(session), repair.cast.resident, stars, repair.now)


def test_a_rating_is_an_event_without_words(db: Database, repair: Repair) -> None:
    with db.write_scope() as session:
        repair.finish(session)
        surveys.rate(session, repair.read(session), repair.cast.resident, 1, repair.now)
        surveys.explain(
            session, repair.read(session), repair.cast.resident, "other", repair.now, text="mud on the carpet"
        )
        told = trace.events_of(session, f"ticket:{repair.ticket_id}")
        events = [event for event in told if event.action in ("rate", "rate_reason")]
    assert [(event.action, event.facts) for event in events] == [
        ("rate", '{"round":1,"stars":1,"was":null}'),
        ("rate_reason", '{"reason":"other","round":1}'),
    ]


def test_each_round_has_its_own_rating(db: Database, repair: Repair) -> None:
    with db.write_scope() as session:
        repair.finish(session)
        surveys.rate(session, repair.read(session), repair.cast.resident, 2, repair.now)
        repair.act(session, "reopen", repair.cast.resident, reason="not_fixed")
        repair.finish(session)
        surveys.rate(session, repair.read(session), repair.cast.resident, 5, repair.now)
        found = queries.ratings_of(session, repair.ticket_id)
    assert [(rating.round, rating.stars) for rating in found] == [(1, 2), (2, 5)]


def test_a_reason_needs_a_rating_and_must_be_known(db: Database, repair: Repair) -> None:
    with db.write_scope() as session:
        with pytest.raises(NotFound):
            surveys.explain(session, repair.read(session), repair.cast.resident, "speed", repair.now)
        with pytest.raises(Invalid):
            surveys.explain(session, repair.read(session), repair.cast.resident, "weather", repair.now)


def of_person(db: Database, ticket_id: UUID, person: UUID) -> Survey:
    with db.read_scope() as session:
        return session.scalars(select(Survey).where(Survey.ticket_id == ticket_id, Survey.person_id == person)).one()


def closed(db: Database, cast: Cast, at: datetime) -> Ticket:
    """A ticket of the resident that was confirmed at once."""
    with db.write_scope() as session:
        ticket = done(session, cast, at)
        return take(session, ticket, "confirm", cast.resident, at + timedelta(hours=2))


def letters(db: Database, kind: str) -> list[OutboxMessage]:
    with db.read_scope() as session:
        return list(session.scalars(select(OutboxMessage).where(OutboxMessage.kind == kind)))


def test_who_confirms_is_asked_once_in_seven_days(db: Database, cast: Cast, now: datetime) -> None:
    first, second = closed(db, cast, now), closed(db, cast, now + timedelta(days=6))
    third = closed(db, cast, now + timedelta(days=8))
    found = [of_person(db, one.id, cast.resident) for one in (first, second, third)]
    assert [(one.state, one.reason) for one in found] == [("asked", ""), ("skipped", "asked_lately"), ("asked", "")]
    assert len(letters(db, "survey")) == 2
    with db.read_scope() as session:
        told = [e for e in trace.events_of(session, f"ticket:{second.id}") if e.action == "survey"]
    assert '"reason":"asked_lately"' in told[0].facts


def test_after_a_low_score_the_next_repair_is_asked_about(db: Database, cast: Cast, now: datetime) -> None:
    first = closed(db, cast, now)
    with db.write_scope() as session:
        read = queries.by_id(session, first.id, lock=True)
        surveys.rate(session, read, cast.resident, 2, now + timedelta(hours=3))
    assert of_person(db, closed(db, cast, now + timedelta(days=1)).id, cast.resident).state == "asked"


def test_a_question_that_nobody_answered_after_a_low_score_is_rested_from(
    db: Database, cast: Cast, now: datetime
) -> None:
    first = closed(db, cast, now)
    with db.write_scope() as session:
        read = queries.by_id(session, first.id, lock=True)
        surveys.rate(session, read, cast.resident, 1, now + timedelta(hours=3))
    later = [of_person(db, closed(db, cast, now + timedelta(days=days)).id, cast.resident) for days in (1, 2)]
    assert [(one.state, one.reason) for one in later] == [("asked", ""), ("skipped", "asked_lately")]


def test_a_low_score_opens_one_linked_task_that_nobody_is_sent_to(db: Database, cast: Cast, now: datetime) -> None:
    ticket = closed(db, cast, now)
    with db.write_scope() as session:
        read = queries.by_id(session, ticket.id, lock=True)
        for stars in (1, 4, 2):
            surveys.rate(session, read, cast.resident, stars, now + timedelta(hours=3))
        tasks = session.scalars(select(Ticket).where(Ticket.follows_id == ticket.id)).all()
    assert [(one.kind, one.state, one.assignee_id, one.priority) for one in tasks] == [
        ("task", "reported", None, "urgent")
    ]
    assert {one.facts["recovery"] for one in letters(db, "few_stars")} == {tasks[0].number}


def test_a_task_goes_to_the_team_that_a_supervisor_is_in(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        people.join_team(session, cast.crew, cast.supervisor, [])
    ticket = closed(db, cast, now)
    with db.write_scope() as session:
        surveys.rate(session, queries.by_id(session, ticket.id, lock=True), cast.resident, 1, now + timedelta(hours=3))
        task = session.scalars(select(Ticket).where(Ticket.follows_id == ticket.id)).one()
    assert (task.team_id, task.state) == (cast.crew, "assigned")


def test_three_parts_are_kept_beside_the_stars(db: Database, cast: Cast, now: datetime) -> None:
    ticket = closed(db, cast, now)
    with db.write_scope() as session:
        read = queries.by_id(session, ticket.id, lock=True)
        with pytest.raises(NotFound):
            surveys.detail(session, read, cast.resident, "speed", 4, now)
        surveys.rate(session, read, cast.resident, 5, now + timedelta(hours=3))
        kept = surveys.detail(session, read, cast.resident, "speed", 4, now + timedelta(hours=3))
        assert (kept.speed, kept.quality, kept.attitude) == (4, None, None)
        with pytest.raises(Invalid):
            surveys.detail(session, read, cast.resident, "price", 4, now)
    assert of_person(db, ticket.id, cast.resident).state == "answered"
