"""Unanswered offers go to the next technician, and to the desk when nobody is left."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from core.database import Database
from core.outbox import OutboxMessage
from core.tickets.actions import OFFER_LIFE
from core.tickets.models import Offer, Ticket
from core.trace import Event
from core.triggers import Outcome
from tests.core.history import emergency, opened, reread, take
from tests.core.triggers.conftest import Wake
from tests.personas import Cast


def offer(db: Database, cast: Cast, now: datetime) -> Ticket:
    with db.write_scope() as session:
        return opened(session, cast, now)


def told(db: Database, kind: str) -> Sequence[UUID | None]:
    with db.read_scope() as session:
        return session.scalars(select(OutboxMessage.person_id).where(OutboxMessage.kind == kind)).all()


def actions_of(db: Database, ticket: Ticket) -> Sequence[str]:
    with db.read_scope() as session:
        return session.scalars(
            select(Event.action).where(Event.stream == f"ticket:{ticket.id}").order_by(Event.seq)
        ).all()


def test_an_offer_waits_for_its_answer(db: Database, cast: Cast, now: datetime, wake: Wake) -> None:
    ticket = offer(db, cast, now)
    assert wake("offers", now + OFFER_LIFE - timedelta(seconds=1)) == Outcome()
    assert reread(db, ticket).assignee_id == ticket.assignee_id


def test_an_unanswered_offer_goes_to_the_next_technician(db: Database, cast: Cast, now: datetime, wake: Wake) -> None:
    ticket = offer(db, cast, now)
    assert wake("offers", now + OFFER_LIFE) == Outcome(handled=1)
    moved = reread(db, ticket)
    assert {ticket.assignee_id, moved.assignee_id} == {cast.technician, cast.second_technician}
    assert (moved.state, moved.wake_at) == ("assigned", now + 2 * OFFER_LIFE)
    assert told(db, "offer_expired") == [ticket.assignee_id]
    assert actions_of(db, ticket) == ["report", "assign", "release", "assign"]


def test_the_unanswered_offer_is_kept_as_expired(db: Database, cast: Cast, now: datetime, wake: Wake) -> None:
    offer(db, cast, now)
    wake("offers", now + OFFER_LIFE)
    with db.read_scope() as session:
        assert session.scalars(select(Offer.state).order_by(Offer.id)).all() == ["expired", "open"]


def test_after_a_long_downtime_it_moves_on_once(db: Database, cast: Cast, now: datetime, wake: Wake) -> None:
    ticket = offer(db, cast, now)
    late = now + timedelta(days=2)
    assert wake("offers", late) == Outcome(handled=1)
    assert wake("offers", late) == Outcome()
    assert reread(db, ticket).wake_at == late + OFFER_LIFE


def test_when_nobody_is_left_the_desk_is_told_once(db: Database, cast: Cast, now: datetime, wake: Wake) -> None:
    ticket = offer(db, cast, now)
    for turn in range(1, 6):
        wake("offers", now + turn * OFFER_LIFE)
    assert (reread(db, ticket).state, reread(db, ticket).wake_at) == ("reported", None)
    assert told(db, "unassigned") == [cast.supervisor]


def test_declined_work_is_given_to_the_next(db: Database, cast: Cast, now: datetime, wake: Wake) -> None:
    ticket = offer(db, cast, now)
    assert ticket.assignee_id is not None
    with db.write_scope() as session:
        take(session, session.merge(ticket), "decline", ticket.assignee_id, now, reason="busy")
    assert wake("offers", now) == Outcome(handled=1)
    assert reread(db, ticket).state == "assigned"
    assert reread(db, ticket).assignee_id != ticket.assignee_id


def test_accepted_work_is_left_alone(db: Database, cast: Cast, now: datetime, wake: Wake) -> None:
    ticket = offer(db, cast, now)
    assert ticket.assignee_id is not None
    with db.write_scope() as session:
        take(session, session.merge(ticket), "accept", ticket.assignee_id, now)
    assert wake("offers", now + timedelta(days=1)) == Outcome()


def test_emergencies_are_none_of_its_business(db: Database, cast: Cast, now: datetime, wake: Wake) -> None:
    with db.write_scope() as session:
        emergency(session, cast, now)
    assert wake("offers", now + timedelta(days=1)) == Outcome()


def test_two_schedulers_at_once_ask_the_next_once(db: Database, cast: Cast, now: datetime, wake: Wake) -> None:
    tickets = [offer(db, cast, now) for _ in range(10)]
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda _: wake("offers", now + OFFER_LIFE), range(4)))
    assert all(outcome.failed == 0 for outcome in outcomes)
    for ticket in tickets:
        assert actions_of(db, ticket) == ["report", "assign", "release", "assign"]
