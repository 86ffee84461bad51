"""The window of a plan is what its work is measured by, wherever a time is shown or told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import icalendar
import pytest
from sqlalchemy import select

from assets.plans import telling
from assets.plans.models import Plan
from core import feeds
from core.database import Database
from core.feeds import Of
from core.outbox import OutboxMessage
from core.tickets import deadlining
from tests.assets.plans.conftest import Wake, Yard, made, planned
from tests.core.audit.tampering import verified

Told = Callable[[datetime], list[tuple[str, dict[str, Any]]]]
UNTIL = datetime(2026, 11, 22, 15, 59, tzinfo=UTC)  # 23:59 in Shanghai, two days after the date


@pytest.fixture
def plan(db: Database, yard: Yard, now: datetime, wake: Wake) -> Plan:
    """One whose first date is today, and in time until the day after tomorrow."""
    assert telling
    with db.write_scope() as session:
        plan = planned(session, yard, now, rule="FREQ=WEEKLY", rhythm={"tolerance_days": 2}, name="Weekly pump")
    wake(now)
    return plan


@pytest.fixture
def told(db: Database, plan: Plan, wake: Wake) -> Told:
    def until(now: datetime) -> list[tuple[str, dict[str, Any]]]:
        wake(now, "deadlines")
        with db.read_scope() as session:
            rows = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
            return [(one.kind, one.facts) for one in rows if one.kind.startswith("deadline")]

    return until


def test_its_ticket_shows_the_end_of_the_window(db: Database, plan: Plan) -> None:
    with db.read_scope() as session:
        [(occurrence, ticket)] = made(session, plan)
        assert occurrence.until_on == date(2026, 11, 22)
        assert (ticket.promised_at, ticket.arrive_by, ticket.repair_by) == (UNTIL, None, UNTIL)
        assert deadlining.running(ticket) == deadlining.visit(ticket) == UNTIL
        [shown] = deadlining.shown(session, ticket, UNTIL)
        assert (shown.goal, shown.due_at, shown.is_missed) == ("repair", UNTIL, False)


def test_who_has_it_is_reminded_then_those_in_charge_are_told(db: Database, plan: Plan, told: Told) -> None:
    assert told(UNTIL - timedelta(hours=5)) == []
    [(kind, facts)] = told(UNTIL - timedelta(hours=4))
    assert (kind, facts["goal"], facts["planned"]) == ("deadline_near", "repair", "Weekly pump")
    assert {kind for kind, _ in told(UNTIL + timedelta(minutes=1))[1:]} == {"deadline_missed"}
    assert told(UNTIL + timedelta(hours=1)) == told(UNTIL + timedelta(hours=23))
    with db.read_scope() as session:
        assert verified(session).problems == ()


def test_a_calendar_shows_all_its_days_and_its_name(db: Database, plan: Plan, yard: Yard, now: datetime) -> None:
    with db.write_scope() as session:
        feed = feeds.make(session, yard.cast.site, Of("site"), yard.cast.admin, now)
        [event] = icalendar.Calendar.from_ical(feeds.calendar(session, feed, "en", now)).walk("VEVENT")
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (date(2026, 11, 20), date(2026, 11, 23))
    assert str(event["summary"]).endswith(" Weekly pump")
