"""What time asks for finds its rows by an index, on both databases: what is due, and the work that follows from it.

SQLite says what it would do; PostgreSQL is forbidden to read whole tables, so that only what lacks a usable index does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from assets import register
from assets.plans import months, planning, reading
from assets.plans.models import Plan
from assets.plans.planning import Draft
from assets.plans.recurrence import Rhythm
from core import calendars, decisions, digests, places, quiet, registry
from core.database import Database, Session
from core.digests import Wish
from core.outbox import OutboxMessage
from core.places import Site
from core.settings import load_settings
from core.tickets import deadlining
from core.tickets.models import Ticket
from core.triggers import TRIGGERS, Tick
from tests.core import history
from tests.core.test_query_plans import LARGE, SMALL
from tests.personas import Cast

GROWING = {
    *LARGE, "plans", "occurrences", "stops", "findings", "meter_readings", "surveys", "ratings", "deadline_alarms",
    "decisions", "duties", "digests", "changes", "assets", "checklist_items", "attachments", "notes", "offers",
}  # fmt: skip
# Walks through indexes that hold open rows only.
OPEN = (*SMALL, "USING INDEX ix_occurrences_unsettled")
OF_TIME = (
    "plans", "plan_results", "deadlines", "recounts", "digests", "surveys", "shifts", "calendar_years", "closures",
)  # fmt: skip
RULE = {"key": "r1", "respond": 30, "repair": 90, "clock": "always", "remind": [10]}
LATER = timedelta(days=4)


@pytest.fixture
def busy(db: Database, cast: Cast, now: datetime) -> Cast:
    """Something is due of everything: a plan, a deadline, a question and its reminder, a digest, a shift."""
    with db.write_scope() as session:
        site = session.get_one(Site, cast.site)
        site.settings = {"calendar": {"country": "CN"}, "deadlines": [RULE]}
        session.flush()
        pump = register.add_asset(session, cast.site, cast.hall, "Pump", "Pump", now=now)
        rhythm = Rhythm("FREQ=DAILY", date(2026, 11, 20))
        for number, about in enumerate(
            ({"subject": "asset", "asset_id": pump.id}, {"subject": "type", "type_id": pump.type_id})
        ):
            draft = Draft(f"Plan {number}", "general", rhythm=rhythm, checklist=[{"question": "Dry?"}], **about)  # type: ignore[arg-type]
            planning.add(session, cast.site, draft, cast.admin, now)
        ticket = history.done(session, cast, now)
        history.take(session, ticket, "confirm", cast.resident, now + timedelta(hours=2))
        taken = history.opened(session, cast, now)
        assert taken.assignee_id is not None
        history.take(session, taken, "accept", taken.assignee_id, now)
        calendars.put_on_call(session, cast.site, taken.assignee_id, now, now + timedelta(hours=8)).kind = "shift"
        history.opened(session, cast, now, "the lamp flickers", "electricity")
        digests.subscribe(session, cast.site, Wish("day", "08:00", cast.admin), cast.admin, now - timedelta(days=9))
        quiet.set_hours(session, cast.resident, "22:00", "07:00")
    registry.load("core.triggers")
    registry.load("assets.triggers")
    return cast


@contextmanager
def explained(db: Database) -> Iterator[tuple[Session, list[str]]]:
    """A session that notes every step that reads a whole table which grows with time."""
    walks: list[str] = []

    def explain(connection: Any, cursor: Any, statement: str, values: Any, context: Any, many: bool) -> None:  # noqa: FBT001 - as SQLAlchemy calls it
        if many or not statement.lstrip().startswith(("SELECT", "WITH", "UPDATE")):
            return
        asked = "EXPLAIN QUERY PLAN " if db.is_sqlite else "EXPLAIN "
        plan = connection.connection.driver_connection.execute(asked + statement, values)
        steps = [str(step[-1]).strip() for step in plan.fetchall()]
        walks.extend(f"{step} | {statement}" for step in steps if _is_walk(step, is_sqlite=db.is_sqlite))

    with db.write_scope() as session:
        if not db.is_sqlite:
            session.execute(text("SET LOCAL enable_seqscan = off"))
        event.listen(db.engine, "before_cursor_execute", explain)
        try:
            yield session, walks
        finally:
            event.remove(db.engine, "before_cursor_execute", explain)


def _is_walk(step: str, *, is_sqlite: bool) -> bool:
    words = step.removeprefix("->").split()
    if is_sqlite:
        return words[0] == "SCAN" and words[1] in GROWING and not any(index in step for index in OPEN)
    return "Seq Scan on" in step and words[words.index("on") + 1] in GROWING


@pytest.mark.parametrize("name", OF_TIME)
def test_a_trigger_finds_and_does_what_is_due_by_indexes(
    db: Database, busy: Cast, now: datetime, tmp_path: Path, name: str
) -> None:
    tick, trigger = Tick(now + LATER, load_settings(data_dir=tmp_path)), TRIGGERS[name]
    if name == "plan_results":
        with db.write_scope() as session:
            TRIGGERS["plans"].handle(session, next(iter(TRIGGERS["plans"].due(session, tick))), tick)
            for ticket in session.query(Ticket).filter(Ticket.kind == "inspection"):
                history.take(session, ticket, "cancel", busy.supervisor, tick.now, reason="other")
    if name == "recounts":
        with db.write_scope() as session:
            session.get_one(Site, busy.site).settings = {"deadlines": [{**RULE, "respond": 45}]}
    with explained(db) as (session, walks):
        due = trigger.due(session, tick)
        for one in due:
            trigger.handle(session, one, tick)
        assert walks == []
    assert due or name in ("closures", "calendar_years")


def _month(session: Session, cast: Cast, now: datetime) -> object:
    asked = months.Asked(date(2026, 12, 1), date(2026, 12, 31), place_id=cast.hall, team_id=cast.crew)
    return months.month(session, places.site_of(session, cast.site), asked, now)


ASKED: dict[str, Callable[[Session, Cast, datetime], object]] = {
    "a month of plans": _month,
    "the decisions of a site": lambda session, cast, now: decisions.of_site(session, cast.site),
    "the decisions of a kind": lambda session, cast, now: decisions.of_site(session, cast.site, action="skip"),
    "the decisions of a plan": lambda session, cast, now: decisions.of_stream(session, "plan:1", before=7),
    "plans of the API": lambda session, cast, now: reading.page(session, cast.site, None, 50),
    "occurrences of the API": lambda session, cast, now: reading.occurrences(session, cast.site, (now.date(), ""), 50),
    "deadlines of a list": lambda session, cast, now: deadlining.shown_all(
        session, session.query(Ticket).filter(Ticket.number.in_(["WX-261120-001"])).all(), now
    ),
    "who wants quiet": lambda session, cast, now: quiet.hold(
        session, [OutboxMessage(person_id=cast.resident, channel="", kind="accepted", facts={}, attempts=1)], now
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", ASKED)
def test_what_the_pages_of_time_ask_for_walks_through_no_table(
    db: Database, busy: Cast, now: datetime, what: str
) -> None:
    with explained(db) as (session, walks):
        ASKED[what](session, busy, now)
        assert walks == []


def test_a_query_without_an_index_is_seen(db: Database, busy: Cast) -> None:
    with explained(db) as (session, walks):
        session.query(Plan).filter(Plan.name.like("%1")).all()
    assert any("plans" in step for step in walks)
