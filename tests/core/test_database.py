"""The two scopes: what is acknowledged is durable, what failed is gone, and nobody waits for ever."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from core.database import BATCH, Database, Session, open_database
from core.errors import Busy
from core.limits import Tally
from core.people import Person, add_person
from core.places import Site

PATIENCE = 20.0


def add(session: Session, number: int) -> None:
    session.add(Site(name=f"site {number}", prefix=f"P{number}", settings={}))
    session.flush()


def count(db: Database) -> int:
    with db.read_scope() as session:
        return session.scalar(select(func.count()).select_from(Site)) or 0


def together(*works: Callable[[], object]) -> list[BaseException]:
    """Run all at once; returns what they raised."""
    raised: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - handed to the test
            raised.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    return raised


def waiting(db: Database, number: int) -> None:
    """Wait until so many units of work queue behind the one whose turn it is."""
    assert db._queue is not None  # noqa: SLF001 - whether somebody queues is told by nobody else
    event = threading.Event()
    for _ in range(2000):
        if len(db._queue._waiting) >= number:  # noqa: SLF001
            return
        event.wait(0.005)
    raise AssertionError("nobody came to wait")


def queue_up(db: Database, threads: list[threading.Thread]) -> None:
    """Let all of them wait for their turn, one behind the other, then let the first one begin."""
    with suppress(LookupError), db.write_scope():
        for position, thread in enumerate(threads, 1):
            thread.start()
            waiting(db, position)
        raise LookupError  # so that this unit has nothing to be carried by them


def test_what_was_acknowledged_is_there_for_another_connection(db: Database) -> None:
    db.write(lambda session: add(session, 1))
    other = open_database(db.url)
    assert count(other) == 1
    other.dispose()


def test_a_unit_that_raises_leaves_nothing(db: Database) -> None:
    def work(session: Session) -> None:
        add(session, 1)
        raise LookupError

    with pytest.raises(LookupError):
        db.write(work)
    assert count(db) == 0
    db.write(lambda session: add(session, 2))
    assert count(db) == 1


def test_a_reader_cannot_write(db: Database) -> None:
    with db.read_scope() as session, pytest.raises(DBAPIError):
        session.execute(update(Site).values(name="changed"))


def test_a_reader_sees_nothing_that_is_not_committed(db: Database) -> None:
    with db.write_scope() as session:
        add(session, 1)
        assert count(db) == 0
    assert count(db) == 1


def test_an_instant_comes_back_in_utc_whatever_its_zone_was(db: Database) -> None:
    shanghai = datetime(2026, 11, 20, 10, 0, 0, 123456, timezone(timedelta(hours=8)))

    def work(session: Session) -> object:
        person = add_person(session, "Li Na")
        person.informed_at = shanghai
        session.flush()
        return person.id

    person_id = db.write(work)
    with db.read_scope() as session:
        informed_at = session.get_one(Person, person_id).informed_at
    assert informed_at == shanghai
    assert informed_at is not None
    assert informed_at.utcoffset() == timedelta(0)


def test_a_row_that_refers_to_nothing_is_refused(db: Database) -> None:
    with pytest.raises(DBAPIError), db.write_scope() as session:
        session.execute(
            text("INSERT INTO places (id, site_id, name, path, kind, is_common) VALUES (:i, :i, '', '', '', false)"),
            {"i": "0" * 32},
        )


def test_of_many_counts_none_is_lost(db: Database) -> None:
    """A read, a decision and a write in one unit: 40 at once, each counted."""

    def more(session: Session) -> None:
        held = session.get(Tally, ("visits", 0), with_for_update=True)
        assert held is not None
        held.value += 1

    with db.write_scope() as session:
        session.add(Tally(key="visits", window=0, value=0))
    assert together(*[lambda: db.write(more, 15.0)] * 40) == []
    with db.read_scope() as session:
        assert session.get_one(Tally, ("visits", 0)).value == 40


def test_units_that_wait_share_a_commit_and_a_failed_one_is_gone_alone(sqlite_db: Database) -> None:
    db = sqlite_db
    order: list[int] = []

    def unit(number: int) -> Callable[[], None]:
        def work() -> None:
            with db.write_scope() as session:
                add(session, number)
                order.append(number)
                if number == 3:
                    raise LookupError

        return work

    with db.write_scope() as session:
        queue = [threading.Thread(target=_quiet, args=(unit(number),)) for number in range(1, 6)]
        for position, thread in enumerate(queue, 1):
            thread.start()
            waiting(db, position)
        add(session, 0)
    for thread in queue:
        thread.join(PATIENCE)
    assert order == [1, 2, 3, 4, 5]  # fair: in the order in which they came
    with db.read_scope() as session:
        assert set(session.scalars(select(Site.prefix))) == {"P0", "P1", "P2", "P4", "P5"}


def _quiet(work: Callable[[], object]) -> None:
    try:
        work()
    except LookupError:
        return


def test_a_failed_flush_undoes_its_own_unit_only(db: Database) -> None:
    """Many write at once, every third breaks a unique name: the others are all there."""
    failed: list[int] = []

    def write(number: int) -> None:
        try:
            with db.write_scope() as session:
                name = "taken" if number % 3 == 0 else f"site {number}"
                session.add(Site(name=name, prefix=f"P{number}", settings={}))
                session.flush()
        except IntegrityError:
            failed.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.read_scope() as session:
        assert session.scalar(select(func.count()).select_from(Site)) == 30 - len(failed)
    assert len(failed) == 9


def test_nobody_is_acknowledged_before_the_commit_that_carries_the_work(sqlite_db: Database) -> None:
    """The first of two is done with its work, but told so only when the second has ended and both are durable."""
    db, told = sqlite_db, threading.Event()
    may_end = threading.Event()

    def first() -> None:
        with db.write_scope() as session:
            add(session, 1)
            waiting(db, 1)
        told.set()

    def second() -> None:
        with db.write_scope() as session:
            add(session, 2)
            assert may_end.wait(PATIENCE)

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    queue_up(db, threads)
    assert not told.wait(0.2)
    assert count(db) == 0
    may_end.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert told.is_set()
    assert count(db) == 2


def test_when_the_disk_is_full_nobody_is_told_that_lost_work_is_kept(sqlite_db: Database) -> None:
    """SQLite undoes the whole transaction then, also what others had done in it and wait to have committed."""
    db = sqlite_db
    raised: dict[str, BaseException] = {}

    def careful() -> None:
        with db.write_scope() as session:
            add(session, 1)
            waiting(db, 1)

    def greedy() -> None:
        with db.write_scope() as session:
            pages = session.scalar(text("PRAGMA page_count"))
            session.execute(text(f"PRAGMA max_page_count={pages}"))
            for number in range(2, 4000):
                add(session, number)

    def run(name: str, work: Callable[[], None]) -> None:
        try:
            work()
        except (Busy, DBAPIError) as error:
            raised[name] = error

    threads = [threading.Thread(target=run, args=(work.__name__, work)) for work in (careful, greedy)]
    queue_up(db, threads)
    for thread in threads:
        thread.join(PATIENCE)
    kept = count(db)
    assert set(raised) == {"careful", "greedy"}
    assert kept == 0
    with db.write_scope() as session:
        session.execute(text("PRAGMA max_page_count=1073741823"))
        add(session, 9)
    assert count(db) == 1


def test_more_units_than_a_batch_holds_are_all_kept(sqlite_db: Database) -> None:
    many = BATCH + 20
    raised = together(
        *(lambda number=number: sqlite_db.write(lambda s: add(s, number), PATIENCE) for number in range(many))
    )
    assert raised == []
    assert count(sqlite_db) == many


def test_who_waits_too_long_is_told_that_it_is_busy(sqlite_db: Database) -> None:
    with sqlite_db.write_scope():
        assert [type(error) for error in together(lambda: sqlite_db.write(lambda s: add(s, 1), 0.05))] == [Busy]
    assert count(sqlite_db) == 0
    sqlite_db.write(lambda session: add(session, 2))  # the queue goes on as if nothing had been


def test_another_process_that_writes_makes_it_busy(sqlite_db: Database) -> None:
    other = open_database(sqlite_db.url)
    with other.write_scope(), pytest.raises(Busy):
        sqlite_db.write(lambda session: add(session, 1), 0.1)
    sqlite_db.write(lambda session: add(session, 2))
    assert count(sqlite_db) == 1
    other.dispose()


def test_a_late_scope_asks_for_its_turn_with_its_first_statement(sqlite_db: Database) -> None:
    with sqlite_db.late_write_scope() as late:
        sqlite_db.write(lambda session: add(session, 1), 0.5)
        add(late, 2)
        assert together(lambda: sqlite_db.write(lambda s: add(s, 3), 0.05)) != []
    assert count(sqlite_db) == 2


def test_a_late_scope_that_says_nothing_takes_no_turn(db: Database) -> None:
    with db.late_write_scope():
        db.write(lambda session: add(session, 1))
    assert count(db) == 1


def test_a_late_scope_that_raises_leaves_nothing(db: Database) -> None:
    with suppress(LookupError), db.late_write_scope() as session:
        add(session, 1)
        raise LookupError
    assert count(db) == 0


def test_a_deadlock_is_tried_again_as_a_whole(postgres_db: Database) -> None:
    db, both = postgres_db, threading.Barrier(2, timeout=PATIENCE)
    tries: list[str] = []
    for number in (1, 2):
        db.write(lambda session, number=number: add(session, number))  # type: ignore[misc]

    def crossing(name: str, first: str, then: str) -> Callable[[Session], None]:
        def work(session: Session) -> None:
            tries.append(name)
            session.execute(update(Site).where(Site.prefix == first).values(phone=name))
            if tries.count(name) == 1:
                both.wait()
            session.execute(update(Site).where(Site.prefix == then).values(phone=name))

        return work

    one, two = crossing("one", "P1", "P2"), crossing("two", "P2", "P1")
    assert together(lambda: db.write(one), lambda: db.write(two)) == []
    assert set(tries) == {"one", "two"}
    assert len(tries) > len({"one", "two"})  # on a slow machine the second try of one may meet that of the other


def test_an_error_that_is_no_collision_is_not_tried_again(db: Database) -> None:
    tries: list[int] = []

    def work(session: Session) -> None:
        tries.append(1)
        add(session, 1)
        add(session, 1)

    with pytest.raises(DBAPIError):
        db.write(work)
    assert tries == [1]


def test_sqlite_keeps_what_a_power_cut_would_take_otherwise(sqlite_db: Database) -> None:
    asked = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    with sqlite_db.write_scope() as session:
        assert {name: session.scalar(text(f"PRAGMA {name}")) for name in asked} == asked


def test_the_folder_of_a_new_database_is_made(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/new/folder/gongdan.db")
    with database.write_scope() as session:
        session.execute(text("CREATE TABLE made (id INTEGER)"))
    assert (tmp_path / "new/folder/gongdan.db").exists()
    database.dispose()


def test_a_database_is_for_its_owner_only(tmp_path: Path) -> None:
    """Links that open a ticket stand in it. Also one that was made by an older version."""
    file = tmp_path / "new/gongdan.db"
    before = os.umask(0)
    try:
        open_database(f"sqlite:///{file}").dispose()
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        file.chmod(0o644)
        database = open_database(f"sqlite:///{file}")
        with database.write_scope() as session:
            session.execute(text("CREATE TABLE made (id INTEGER)"))
            assert {stat.S_IMODE(one.stat().st_mode) for one in file.parent.iterdir()} == {0o600}
        database.dispose()
    finally:
        os.umask(before)


def test_a_folder_that_cannot_be_written_is_busy_for_nobody(tmp_path: Path) -> None:
    (tmp_path / "gongdan.db").mkdir()
    database = open_database(f"sqlite:///{tmp_path}/gongdan.db")
    with pytest.raises(OperationalError), database.write_scope():
        pass
    with pytest.raises(OperationalError), database.write_scope(0.2):
        pass
    database.dispose()


def settings_of(db: Database, *names: str) -> dict[str, Any]:
    with db.read_scope() as session:
        return {name: session.scalar(text(f"SHOW {name}")) for name in names}


def test_postgres_lets_nobody_hold_a_lock_for_long(postgres_db: Database) -> None:
    assert settings_of(postgres_db, "timezone", "lock_timeout", "idle_in_transaction_session_timeout") == {
        "timezone": "UTC", "lock_timeout": "1500ms", "idle_in_transaction_session_timeout": "15s",
    }  # fmt: skip
    with postgres_db.write_scope(0.2) as brief, postgres_db.write_scope(-0.1) as none:  # nor waits longer than it may
        assert [one.scalar(text("SHOW lock_timeout")) for one in (brief, none)] == ["200ms", "1ms"]
