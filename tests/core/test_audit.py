"""The audit passes on what the verbs made, and names the event whatever else somebody has done to the trace."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from core import audit, checkpoints, i18n, seals, trace
from core.audit import Problem, Report
from core.checkpoints import BadCheckpoint
from core.database import Database
from core.seals import Seal, Subtree
from core.tickets.models import Ticket
from core.trace import Entry, Event
from tests.core.history import KEY, done, seeded
from tests.personas import Cast

TEXTS = ("stream", "action", "from_state", "to_state", "actor", "facts", "previous", "hash")
MOMENTS = ("device_at", "at")
NUMBERS = ("seq", "leaf")
PUBLIC = KEY.public


@pytest.fixture
def history(db: Database, cast: Cast, now: datetime) -> Database:
    seeded(db, cast, now)
    return db


@contextmanager
def tampering(db: Database) -> Iterator[Session]:
    """A session on the bare database whose work is undone at the end."""
    with db.engine.connect() as connection, Session(connection) as session:
        session.execute(text("SELECT 1"))
        yield session
        session.rollback()


def verified(session: Session, since: str | None = None) -> Report:
    session.expire_all()
    return audit.verify(session, PUBLIC, since)


def events(session: Session) -> list[Event]:
    return list(session.scalars(select(Event).order_by(Event.stream, Event.seq)))


def change(session: Session, event: Event, **values: Any) -> None:
    session.execute(
        update(Event).where(Event.id == event.id).values(values).execution_options(synchronize_session=False)
    )


def names(report: Report, event: Event) -> bool:
    return any((problem.stream, problem.seq) == (event.stream, event.seq) for problem in report.problems)


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


def flips(event: Event, column: str, chance: random.Random, number: int, *, is_raw: bool) -> Iterator[Any]:
    """Some other values of a column: flipped bits of single bytes where the database takes any bytes."""
    value = getattr(event, column)
    if column in NUMBERS:
        yield from (value + 1000, -1) if value is not None else (1000,)
    elif column in MOMENTS and not is_raw:
        yield (value or event.at) + timedelta(microseconds=1)
    elif column == "id" and not is_raw:
        yield UUID(int=value.int ^ 1 << chance.randrange(128))
    else:
        yield from _flipped(_stored(value, column), chance, number, is_raw=is_raw)


def _stored(value: Any, column: str) -> str:
    if value is None:
        return ""
    if column == "id":
        return str(value.hex)
    return value.strftime("%Y-%m-%d %H:%M:%S.%f") if column in MOMENTS else str(value)


def _flipped(value: str, chance: random.Random, number: int, *, is_raw: bool) -> Iterator[Any]:
    raw = value.encode()
    places = range(len(raw)) if number >= len(raw) else sorted(chance.sample(range(len(raw)), number))
    for place in places:
        if is_raw:
            yield raw[:place] + bytes([raw[place] ^ 1 << chance.randrange(8)]) + raw[place + 1 :]
        else:
            yield value[:place] + chr((ord(value[place]) ^ 1 << chance.randrange(4)) or 1) + value[place + 1 :]
    yield raw + b"x" if is_raw else value + "x"


def _write_flip(session: Session, event: Event, column: str, value: Any) -> None:
    """Write a value behind the back of every type; bytes become text that may not be UTF-8."""
    if isinstance(value, bytes):
        statement = text(f"UPDATE events SET {column} = CAST(:value AS TEXT) WHERE id = :id")  # noqa: S608
        session.execute(statement, {"value": value, "id": event.id.hex})
    else:
        change(session, event, **{column: value})


def test_every_changed_byte_of_every_column_is_detected(history: Database, full: bool) -> None:  # noqa: FBT001
    """Bits of every column of every event; `--full`: of every byte.

    The id of an event that is not sealed yet is bound by nothing and means nothing: it is left out.
    """
    chance, tried = random.Random(7), 0
    with history.read_scope() as session:
        every = events(session)
    for event in every:
        for column in ("id", *TEXTS, *MOMENTS, *NUMBERS):
            if column == "id" and event.leaf is None:
                continue
            for value in flips(event, column, chance, 10_000 if full else 2, is_raw=history.is_sqlite):
                with tampering(history) as session:
                    _write_flip(session, event, column, value)
                    report = verified(session)
                tried += 1
                assert not report.is_intact, (event.stream, event.seq, column, value)
                if column in {*TEXTS, *MOMENTS} - {"stream"}:
                    assert names(report, event), (event.stream, event.seq, column, value, report.problems)
    assert tried >= 300


@pytest.mark.parametrize(
    "moment", ["2026-11-20T02:00:00.000000", "2026-11-20 02:00:00", "2026-11-20 02:00:00.000000+00:00"]
)
def test_the_same_time_written_in_another_way_is_a_change(sqlite_db: Database, now: datetime, moment: str) -> None:
    with sqlite_db.write_scope() as session:
        trace.append(session, "place:hall", [Entry("moved")], now)
    with tampering(sqlite_db) as session:
        session.execute(text("UPDATE events SET at = :moment"), {"moment": moment})
        assert first(verified(session)).what == "audit.unreadable"


def first(report: Report) -> Problem:
    assert report.problem is not None
    return report.problem


def test_every_deleted_event_is_detected(history: Database) -> None:
    """An event in the middle, the end of a stream, sealed or not."""
    with history.read_scope() as session:
        every = events(session)
    for event in every:
        with tampering(history) as session:
            session.execute(delete(Event).where(Event.id == event.id))
            report = verified(session)
        assert not report.is_intact, (event.stream, event.seq)
        assert any(problem.stream == event.stream or problem.seal for problem in report.problems)


def test_every_cut_off_end_is_detected(history: Database) -> None:
    """Of each stream, all events after each one: as a tail that never was."""
    with history.read_scope() as session:
        every = events(session)
    for event in every:
        with tampering(history) as session:
            session.execute(delete(Event).where(Event.stream == event.stream, Event.seq > event.seq - 1))
            assert not verified(session).is_intact, (event.stream, event.seq)


def test_a_cut_off_end_is_detected_when_the_ticket_agrees(history: Database) -> None:
    """Who cuts the stream, and makes the ticket agree, still has the log against them."""
    with history.read_scope() as session:
        ended = [event for event in events(session) if event.action == "sign_off"]
    with tampering(history) as session:
        before = session.scalars(
            select(Event).where(Event.stream == ended[0].stream, Event.seq == ended[0].seq - 1)
        ).one()
        agreed = {"trace_seq": before.seq, "trace_head": before.hash, "state": before.to_state}
        session.execute(delete(Event).where(Event.id == ended[0].id))
        session.execute(update(Ticket).where(Ticket.id == UUID(before.stream[7:])).values(agreed))
        assert {problem.what for problem in verified(session).problems} & {
            "audit.leaf",
            "audit.root",
            "audit.log_short",
        }


def test_every_inserted_event_is_detected(history: Database) -> None:
    """A well-made event of today, at the end of each ticket's stream."""
    with history.read_scope() as session:
        tickets = [event for event in events(session) if event.stream.startswith("ticket:")]
    for event in tickets:
        with tampering(history) as session:
            head = trace.head_of(session, event.stream)
            session.execute(
                insert(Event), trace.chain(event.stream, head, [Entry("accept", to_state="accepted")], event.at)
            )
            assert first(verified(session)).what in ("audit.other_end", "audit.root")


def test_reordered_events_are_detected(history: Database) -> None:
    """Each event changes places with the next one of its stream: by number, by link and by leaf."""
    with history.read_scope() as session:
        every = events(session)
    pairs = [(one, other) for one, other in pairwise(every) if one.stream == other.stream]
    for one, other in pairs:
        for columns in (("seq",), ("seq", "previous"), ("seq", "previous", "hash"), ("leaf",)):
            if columns == ("leaf",) and None in (one.leaf, other.leaf):
                continue
            with tampering(history) as session:
                _swap(session, one, other, columns)
                assert not verified(session).is_intact, (one.stream, one.seq, columns)
    assert len(pairs) > 8


def _swap(session: Session, one: Event, other: Event, columns: tuple[str, ...]) -> None:
    aside = {column: -5 if column in NUMBERS else "aside" for column in columns}
    mine, theirs = ({column: getattr(event, column) for column in columns} for event in (one, other))
    change(session, one, **aside)
    change(session, other, **mine)
    change(session, one, **theirs)


def rechain(session: Session, stream: str, seq: int, **changed: Any) -> None:
    """Change an event and make its whole stream, and the ticket, agree: a forger who knows the code."""
    head = trace.Head()
    for event in session.scalars(select(Event).where(Event.stream == stream).order_by(Event.seq)).all():
        row = {column.key: getattr(event, column.key) for column in Event.__table__.columns}
        row.update(changed if event.seq == seq else {}, previous=head.hash)
        row["hash"] = trace.event_hash(row)
        change(session, event, **{name: row[name] for name in (*TEXTS, "device_at", "at")})
        head = trace.Head(event.seq, row["hash"])
    agreed = update(Ticket).where(Ticket.id == UUID(stream[7:])).values(trace_head=head.hash)
    session.execute(agreed.execution_options(synchronize_session=False))


def test_a_stream_that_was_forged_as_a_whole_is_detected_by_its_seal(history: Database) -> None:
    with history.read_scope() as session:
        sealed = [event for event in events(session) if event.stream.startswith("ticket:") and event.leaf is not None]
    for event in sealed:
        with tampering(history) as session:
            rechain(session, event.stream, event.seq, actor="somebody else")
            problem = first(verified(session))
        assert problem.what == "audit.root"
        assert problem.seal > 0


def test_a_fork_with_all_its_seals_anew_needs_the_key(history: Database, now: datetime) -> None:
    """Even a forger who seals the forged history again cannot sign it."""
    with tampering(history) as session:
        forge_all(session, now, checkpoints.signing_key("43" * 32))
        assert first(verified(session)).what == "audit.unsigned"


def forge_all(session: Session, now: datetime, key: checkpoints.SigningKey) -> None:
    event = next(event for event in events(session) if event.stream.startswith("ticket:"))
    rechain(session, event.stream, event.seq, actor="somebody else")
    session.execute(update(Event).values(leaf=None).execution_options(synchronize_session=False))
    session.execute(delete(Seal).execution_options(synchronize_session=False))
    session.execute(delete(Subtree).execution_options(synchronize_session=False))
    session.expunge_all()
    seals.seal(session, key, now)


@pytest.fixture
def kept(history: Database) -> str:
    """A checkpoint that left the house."""
    with history.read_scope() as session:
        return session.scalars(select(Seal.note).where(Seal.number == 3)).one()


def test_a_checkpoint_from_outside_is_contained_in_the_log(history: Database, kept: str) -> None:
    with history.read_scope() as session:
        assert audit.verify(session, PUBLIC, since=kept).is_intact


def test_a_fork_made_with_the_key_is_detected_by_a_checkpoint_from_outside(
    history: Database, now: datetime, kept: str
) -> None:
    with tampering(history) as session:
        forge_all(session, now, KEY)
        assert verified(session).is_intact
        assert first(verified(session, since=kept)).what == "audit.checkpoint_differs"


def test_a_history_thrown_away_is_detected_by_a_checkpoint_from_outside(history: Database, kept: str) -> None:
    with tampering(history) as session:
        session.execute(text("DELETE FROM seals"))
        session.execute(text("UPDATE events SET leaf = NULL"))
        assert verified(session).is_intact
        assert first(verified(session, since=kept)).what == "audit.checkpoint_gone"


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
            session.execute(text("SET session_replication_role = replica"))
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
