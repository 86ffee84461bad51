"""Questions that had to wait are put when they may be, reminders come once, and what is too late is left out."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from core import outbox, people, surveys, trace
from core.database import Database
from core.outbox import OutboxMessage
from core.surveys import Survey
from core.tickets import actions, additions, queries
from core.tickets.actions import SILENCE
from core.tickets.models import Ticket
from core.upkeep import policies
from tests.core.history import done, take
from tests.core.triggers.conftest import Wake
from tests.personas import Cast

DAY = timedelta(days=1)
CLOSED = timedelta(hours=2)


@pytest.fixture
def closed(db: Database, cast: Cast, now: datetime) -> Ticket:
    """Confirmed at noon in Shanghai."""
    with db.write_scope() as session:
        return take(session, done(session, cast, now), "confirm", cast.resident, now + CLOSED)


def kinds(db: Database, person: UUID) -> list[str]:
    with db.read_scope() as session:
        query = select(OutboxMessage.kind).where(OutboxMessage.person_id == person, OutboxMessage.kind.like("%survey%"))
        return list(session.scalars(query.order_by(OutboxMessage.id)))


def decisions(db: Database, ticket: Ticket) -> list[str]:
    with db.read_scope() as session:
        return [e.facts for e in trace.events_of(session, f"ticket:{ticket.id}") if e.action == "survey"]


def test_silence_is_reminded_of_once(db: Database, cast: Cast, closed: Ticket, now: datetime, wake: Wake) -> None:
    assert wake("surveys", now + CLOSED + DAY - timedelta(seconds=1)).handled == 0
    for hours in (24, 25, 49, 99):
        wake("surveys", now + CLOSED + timedelta(hours=hours))
    assert kinds(db, cast.resident) == ["survey", "survey_again"]
    assert '"kind":"reminded"' in decisions(db, closed)[-1]


def test_who_has_answered_is_not_reminded(db: Database, cast: Cast, closed: Ticket, now: datetime, wake: Wake) -> None:
    with db.write_scope() as session:
        surveys.rate(session, queries.by_id(session, closed.id, lock=True), cast.resident, 5, now + CLOSED)
    assert wake("surveys", now + 9 * DAY).handled == 0


def test_who_reopened_is_not_reminded(db: Database, cast: Cast, closed: Ticket, now: datetime, wake: Wake) -> None:
    with db.write_scope() as session:
        ticket = queries.by_id(session, closed.id, lock=True)
        take(session, ticket, "reopen", cast.resident, now + CLOSED, reason="not_fixed")
    wake("surveys", now + CLOSED + DAY)
    assert kinds(db, cast.resident) == ["survey"]
    assert '"reason":"reopened"' in decisions(db, closed)[-1]


def test_a_reminder_that_is_two_days_late_is_left_out(
    db: Database, cast: Cast, closed: Ticket, now: datetime, wake: Wake
) -> None:
    wake("surveys", now + CLOSED + 3 * DAY + timedelta(seconds=1))
    assert kinds(db, cast.resident) == ["survey"]
    assert '"kind":"not_reminded"' in decisions(db, closed)[-1]


def test_others_are_asked_after_the_quiet_hours(db: Database, cast: Cast, now: datetime, wake: Wake) -> None:
    """Confirmed at noon, quiet from eleven to three."""
    with db.write_scope() as session:
        policies.set_quiet(session, cast.site, ("11:00", "15:00"), cast.admin, now)
        ticket = done(session, cast, now)
        additions.join(session, ticket, cast.neighbour, "", now + timedelta(minutes=90))
        take(session, ticket, "confirm", cast.resident, now + CLOSED)
    assert (kinds(db, cast.resident), kinds(db, cast.neighbour)) == (["survey"], [])
    wake("surveys", now + timedelta(hours=5))
    assert kinds(db, cast.neighbour) == ["survey"]


def test_the_reminder_waits_for_the_end_of_the_quiet_hours(db: Database, cast: Cast, now: datetime, wake: Wake) -> None:
    with db.write_scope() as session:
        policies.set_quiet(session, cast.site, ("11:00", "15:00"), cast.admin, now)
        take(session, done(session, cast, now), "confirm", cast.resident, now + CLOSED)
    assert wake("surveys", now + CLOSED + DAY).handled == 0
    assert wake("surveys", now + timedelta(hours=5) + DAY).handled == 1


def test_downtime_that_ends_at_night_wakes_nobody(db: Database, cast: Cast, now: datetime, wake: Wake) -> None:
    """The reminder was due at noon; the quiet hours are from seven in the evening to seven."""
    with db.write_scope() as session:
        policies.set_quiet(session, cast.site, ("19:00", "07:00"), cast.admin, now)
        take(session, done(session, cast, now), "confirm", cast.resident, now + CLOSED)
    wake("surveys", now + CLOSED + DAY + timedelta(hours=12))
    assert kinds(db, cast.resident) == ["survey"]
    wake("surveys", now + CLOSED + DAY + timedelta(hours=19))
    assert kinds(db, cast.resident) == ["survey", "survey_again"]


@pytest.mark.parametrize(("late", "kind"), [(timedelta(hours=47), "lapsed_rate"), (timedelta(hours=49), "lapsed")])
def test_a_question_that_is_two_days_late_is_not_put(
    db: Database, cast: Cast, now: datetime, wake: Wake, late: timedelta, kind: str
) -> None:
    with db.write_scope() as session:
        ticket = done(session, cast, now)
    wake("closures", now + timedelta(hours=1) + SILENCE + late)
    with db.read_scope() as session:
        assert kind in {message.kind for message in outbox.of_ticket(session, ticket.id)}
    assert ("too_late" in decisions(db, ticket)[-1]) == (kind == "lapsed")


@pytest.mark.parametrize(("quiet_until", "asked"), [("13:30", 3.5), ("23:00", 13)])
def test_it_is_asked_before_the_platform_takes_nothing_more_but_in_no_quiet_hours(
    db: Database, cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch, quiet_until: str, asked: float
) -> None:
    """The neighbour wrote an hour before the closure; the platform takes messages for three hours."""
    monkeypatch.setitem(surveys.WINDOWS, "narrow", timedelta(hours=3))
    with db.write_scope() as session:
        policies.set_quiet(session, cast.site, ("11:00", quiet_until), cast.admin, now)
        identity = people.add_identity(
            session, cast.neighbour, "narrow", "narrow", "user", "1", conversation="1", via="test"
        )
        identity.seen_at = now + timedelta(hours=1)
        ticket = done(session, cast, now)
        additions.join(session, ticket, cast.neighbour, "", now + timedelta(minutes=90))
        actions.act(session, ticket, "lapse", "closures", now + CLOSED)
        query = select(Survey.next_at).where(Survey.person_id == cast.neighbour)
        assert session.scalar(query) == now + timedelta(hours=asked)
