"""What plans have made, and how they stand, is held against the trace: a row that somebody spoilt is named."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text

from assets.plans import auditing, planning, rounds, settling
from assets.plans.rounds import Presence
from core import access, digests, feeds
from core.database import Database
from core.digests import Wish
from core.feeds import Of
from core.tickets import actions, queries
from core.tickets.models import Ticket
from tests.assets.plans.conftest import Wake, Yard, finish, planned
from tests.assets.plans.test_rounds import GATE, newest, walk
from tests.core.audit.tampering import first, tampering, verified

HOUR = timedelta(hours=1)

SPOILT = [
    ("UPDATE occurrences SET on_day = '2026-11-25' WHERE settled_round = 1", "occurrences.on_day"),
    ("UPDATE occurrences SET planned_on = '2026-11-25'", "occurrences.planned_on"),
    ("UPDATE occurrences SET until_on = '2027-11-25'", "occurrences.until_on"),
    ("UPDATE occurrences SET reason = 'moved'", "occurrences.reason"),
    ("UPDATE occurrences SET is_late = TRUE", "occurrences.is_late"),
    ("UPDATE occurrences SET subject = subject || 'x' WHERE subject != ''", "occurrences.subject"),
    ("UPDATE occurrences SET subject = '' WHERE subject = (SELECT max(subject) FROM occurrences)",
     "occurrences.subject"),
    ("UPDATE occurrences SET settled_round = 1 WHERE settled_round = 0", "occurrences.settled_round"),
    ("UPDATE occurrences SET settled_at = NULL WHERE settled_round = 1", "occurrences.settled_at"),
    ("DELETE FROM occurrences WHERE settled_round = 1", "occurrences"),
    ("UPDATE occurrences SET ticket_id = (SELECT id FROM tickets WHERE stops > 0)", "occurrences"),
    ("UPDATE plans SET name = 'Pumps' WHERE name = 'Daily'", "plans.name"),
    ("UPDATE plans SET rhythm = '{}' WHERE name = 'Lifts'", "plans.rhythm"),
    ("UPDATE plans SET checklist = '[]' WHERE name = 'Lifts'", "plans.checklist"),
    ("UPDATE plans SET level = 'critical'", "plans.level"),
    ("UPDATE plans SET paused_at = NULL", "plans.is_paused"),
    ("UPDATE stops SET proof = 'typed' WHERE position = 2", "stops.proof"),
    ("UPDATE stops SET distance = 4 WHERE position = 2", "stops.distance"),
    ("UPDATE stops SET location = '{\"lat\": 1}' WHERE position = 2", "stops.position"),
    ("UPDATE stops SET visited_by = (SELECT id FROM people WHERE name = 'Zhao Lei')", "stops.visited_by"),
    ("UPDATE stops SET visited_at = '2026-11-20 01:00:00.000000' WHERE position = 2", "stops.visited_at"),
    ("UPDATE stops SET proof = 'scanned', round = 1 WHERE position = 3", "stops.proof"),
    ("UPDATE stops SET \"left\" = 'weather' WHERE position = 3", "stops.left"),
    ("UPDATE stops SET \"left\" = 'it was raining' WHERE position = 1", "stops.left"),
    ("UPDATE subscriptions SET at = '10:00' WHERE period = 'day'", "subscriptions.time"),
    ("UPDATE subscriptions SET conversation = '-8' WHERE channel != ''", "subscriptions.address"),
    ("UPDATE subscriptions SET next_at = NULL WHERE period = 'day'", "subscriptions.period"),
    ("UPDATE subscriptions SET next_at = '2026-12-01 00:00:00.000000' WHERE period = 'week'",
     "subscriptions.period"),
    ("UPDATE feeds SET ended_at = NULL", "feeds.kind"),
    ("UPDATE feeds SET kind = 'site'", "feeds.kind"),
    ("UPDATE feeds SET person_id = NULL", "feeds.person"),
    ("DELETE FROM feeds WHERE ended_at IS NULL", "feeds"),
    ("UPDATE decisions SET action = 'end' WHERE action = 'make'", "decisions"),
    ("UPDATE decisions SET on_day = '2026-01-01' WHERE action = 'make'", "decisions"),
    ("DELETE FROM decisions WHERE action = 'make'", "decisions"),
]  # fmt: skip


@pytest.fixture
def busy(db: Database, yard: Yard, now: datetime, wake: Wake) -> Database:
    """A round with a visit that was bettered and a stop left in words; an inspection acted on; lifts by type."""
    cast = yard.cast
    with db.write_scope() as session:
        walk(session, yard, now)
        planned(session, yard, now, name="Lifts", subject="type", asset_id=None, type_id=yard.type)
    wake(now)
    with db.write_scope() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.stops > 0)).one()
        who = access.viewer(session, cast.technician)
        desk = access.viewer(session, cast.supervisor)
        actions.act(session, ticket, "assign", desk, now, facts={"assignee": str(cast.technician)})
        actions.act(session, ticket, "accept", who, now)
        actions.act(session, ticket, "check_in", who, now, facts={"code_photo": "ab" * 32, "reason": "other"})
        stops = settling.stops_of(session, ticket.id)
        for proof in ("opened", "scanned", "opened"):
            rounds.visit(session, ticket, stops[2], Presence(proof, now + HOUR, GATE), cast.technician, now + HOUR)
        rounds.leave(session, ticket, stops[1], "the hall was locked", cast.technician, now)
        rounds.leave(session, ticket, stops[3], "no_time", cast.technician, now)
        planned(session, yard, now, name="Daily")
    wake(now)
    with db.write_scope() as session:
        finish(session, newest(session).id, yard, {1: "pass", 2: "3"}, now + HOUR)
        site = cast.site
        planning.pause(session, site, planning.plans_of(session, site)[0].id, cast.admin, now + HOUR)
        digests.subscribe(session, site, Wish("day", "08:00", cast.manager), cast.admin, now)
        digests.subscribe(session, site, Wish("day", "09:00", None, ("telegram", "42", "-7"), "Crew"), cast.admin, now)
        ended = digests.subscribe(session, site, Wish("week", "08:00", cast.manager), cast.admin, now)
        digests.end(session, site, ended.id, cast.admin, now)
        feeds.make(session, site, Of("Wang Wei", cast.technician), cast.technician, now)
        feeds.end(session, feeds.make(session, site, Of("all"), cast.admin, now), cast.admin, now)
        digests.move(session, ("telegram", "42", "-7"), "-100", now)
    wake(now + 2 * HOUR, "plan_results")
    return db


def test_all_that_plans_have_made_is_intact(busy: Database) -> None:
    assert auditing
    with busy.read_scope() as session:
        assert verified(session).problems == ()


def test_a_row_that_was_spoilt_is_named(busy: Database) -> None:
    unnoticed = []
    for statement, table in SPOILT:
        with tampering(busy) as session:
            session.execute(text(statement))
            if table not in {problem.table for problem in verified(session).problems}:
                unnoticed.append(statement)
    assert unnoticed == []


def test_what_no_event_tells_of_is_named(busy: Database, yard: Yard, now: datetime) -> None:
    with tampering(busy) as session:
        session.execute(text("UPDATE plans SET id = '00000000000070008000000000000000' WHERE name = 'nothing'"))
        assert verified(session).problems == ()
    copied = (
        "INSERT INTO feeds (id, site_id, kind, label, made_at) SELECT '{}', site_id, kind, label, made_at FROM feeds"
    )
    with tampering(busy) as session:
        session.execute(text(f"{copied.format('00000000000070008000000000000001')} LIMIT 1"))
        problem = first(verified(session))
    assert (problem.what, problem.table) == ("audit.unspoken", "feeds")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE stops SET location = '{}', salt = ''", "UPDATE notes SET text = '', salt = ''",
        "UPDATE changes SET before = '{}', after = '{}', salt = ''",
    ],
)  # fmt: skip
def test_what_was_erased_leaves_it_intact(busy: Database, statement: str) -> None:
    with tampering(busy) as session:
        session.execute(text(statement))
        assert verified(session).problems == ()


def test_a_round_that_was_reopened_is_intact(busy: Database, yard: Yard, now: datetime, wake: Wake) -> None:
    cast = yard.cast
    with busy.write_scope() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.kind == "inspection", Ticket.state == "closed")).one()
        desk = access.viewer(session, cast.supervisor)
        actions.act(session, ticket, "reopen", desk, now + 3 * HOUR, facts={"reason": "not_fixed"})
        stop = settling.stops_of(session, ticket.id)[1]
        rounds.visit(session, ticket, stop, Presence("opened", now + 3 * HOUR), cast.technician, now + 3 * HOUR)
        actions.act(session, ticket, "cancel", desk, now + 3 * HOUR, facts={"reason": "other"})
    wake(now + 4 * HOUR, "plan_results")
    with busy.read_scope() as session:
        assert verified(session).problems == ()
        assert queries.by_id(session, ticket.id).round == 2
