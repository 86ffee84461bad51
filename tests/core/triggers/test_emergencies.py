"""Emergencies alarm more and more people every three minutes, until somebody accepts."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from core import audit, calendars, categories, people
from core.database import Database
from core.intake import ESCALATE_EVERY
from core.outbox import OutboxMessage
from core.tickets import alarming
from core.tickets.models import Ticket
from core.trace import Event
from core.triggers import Outcome
from tests.core.history import KEY, emergency, reread, take
from tests.core.triggers.conftest import Wake
from tests.personas import Cast


@pytest.fixture
def alarm(db: Database, cast: Cast, now: datetime) -> Ticket:
    with db.write_scope() as session:
        return emergency(session, cast, now)


def alarmed(db: Database, at: datetime) -> set[UUID | None]:
    with db.read_scope() as session:
        query = select(OutboxMessage.person_id).where(OutboxMessage.kind == "escalated", OutboxMessage.created_at == at)
        return set(session.scalars(query))


def actions_of(db: Database, ticket: Ticket) -> Sequence[str]:
    with db.read_scope() as session:
        return session.scalars(
            select(Event.action).where(Event.stream == f"ticket:{ticket.id}").order_by(Event.seq)
        ).all()


def test_the_first_minutes_belong_to_the_one_who_was_asked(
    db: Database, alarm: Ticket, now: datetime, wake: Wake
) -> None:
    assert wake("emergencies", now + ESCALATE_EVERY - timedelta(seconds=1)) == Outcome()
    assert actions_of(db, alarm) == ["report", "assign"]


@pytest.mark.parametrize("is_for_team", [True, False])
def test_the_duty_of_the_team_is_asked_before_the_duty_of_the_site(
    db: Database, cast: Cast, now: datetime, *, is_for_team: bool
) -> None:
    span = (now, now + timedelta(hours=8))
    with db.write_scope() as session:
        gas = emergency(session, cast, now).category
        other = people.add_team(session, "Gas company", cast.site).id
        team = other if is_for_team else cast.crew
        categories.set_category(session, cast.site, gas, team_id=other)
        calendars.put_on_call(session, cast.site, cast.technician, *span)
        calendars.put_on_call(session, cast.site, cast.second_technician, *span, team)
        asked = emergency(session, cast, now)
        assert asked.assignee_id == (cast.second_technician if is_for_team else cast.technician)
        assert alarming.on_call(session, asked, now)[0] == asked.assignee_id


def test_then_all_technicians_and_the_desk_are_alarmed(
    db: Database, alarm: Ticket, cast: Cast, now: datetime, wake: Wake
) -> None:
    first = now + ESCALATE_EVERY
    assert wake("emergencies", first) == Outcome(handled=1)
    assert alarmed(db, first) == {cast.technician, cast.second_technician, cast.supervisor}


def test_later_whoever_is_in_charge_is_alarmed_too(
    db: Database, alarm: Ticket, cast: Cast, now: datetime, wake: Wake
) -> None:
    for turn in (1, 2):
        wake("emergencies", now + turn * ESCALATE_EVERY)
    everybody = {cast.technician, cast.second_technician, cast.supervisor, cast.manager, cast.admin}
    assert alarmed(db, now + 2 * ESCALATE_EVERY) == everybody


def test_it_goes_on_for_ever(db: Database, alarm: Ticket, now: datetime, wake: Wake) -> None:
    for turn in range(1, 31):
        assert wake("emergencies", now + turn * ESCALATE_EVERY) == Outcome(handled=1)
    assert actions_of(db, alarm).count("escalate") == 30
    assert reread(db, alarm).wake_at == now + 31 * ESCALATE_EVERY


def test_what_one_person_left_unanswered_anybody_may_claim(
    db: Database, alarm: Ticket, cast: Cast, now: datetime, wake: Wake
) -> None:
    wake("emergencies", now + ESCALATE_EVERY)
    assert actions_of(db, alarm) == ["report", "assign", "release", "escalate"]
    other = {cast.technician, cast.second_technician} - {alarm.assignee_id}
    with db.write_scope() as session:
        taken = take(session, session.merge(reread(db, alarm)), "claim", other.pop(), now + ESCALATE_EVERY)
        assert taken.state == "accepted"


def test_the_alarm_carries_a_button_to_claim_it(db: Database, alarm: Ticket, now: datetime, wake: Wake) -> None:
    wake("emergencies", now + ESCALATE_EVERY)
    with db.read_scope() as session:
        letters = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "escalated")).all()
        assert {letter.buttons[0]["action"] for letter in letters} == {"work.claim"}
        assert {letter.buttons[0]["version"] for letter in letters} == {reread(db, alarm).version}


def test_whoever_was_asked_a_moment_ago_keeps_the_offer(
    db: Database, alarm: Ticket, cast: Cast, now: datetime, wake: Wake
) -> None:
    """A supervisor assigns by hand; the alarm goes on, and the technician may still accept."""
    wake("emergencies", now + ESCALATE_EVERY)
    late = now + 2 * ESCALATE_EVERY - timedelta(seconds=20)
    with db.write_scope() as session:
        take(session, session.merge(reread(db, alarm)), "assign", cast.supervisor, late, assignee=cast.technician)
    wake("emergencies", now + 2 * ESCALATE_EVERY)
    assert reread(db, alarm).assignee_id == cast.technician
    assert actions_of(db, alarm)[-2:] == ["assign", "escalate"]


def test_it_ends_when_somebody_accepts(db: Database, alarm: Ticket, now: datetime, wake: Wake) -> None:
    assert alarm.assignee_id is not None
    with db.write_scope() as session:
        take(session, session.merge(alarm), "accept", alarm.assignee_id, now)
    assert wake("emergencies", now + timedelta(days=1)) == Outcome()


def test_after_downtime_it_alarms_once_and_goes_on_from_there(
    db: Database, alarm: Ticket, now: datetime, wake: Wake
) -> None:
    late = now + timedelta(hours=5)
    assert wake("emergencies", late) == Outcome(handled=1)
    assert wake("emergencies", late) == Outcome()
    assert reread(db, alarm).wake_at == late + ESCALATE_EVERY


def test_two_schedulers_at_once_alarm_once(db: Database, alarm: Ticket, now: datetime, wake: Wake) -> None:
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda _: wake("emergencies", now + ESCALATE_EVERY), range(4)))
    assert all(outcome.failed == 0 for outcome in outcomes)
    assert actions_of(db, alarm).count("escalate") == 1


def test_the_trace_of_an_alarm_is_intact(db: Database, alarm: Ticket, now: datetime, wake: Wake) -> None:
    wake("emergencies", now + ESCALATE_EVERY)
    wake("seals", now + ESCALATE_EVERY)
    with db.read_scope() as session:
        assert audit.verify(session, KEY.public).is_intact
