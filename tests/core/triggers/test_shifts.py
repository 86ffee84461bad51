"""At the end of a shift what was accepted and not started goes back, once; what goes on or is awaited stays."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from core import changes
from core.calendars import Duty, put_on_call
from core.database import Database
from core.tickets import queries
from core.tickets.models import Ticket
from core.triggers import Outcome
from core.upkeep import duty
from tests.core.history import opened, reread, take
from tests.core.triggers.conftest import Wake
from tests.personas import Cast

SHIFT = timedelta(hours=8)


@pytest.fixture
def accepted(db: Database, cast: Cast, now: datetime) -> Ticket:
    with db.write_scope() as session:
        ticket = opened(session, cast, now)
        assert ticket.assignee_id is not None
        return take(session, ticket, "accept", ticket.assignee_id, now)


def shift(db: Database, cast: Cast, person: UUID | None, begins: datetime, team: UUID | None = None) -> None:
    assert person is not None
    with db.write_scope() as session:
        put_on_call(session, cast.site, person, begins, begins + SHIFT, team).kind = "shift"


def test_what_was_not_started_goes_back_once(
    db: Database, cast: Cast, now: datetime, wake: Wake, accepted: Ticket
) -> None:
    shift(db, cast, accepted.assignee_id, now)
    assert wake("shifts", now + SHIFT - timedelta(seconds=1)) == Outcome()
    assert wake("shifts", now + SHIFT) == Outcome(handled=1)
    back = reread(db, accepted)
    assert (back.state, back.assignee_id, back.wake_at) == ("reported", None, now + SHIFT)
    assert wake("shifts", now + SHIFT) == Outcome()
    wake("offers", now + SHIFT)
    assert reread(db, accepted).state == "assigned"


def test_it_stays_when_the_next_shift_is_theirs_too(
    db: Database, cast: Cast, now: datetime, wake: Wake, accepted: Ticket
) -> None:
    shift(db, cast, accepted.assignee_id, now)
    shift(db, cast, accepted.assignee_id, now + timedelta(hours=10))
    wake("shifts", now + SHIFT)
    assert reread(db, accepted).state == "accepted"


def test_it_goes_when_somebody_else_has_the_next_shift(
    db: Database, cast: Cast, now: datetime, wake: Wake, accepted: Ticket
) -> None:
    other = next(one for one in (cast.technician, cast.second_technician) if one != accepted.assignee_id)
    shift(db, cast, accepted.assignee_id, now)
    shift(db, cast, other, now + SHIFT)
    shift(db, cast, accepted.assignee_id, now + 2 * SHIFT)
    wake("shifts", now + SHIFT)
    assert reread(db, accepted).state == "reported"


def test_a_shift_of_another_team_in_between_changes_nothing(
    db: Database, cast: Cast, now: datetime, wake: Wake, accepted: Ticket
) -> None:
    other = next(one for one in (cast.technician, cast.second_technician) if one != accepted.assignee_id)
    shift(db, cast, accepted.assignee_id, now, cast.crew)
    shift(db, cast, other, now + SHIFT)
    shift(db, cast, accepted.assignee_id, now + 2 * SHIFT, cast.crew)
    wake("shifts", now + SHIFT)
    assert reread(db, accepted).state == "accepted"


def test_started_work_and_an_appointment_after_the_shift_stay(
    db: Database, cast: Cast, now: datetime, wake: Wake, accepted: Ticket
) -> None:
    with db.write_scope() as session:
        second = opened(session, cast, now)
        assert second.assignee_id is not None
        take(session, second, "accept", second.assignee_id, now)
        take(session, second, "check_in", second.assignee_id, now)
        first = queries.by_id(session, accepted.id, lock=True)
        visit = now + timedelta(days=1)
        take(session, first, "schedule", cast.supervisor, now, **{"from": visit, "until": visit + timedelta(hours=2)})
    for person in {accepted.assignee_id, second.assignee_id}:
        shift(db, cast, person, now)
    assert wake("shifts", now + SHIFT).failed == 0
    assert (reread(db, accepted).state, reread(db, second).state) == ("accepted", "in_progress")


def test_a_shift_that_was_ended_by_mistake_is_looked_at_again(
    db: Database, cast: Cast, now: datetime, wake: Wake, accepted: Ticket
) -> None:
    """The work of its first end was taken on again before the second."""
    shift(db, cast, accepted.assignee_id, now)
    early = now + timedelta(hours=1)
    with db.write_scope() as session:
        (mistaken,) = session.scalars(select(Duty.id))
        duty.remove(session, cast.site, mistaken, cast.admin, early)
    assert wake("shifts", early) == Outcome(handled=1)
    with db.write_scope() as session:
        change = changes.of_site(session, cast.site, limit=1)[0]
        changes.take_back(session, cast.site, change.id, cast.admin, early)
        assert session.get_one(Duty, mistaken).settled_at is None
    assert wake("shifts", now + SHIFT) == Outcome(handled=1)
