"""The audit passes on what the verbs made, and names what is wrong with tickets, seals and checkpoints."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, text, update

from core import audit, checkpoints, i18n, seals, trace
from core.audit import Problem
from core.checkpoints import BadCheckpoint
from core.database import Database
from core.seals import Seal
from core.tickets.models import Ticket
from core.trace import Entry, Event
from tests.core.audit.tampering import PUBLIC, first, tampering, verified
from tests.core.history import KEY, done
from tests.personas import Cast


def test_an_untouched_history_is_intact(history: Database) -> None:
    with history.read_scope() as session:
        report = audit.verify(session, PUBLIC)
        assert report.problems == ()
        assert report.is_intact
        assert (report.events, report.streams, report.seals) == (session.scalar(select(func.count(Event.id))), 4, 5)
        assert report.unsealed == 2
        last = seals.latest(session)
        assert last is not None
        assert report.sealed_at == last.sealed_at


def test_a_trace_without_anything_is_intact(db: Database) -> None:
    with db.read_scope() as session:
        report = audit.verify(session, PUBLIC)
    assert report.is_intact
    assert report.sealed_at is None


def test_progress_ends_at_its_total(history: Database) -> None:
    told: list[tuple[int, int]] = []
    with history.read_scope() as session:
        audit.verify(session, PUBLIC, progress=lambda done, total: told.append((done, total)))
    assert told[-1][0] == told[-1][1] > 0


def test_the_audit_sees_one_moment_while_others_write(history: Database, cast: Cast, now: datetime) -> None:
    """A ticket that moves on during the audit is no problem."""
    moved: list[bool] = []

    def write_meanwhile(_done: int, _total: int) -> None:
        if not moved:
            moved.append(True)
            with history.write_scope() as session:
                done(session, cast, now + timedelta(days=1))
                seals.seal(session, KEY, now + timedelta(days=2))

    with history.read_scope() as session:
        assert audit.verify(session, PUBLIC, progress=write_meanwhile).is_intact
    assert moved


def test_a_checkpoint_from_outside_is_contained_in_the_log(history: Database, kept: str) -> None:
    with history.read_scope() as session:
        assert audit.verify(session, PUBLIC, since=kept).is_intact


def test_a_checkpoint_of_another_log_is_refused(history: Database, now: datetime) -> None:
    foreign = checkpoints.sign(3, b"\0" * 32, checkpoints.signing_key("43" * 32), now)
    with history.read_scope() as session, pytest.raises(BadCheckpoint):
        audit.verify(session, PUBLIC, since=foreign)


def test_every_change_of_a_seal_is_detected(history: Database) -> None:
    changes = {
        "number": 77, "size": 1000, "root": "00" * 32, "peaks": "00" * 32, "note": "nothing",
        "sealed_at": datetime.fromisoformat("2026-01-01T00:00:00+00:00"),
    }  # fmt: skip
    for number in range(1, 6):
        for column, value in changes.items():
            with tampering(history) as session:
                statement = update(Seal).where(Seal.number == number).values({column: value})
                session.execute(statement.execution_options(synchronize_session=False))
                assert not verified(session).is_intact, (number, column)


def test_a_deleted_seal_is_detected(history: Database) -> None:
    for number in range(1, 6):
        with tampering(history) as session:
            session.execute(delete(Seal).where(Seal.number == number))
            assert not verified(session).is_intact, number


def test_a_changed_subtree_is_detected(db: Database, now: datetime) -> None:
    with db.write_scope() as session:
        trace.append(session, "place:hall", [Entry("moved")] * 600, now)
        seals.seal(session, KEY, now)
    for statement in (
        "UPDATE subtrees SET hash = 'x' WHERE level = 9",
        "DELETE FROM subtrees WHERE level = 8",
        "INSERT INTO subtrees (level, position, hash) VALUES (8, 9, 'x')",
    ):
        with tampering(db) as session:
            session.execute(text(statement))
            assert first(verified(session)).what.startswith("audit.subtree")


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE tickets SET state = 'closed' WHERE state = 'done'", "audit.other_state"),
        ("UPDATE tickets SET trace_seq = trace_seq + 1", "audit.cut_off"),
        ("UPDATE tickets SET trace_seq = trace_seq - 1", "audit.other_end"),
        ("UPDATE tickets SET trace_head = ''", "audit.other_end"),
        ("DELETE FROM events WHERE leaf IS NULL", "audit.no_events"),
    ],
)
def test_a_ticket_that_does_not_stand_where_its_stream_ends_is_named(
    history: Database, statement: str, what: str
) -> None:
    with tampering(history) as session:
        session.execute(text(statement))
        problem = first(verified(session))
    assert problem.what == what
    assert problem.stream.startswith("ticket:")


def test_a_ticket_that_vanished_is_named_by_its_stream(history: Database) -> None:
    with tampering(history) as session:
        ticket_id = session.scalars(select(Ticket.id).where(Ticket.state == "done")).one()
        if not history.is_sqlite:
            session.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            session.execute(text("PRAGMA defer_foreign_keys = ON"))
        session.execute(delete(Ticket).where(Ticket.id == ticket_id))
        assert first(verified(session)) == Problem("audit.no_ticket", f"ticket:{ticket_id}", 7, "sign_off")


@pytest.mark.parametrize("locale", i18n.LOCALES)
def test_every_problem_has_words(locale: str) -> None:
    source = "".join(file.read_text() for file in Path(audit.__file__).parent.glob("*.py"))
    keys = {part.split('"')[0] for part in source.split('"audit.')[1:]}
    assert len(keys) > 15
    for key in keys:
        said = i18n.translate(f"audit.{key}", locale, **Problem(key, "ticket:1", 2, "accept", 3).params)
        assert "{" not in said
