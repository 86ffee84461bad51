"""Reminders come before a deadline, escalations after it, each once; what nobody accepts goes back to dispatch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from core import categories, trace
from core.database import Database
from core.outbox import OutboxMessage
from core.places import Site
from core.tickets import deadlining, queries
from core.tickets.models import Ticket
from core.triggers import Outcome
from core.upkeep import calendar, deadlines, sites
from tests.core.history import emergency, opened, reread, take
from tests.core.triggers.conftest import Wake
from tests.personas import Cast

RULE: dict[str, Any] = {
    "category": "water", "respond": 120, "arrive": 240, "repair": 480, "clock": "always", "stops": ["waiting_parts"],
    "remind": [30], "steps": [(0, "technician"), (15, "supervisor"), (60, "manager")],
}  # fmt: skip


@pytest.fixture
def ticket(db: Database, cast: Cast, now: datetime) -> Ticket:
    with db.write_scope() as session:
        deadlines.save(session, cast.site, "", RULE, cast.admin, now)
        return opened(session, cast, now)


def told(db: Database, *kinds: str) -> list[tuple[str, UUID | None]]:
    with db.read_scope() as session:
        query = select(OutboxMessage.kind, OutboxMessage.person_id).where(OutboxMessage.kind.in_(kinds))
        return [(kind, who) for kind, who in session.execute(query.order_by(OutboxMessage.id))]


def events(db: Database, ticket: Ticket, *actions: str) -> Sequence[dict[str, Any]]:
    with db.read_scope() as session:
        found = trace.events_of(session, f"ticket:{ticket.id}")
        return [json.loads(event.facts) for event in found if event.action in actions]


def act(db: Database, ticket: Ticket, action: str, at: datetime, who: UUID | None = None, **facts: object) -> Ticket:
    with db.write_scope() as session:
        locked = queries.by_id(session, ticket.id, lock=True)
        person = who or locked.assignee_id
        assert person is not None
        return take(session, locked, action, person, at, **facts)


def test_each_step_comes_once_at_its_time(db: Database, cast: Cast, now: datetime, wake: Wake, ticket: Ticket) -> None:
    act(db, ticket, "accept", now)
    assert wake("deadlines", now + timedelta(minutes=209)).handled <= 1  # the alarms of the acceptance are not told
    assert told(db, "deadline_near", "deadline_missed") == []
    for minutes in (210, 211, 240, 241, 255, 256, 300, 301):
        wake("deadlines", now + timedelta(minutes=minutes))
    assert told(db, "deadline_near", "deadline_missed") == [
        ("deadline_near", ticket.assignee_id), ("deadline_missed", ticket.assignee_id),
        ("deadline_missed", cast.supervisor), ("deadline_missed", cast.manager),
    ]  # fmt: skip


def test_after_downtime_the_highest_step_is_told_once_with_the_true_time(
    db: Database, cast: Cast, now: datetime, wake: Wake, ticket: Ticket
) -> None:
    act(db, ticket, "accept", now)
    act(db, ticket, "check_in", now, code_photo="x", reason="other")
    late = now + timedelta(days=2)
    assert wake("deadlines", late) == Outcome(handled=1)
    assert wake("deadlines", late + timedelta(minutes=1)) == Outcome()
    assert told(db, "deadline_near", "deadline_missed") == [("deadline_missed", cast.manager)]
    [overdue] = events(db, ticket, "overdue", "remind")
    assert (overdue["goal"], overdue["names"], overdue["superseded"]) == (
        "repair", ["step:3"], ["remind:30", "step:1", "step:2"],
    )  # fmt: skip
    assert datetime.fromisoformat(overdue["due"]) == now + timedelta(hours=8)


def test_what_a_team_does_not_claim_goes_back_and_everybody_is_told(
    db: Database, cast: Cast, now: datetime, wake: Wake
) -> None:
    with db.write_scope() as session:
        categories.set_category(session, cast.site, "water", mode="claim", team_id=cast.crew)
        deadlines.save(session, cast.site, "", RULE, cast.admin, now)
        ticket = opened(session, cast, now)
    late = now + timedelta(minutes=120)
    wake("deadlines", late)
    assert reread(db, ticket).state == "reported"
    assert ("late", cast.resident) in told(db, "late")
    assert ("deadline_missed", cast.supervisor) in told(db, "deadline_missed")
    wake("offers", late)
    assert reread(db, ticket).team_id == cast.crew
    assert len(told(db, "team_offer")) == 4


def test_an_offer_that_waits_for_its_answer_is_not_taken_away(
    db: Database, cast: Cast, now: datetime, wake: Wake, ticket: Ticket
) -> None:
    wake("deadlines", now + timedelta(hours=2))
    assert reread(db, ticket).assignee_id == ticket.assignee_id
    assert told(db, "late") == [("late", cast.resident)]


def test_emergencies_alarm_by_themselves(db: Database, cast: Cast, now: datetime, wake: Wake) -> None:
    with db.write_scope() as session:
        emergency(session, cast, now)
    wake("deadlines", now + timedelta(days=1))
    assert told(db, "deadline_missed", "late") == []


def test_while_the_clock_stands_still_nobody_is_told(
    db: Database, cast: Cast, now: datetime, wake: Wake, ticket: Ticket
) -> None:
    act(db, ticket, "accept", now)
    act(db, ticket, "hold", now + timedelta(hours=1), reason="waiting_parts")
    held = reread(db, ticket)
    assert (held.arrive_by, held.repair_by, held.alarm_at) == (None, None, None)
    wake("deadlines", now + timedelta(days=1))
    assert told(db, "deadline_missed", "deadline_near") == []
    act(db, ticket, "resume", now + timedelta(hours=11))
    assert reread(db, ticket).arrive_by == now + timedelta(hours=14)


def test_a_reopening_is_told_of_anew(db: Database, cast: Cast, now: datetime, wake: Wake, ticket: Ticket) -> None:
    for item in ("after_photo", "technician_signature", "code_scan"):
        act(db, ticket, "waive", now, cast.supervisor, evidence=item, reason="other")
    act(db, ticket, "accept", now)
    act(db, ticket, "check_in", now, code_photo="x", reason="other")
    act(db, ticket, "sign_off", now + timedelta(hours=1), resolution="fixed")
    assert wake("deadlines", now + timedelta(days=1)).failed == 0
    assert reread(db, ticket).alarm_at is None
    act(db, ticket, "reopen", now + timedelta(days=2), cast.resident, reason="other")
    again = reread(db, ticket)
    assert (again.promised_at, again.alarm_at) == (
        now + timedelta(days=2, hours=2), now + timedelta(days=2, minutes=90),
    )  # fmt: skip


def test_open_tickets_are_counted_anew_when_rules_calendar_or_zone_change(
    db: Database, cast: Cast, now: datetime, wake: Wake, ticket: Ticket
) -> None:
    assert wake("recounts", now) == Outcome()
    with db.write_scope() as session:
        [rule] = deadlines.rules(session, cast.site)
        deadlines.save(session, cast.site, rule.key, {**RULE, "respond": 60, "clock": "working"}, cast.admin, now)
    assert wake("recounts", now) == Outcome(handled=1)
    assert reread(db, ticket).promised_at == now + timedelta(hours=1)
    db.write(lambda session: calendar.set_hours(session, cast.site, ["15:00-18:00"] * 7, cast.admin, now))
    wake("recounts", now)
    assert reread(db, ticket).promised_at == now + timedelta(hours=6)
    db.write(lambda session: sites.edit(session, cast.site, {"timezone": "Asia/Tokyo"}, cast.admin, now))
    wake("recounts", now)
    assert reread(db, ticket).promised_at == now + timedelta(hours=5)
    assert len(events(db, ticket, "recount")) == 3
    db.write(lambda session: calendar.set_country(session, cast.site, "JP", "", cast.admin, now))
    assert wake("recounts", now) == Outcome(handled=1)  # only the version is another one: no event
    assert len(events(db, ticket, "recount")) == 3


def test_what_is_stored_is_what_the_trace_gives(db: Database, cast: Cast, now: datetime, ticket: Ticket) -> None:
    with db.write_scope() as session:
        offered = queries.by_id(session, ticket.id, lock=True)
        take(session, offered, "offer_team", cast.supervisor, now + timedelta(minutes=3), team=cast.crew)
        count = deadlining.counted(session, offered)
        assert count.values(set()) == {name: getattr(offered, name) for name in count.values(set())}
        assert [one.goal for one in deadlining.shown(session, offered, now)] == ["respond", "arrive", "repair"]


@pytest.mark.parametrize(("priority", "hours"), [("normal", 11), ("urgent", 0)])
def test_in_quiet_hours_only_what_is_urgent_wakes_anybody(
    db: Database, cast: Cast, now: datetime, wake: Wake, ticket: Ticket, priority: str, hours: int
) -> None:
    """It is noon at the site when the ticket is late, and quiet for eleven hours."""
    with db.write_scope() as session:
        site = session.get_one(Site, cast.site)
        site.settings = {**site.settings, "quiet": ["12:00", "23:00"]}
        site.timezone = "Asia/Shanghai"
        queries.by_id(session, ticket.id, lock=True).priority = priority
    late = now + timedelta(hours=2)
    wake("deadlines", late)
    with db.read_scope() as session:
        query = select(OutboxMessage.not_before).where(OutboxMessage.kind == "deadline_missed")
        assert set(session.scalars(query)) == {late + timedelta(hours=hours)}
