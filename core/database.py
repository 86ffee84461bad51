"""Engines, sessions and the two scopes: `read_scope()` sees, `write_scope()` alone commits.

SQLite has one writer. Those who want to write queue on a fair lock of ours, each works inside a savepoint of
one shared transaction, and the last of the queue commits for all: nobody is acknowledged before that commit.
PostgreSQL has many writers; there a scope is a plain transaction.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, TypeVar, cast
from uuid import UUID

import pysqlite3.dbapi2 as sqlite
from sqlalchemy import JSON, Connection, DateTime, Engine, MetaData, String, TypeDecorator, Uuid, create_engine, event
from sqlalchemy import Table as SqlTable
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import QueuePool

from core.errors import Busy

T = TypeVar("T")

WAIT_SECONDS = 5.0
LOCK_SECONDS = 1.5
BATCH = 64
RETRIES = 5
RETRYABLE = {"40001", "40P01"}
PASSING = {"55P03", "57P01", "57P02", "57P03"}  # lock_timeout, and a server that stops or starts
POSTGRES_OPTIONS = {
    "timezone": "UTC",
    "lock_timeout": f"{LOCK_SECONDS * 1000:.0f}",
    "statement_timeout": "60000",
    "idle_in_transaction_session_timeout": "15000",
}

__all__ = ["DBAPIError", "Database", "Session", "Table", "open_database", "rows"]


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Stored in UTC without a zone, so that both databases order and compare it alike."""

    impl = DateTime
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Table(DeclarativeBase):
    """The root of every table, with names for all constraints so that migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime(),
        UUID: Uuid(),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
        str: String(),
    }


def rows(model: type[Table]) -> SqlTable:
    """The bare table of a model, for Core statements on the hot path, which the ORM would slow down."""
    return cast("SqlTable", model.__table__)


@dataclass(slots=True, eq=False)
class _Unit:
    """One unit of work in the queue of SQLite's writer."""

    ready: threading.Event = field(default_factory=threading.Event)
    settled: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None


class _WriterQueue:
    """The fair lock of the one SQLite writer, with group commit.

    1. A unit waits for its turn; the one that finds the writer idle begins the transaction.
    2. It works inside its own savepoint, which is rolled back alone when it fails.
    3. When others wait, the open transaction is handed to the next; the last one, or the one that fills the
       batch, commits, and all whose work it carried are told at once.
    """

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self._connect = connect
        self._mutex = threading.Lock()
        self._waiting: deque[_Unit] = deque()
        self._carried: list[_Unit] = []
        self._connection: Connection | None = None
        self._busy = False

    @contextmanager
    def unit(self, wait: float) -> Iterator[Connection]:
        mine, ends = _Unit(), time.monotonic() + wait
        self._take_turn(mine, wait)
        try:
            connection = self._begin(ends - time.monotonic())
            with connection.begin_nested():
                yield connection
        except BaseException:
            self._finish(None)
            raise
        self._finish(mine)
        mine.settled.wait()
        if mine.error is not None:
            raise mine.error

    def _take_turn(self, mine: _Unit, wait: float) -> None:
        with self._mutex:
            if not self._busy:
                self._busy = True
                return
            self._waiting.append(mine)
        if mine.ready.wait(wait):
            return
        with self._mutex:
            if not mine.ready.is_set():
                self._waiting.remove(mine)
                raise Busy
        # The turn came in the very moment of giving up: it is used.

    def _begin(self, wait: float) -> Connection:
        """The open transaction, else a new one; waits for another process's no longer than the unit may wait."""
        if self._connection is None:
            self._connection = self._connect()
        if not self._connection.in_transaction():
            driver: Any = self._connection.connection.driver_connection
            driver.execute(f"PRAGMA busy_timeout={max(0, round(wait * 1000))}")
            try:
                self._connection.begin()
            except OperationalError as error:
                raise Busy from error
        return self._connection

    def _finish(self, mine: _Unit | None) -> None:
        """Hand the open transaction on, or end it when nobody waits or the batch is full."""
        if mine is not None:
            self._carried.append(mine)
        elif self._is_undone():
            self._abandon()
            self._tell(Busy())
        with self._mutex:
            if self._waiting and len(self._carried) < BATCH:
                self._waiting.popleft().ready.set()
                return
        self._settle()
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().ready.set()
            else:
                self._busy = False

    def _settle(self) -> None:
        if self._carried:
            self._tell(self._commit())
        else:
            self._abandon()

    def _tell(self, error: BaseException | None) -> None:
        """Let everyone go whose work was carried: it is durable, or it is gone with an error."""
        carried, self._carried = self._carried, []
        for unit in carried:
            unit.error = error
            unit.settled.set()

    def _is_undone(self) -> bool:
        """Whether SQLite has rolled everything back by itself, as it does when the disk is full or broken."""
        connection = self._connection
        if connection is None or not connection.in_transaction():
            return False
        driver: Any = connection.connection.driver_connection
        return not driver.in_transaction

    def _commit(self) -> BaseException | None:
        assert self._connection is not None
        try:
            self._connection.commit()
        except BaseException as error:  # noqa: BLE001 - told to every unit that was carried, each raises it
            self._abandon()
            return error
        return None

    def _abandon(self) -> None:
        if self._connection is not None and self._connection.in_transaction():
            self._connection.rollback()


class Database:
    """One database: where to read, where to write."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self.engine = _sqlite_engine(url, readonly=False) if self.is_sqlite else _postgres_engine(url)
        self.readers = (
            _sqlite_engine(url, readonly=True)
            if self.is_sqlite
            else self.engine.execution_options(postgresql_readonly=True)
        )
        self._queue = _WriterQueue(self.engine.connect) if self.is_sqlite else None

    @contextmanager
    def read_scope(self) -> Iterator[Session]:
        """A session that only reads and never commits."""
        with Session(self.readers, autoflush=False) as session:
            yield session

    @contextmanager
    def write_scope(self, wait: float = WAIT_SECONDS) -> Iterator[Session]:
        """A transaction that is durable when the block has ended, and gone when it raised.

        `wait`: seconds to wait for the writer, on PostgreSQL for each lock; after them Busy is raised, or what the
        database says.
        """
        with self._turn(wait) as connection, _session_on(connection) as session:
            yield session
            session.flush()

    @contextmanager
    def late_write_scope(self, wait: float = WAIT_SECONDS) -> Iterator[Session]:
        """A write scope that begins with the first statement, in the thread that speaks it.

        For sessions that are made in one thread and used in another: with the turn taken where the session is
        made, 41 requests at once used up the web server's threads and the one whose turn it was got none (measured).
        """
        with ExitStack() as turn:
            session = _LateSession(lambda: turn.enter_context(self._turn(wait)))
            try:
                yield session
                session.flush()
            finally:
                session.close()

    def _turn(self, wait: float) -> AbstractContextManager[Connection]:
        return self._queue.unit(wait) if self._queue is not None else self._begun(wait)

    @contextmanager
    def _begun(self, wait: float) -> Iterator[Connection]:
        """A transaction of PostgreSQL, which waits for a lock no longer than the unit may."""
        with self.engine.begin() as connection:
            if wait < LOCK_SECONDS:
                least = max(1, round(wait * 1000))  # 0 would mean without end
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {least}")
            yield connection

    def write(self, work: Callable[[Session], T], wait: float = WAIT_SECONDS) -> T:
        """Run one unit of work, again as a whole when PostgreSQL could not serialise it."""
        for attempt in range(RETRIES):
            try:
                with self.write_scope(wait) as session:
                    return work(session)
            except DBAPIError as error:
                if not _is_repeatable(error) or attempt == RETRIES - 1:
                    raise
        raise Busy

    def dispose(self) -> None:
        self.engine.dispose()
        self.readers.dispose()


def is_passing(error: DBAPIError) -> bool:
    """Whether a database error is about the moment: the connection broke, or a lock did not come in time."""
    return error.connection_invalidated or getattr(error.orig, "sqlstate", None) in PASSING


def _is_repeatable(error: DBAPIError) -> bool:
    """Whether the whole unit of work may be run again: it could not be serialised, or never began.

    A pooled connection may have died with a restarted server; the first one to notice empties the pool.
    """
    return getattr(error.orig, "sqlstate", None) in RETRYABLE or error.connection_invalidated


def open_database(url: str) -> Database:
    if url.startswith("sqlite:///"):
        _make_private(Path(url.removeprefix("sqlite:///")))
    return Database(url)


def _make_private(file: Path) -> None:
    """A database is for its owner only. What SQLite writes beside the file gets the mode of the file.

    What cannot be done is left: a file that cannot be used says so when it is used.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(OSError):
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    for one in (file, *(file.with_name(f"{file.name}-{part}") for part in ("wal", "shm"))):
        with suppress(OSError):
            if one.is_file() and one.stat().st_mode & 0o077:
                one.chmod(0o600)


class _LateSession(Session):
    """A session that asks for its connection when it needs one."""

    def __init__(self, turn: Callable[[], Connection]) -> None:
        super().__init__(autoflush=False, expire_on_commit=False, join_transaction_mode="rollback_only")
        self._turn = turn

    def get_bind(self, *args: Any, **options: Any) -> Engine | Connection:
        if self.bind is None:
            self.bind = self._turn()
        return super().get_bind(*args, **options)


def _session_on(connection: Connection) -> Session:
    """A session whose rollback reaches the innermost transaction of the connection and no further.

    On SQLite that is the unit's own savepoint: a failed flush must not undo what others wait to have committed.
    """
    return Session(connection, autoflush=False, expire_on_commit=False, join_transaction_mode="rollback_only")


def _sqlite_engine(url: str, *, readonly: bool) -> Engine:
    path = url.removeprefix("sqlite:///")

    def connect() -> Any:
        connection = sqlite.connect(path, isolation_level=None, check_same_thread=False, timeout=5)
        for pragma in _pragmas(readonly=readonly):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    engine = create_engine(
        "sqlite://", module=sqlite, creator=connect, poolclass=QueuePool, pool_size=16, max_overflow=32
    )
    event.listen(engine, "begin", _begin_reading if readonly else _begin_writing)
    return engine


def _pragmas(*, readonly: bool) -> Sequence[str]:
    common = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-32000", "temp_store=MEMORY")
    return (*common, "query_only=ON") if readonly else common


def _begin_writing(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_reading(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _postgres_engine(url: str) -> Engine:
    url = url.replace("postgresql://", "postgresql+psycopg://", 1).replace("postgres://", "postgresql+psycopg://", 1)
    options = " ".join(f"-c {name}={value}" for name, value in POSTGRES_OPTIONS.items())
    return create_engine(url, pool_size=16, max_overflow=16, connect_args={"options": options})
