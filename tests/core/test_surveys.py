"""Ratings are honest: of others' work, one a person and round, and without words in the trace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import pytest

from assets import register
from core import access, intake, surveys, trace
from core.database import Database, Session
from core.errors import Forbidden, Invalid, NotFound
from core.intake import FaultReport
from core.tickets import actions, queries
from core.tickets.actions import StaleTicket
from core.tickets.models import Ticket
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
    with db.write_scope() as session, pytest.raises(StaleTicket):
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
        events = trace.events_of(session, f"ticket:{repair.ticket_id}")[-2:]
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
