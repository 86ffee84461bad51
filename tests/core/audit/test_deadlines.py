"""Deadlines and what was told of them are held against the trace, down to the moment of the next alarm."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from core import registry
from core.database import Database
from core.settings import load_settings
from core.tickets.models import Ticket
from core.triggers import TRIGGERS, Tick, run
from core.upkeep import deadlines
from tests.core import history as past
from tests.core.audit.tampering import first, tampering, verified
from tests.personas import Cast

RULE = {
    "respond": 60, "arrive": 240, "repair": 600, "clock": "always", "stops": ["access"], "remind": [15],
    "steps": [(0, "technician"), (30, "supervisor")],
}  # fmt: skip


def wake(db: Database, folder: Path, name: str, now: datetime) -> None:
    registry.load("core.triggers")
    run(db, TRIGGERS[name], Tick(now, load_settings(data_dir=folder, signing_key="42" * 32)))


@pytest.fixture
def timed(db: Database, cast: Cast, now: datetime, tmp_path: Path) -> Database:
    """Tickets in every stage: told of, accepted, held, an emergency, one that a new rule counted anew."""
    with db.write_scope() as session:
        deadlines.save(session, cast.site, "", RULE, cast.admin, now)
        past.opened(session, cast, now)
        taken, held = past.opened(session, cast, now), past.opened(session, cast, now)
        assert taken.assignee_id is not None
        past.take(session, taken, "accept", taken.assignee_id, now + timedelta(minutes=5))
        past.take(session, held, "hold", cast.supervisor, now + timedelta(minutes=5), reason="access")
        past.emergency(session, cast, now)
        past.done(session, cast, now)
    for minutes in (50, 61, 70):
        wake(db, tmp_path, "deadlines", now + timedelta(minutes=minutes))
    with db.write_scope() as session:
        other = {**RULE, "category": "lift"}  # which moves no deadline of these
        deadlines.save(session, cast.site, "", other, cast.admin, now)
    wake(db, tmp_path, "recounts", now + timedelta(minutes=71))
    return db


def test_what_was_counted_and_told_is_intact(timed: Database, tmp_path: Path, now: datetime) -> None:
    for minutes in (71, 95, 300, 700, 2000):
        wake(timed, tmp_path, "deadlines", now + timedelta(minutes=minutes))
        with timed.read_scope() as session:
            assert verified(session).problems == ()


@pytest.mark.parametrize("column", ["promised_at", "arrive_by", "repair_by", "alarm_at"])
@pytest.mark.parametrize("digit", ["4", "9"])
def test_a_moment_of_which_one_digit_was_changed_is_named(timed: Database, column: str, digit: str) -> None:
    if not timed.is_sqlite:  # which alone holds moments as text
        return
    with tampering(timed) as session:
        place = f"substr({column}, 1, 15) || '{digit}' || substr({column}, 17)"  # the last digit of its minute
        session.execute(text(f"UPDATE tickets SET {column} = {place} WHERE {column} IS NOT NULL"))  # noqa: S608
        problem = first(verified(session))
    assert (problem.what, problem.table) == ("audit.content", f"tickets.{column}")


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("UPDATE tickets SET promised_at = NULL", "tickets.promised_at"),
        ("UPDATE tickets SET arrive_by = '2026-11-29 00:00:00.000000' WHERE is_open", "tickets.arrive_by"),
        ("UPDATE tickets SET repair_by = NULL WHERE repair_by IS NOT NULL", "tickets.repair_by"),
        ("UPDATE tickets SET alarm_at = NULL", "tickets.alarm_at"),
        ("UPDATE tickets SET alarm_at = '2026-12-29 00:00:00.000000' WHERE is_open", "tickets.alarm_at"),
        ("UPDATE tickets SET terms = '0123456789ab'", "tickets.terms"),
        ("DELETE FROM deadline_alarms", "deadline_alarms"),
        ("UPDATE deadline_alarms SET name = 'step:9' WHERE name = 'step:1'", "deadline_alarms"),
    ],
)
def test_a_deadline_that_was_moved_is_named(timed: Database, statement: str, table: str) -> None:
    with tampering(timed) as session:
        session.execute(text(statement))
        problem = first(verified(session))
    assert (problem.what, problem.table) == ("audit.content", table)
    assert problem.seq


def test_terms_that_the_site_never_had_are_named_and_those_that_it_had_are_not(timed: Database, cast: Cast) -> None:
    with timed.read_scope() as session:
        versions = {ticket.terms for ticket in session.query(Ticket) if ticket.is_open}
    assert len(versions) == 1
    with tampering(timed) as session:
        session.execute(text("UPDATE tickets SET terms = 'x' WHERE NOT is_open"))
        assert first(verified(session)).table == "tickets.terms"
