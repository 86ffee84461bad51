"""Statements of the hot path, compiled once: SQLAlchemy writes the SQL and converts the values, the driver runs it.

Executing a Core statement builds a cache key, a context and a result object each time; on the way of a report
that was four fifths of the processor's work (docs/decisions/0003-prepared-statements.md). A `Prepared` keeps the
compiled text with its value processors and hands both to the driver, in the transaction of the session.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Insert, Select, Update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler

Processor = Callable[[Any], Any] | None
Statement = Select[*tuple[Any, ...]] | Insert | Update
Upsert = Callable[[Any], Statement]

INSERTS = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class _Compiled(NamedTuple):
    """A statement in one database's words. `order`: names of the values by position, empty where they go by name."""

    text: str
    order: tuple[str, ...]
    processors: dict[str, Processor]
    fixed: dict[str, Any]
    results: tuple[Processor, ...]


class Prepared:
    """A statement with `bindparam`s, run many times.

    `statement`: may be a function that is given the database's own `insert`, for what only its dialect knows
    (`on_conflict_…`). `columns`: for an insert or update, the columns it writes.
    """

    def __init__(self, statement: Statement | Upsert, columns: Sequence[str] | None = None) -> None:
        self._statement = statement
        self._columns = list(columns) if columns is not None else None
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, session: Session, **values: Any) -> list[tuple[Any, ...]]:
        """Run it and read every row, converted as the columns' types say."""
        compiled, cursor = self._execute(session, values)
        found = cursor.fetchall()
        cursor.close()
        if not any(compiled.results):
            return [tuple(row) for row in found]
        return [
            tuple(
                value if convert is None else convert(value)
                for value, convert in zip(row, compiled.results, strict=True)
            )
            for row in found
        ]

    def run(self, session: Session, **values: Any) -> int:
        """Run it; returns how many rows it changed."""
        _, cursor = self._execute(session, values)
        changed = cursor.rowcount
        cursor.close()
        return int(changed)

    def run_many(self, session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it once for each row of values."""
        compiled, cursor, connection = self._open(session)
        bound = [_bound(compiled, row) for row in rows]
        with _Translated(compiled, connection):
            if len(bound) == 1:
                cursor.execute(compiled.text, bound[0])
            else:
                cursor.executemany(compiled.text, bound)
        cursor.close()

    def _execute(self, session: Session, values: Mapping[str, Any]) -> tuple[_Compiled, DBAPICursor]:
        compiled, cursor, connection = self._open(session)
        with _Translated(compiled, connection):
            cursor.execute(compiled.text, _bound(compiled, values))
        return compiled, cursor

    def _open(self, session: Session) -> tuple[_Compiled, DBAPICursor, Connection]:
        connection = session.connection()
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            written = self._statement
            statement = written(INSERTS[dialect.name]) if callable(written) else written
            compiled = self._compiled[dialect.name] = _compile(statement, self._columns, dialect)
        return compiled, connection.connection.cursor(), connection


class _Translated:
    """Lets the driver's errors leave as SQLAlchemy's, without the values, as they do everywhere else."""

    __slots__ = ("compiled", "connection")

    def __init__(self, compiled: _Compiled, connection: Connection) -> None:
        self.compiled = compiled
        self.connection = connection

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        dialect = self.connection.dialect
        drivers = dialect.loaded_dbapi.Error
        if not isinstance(error, drivers):
            return
        raise DBAPIError.instance(
            self.compiled.text, None, error, drivers, hide_parameters=True, dialect=dialect,
            connection_invalidated=self._is_gone(error),
        ) from error  # fmt: skip

    def _is_gone(self, error: Any) -> bool:
        """Whether the connection is dead; then the pool is emptied, because its others died with the same server."""
        connection = self.connection
        if not connection.dialect.is_disconnect(error, connection.connection.dbapi_connection, None):
            return False
        connection.engine.dispose(close=False)
        connection.invalidate(error)
        return True


def _bound(compiled: _Compiled, values: Mapping[str, Any]) -> Any:
    """The values in the driver's own types, in its order."""
    processors, fixed = compiled.processors, compiled.fixed
    given = {name: values[name] if name in values else fixed[name] for name in processors}
    ready = {
        name: value if (convert := processors[name]) is None or value is None else convert(value)
        for name, value in given.items()
    }
    return [ready[name] for name in compiled.order] if compiled.order else ready


def _compile(statement: Any, columns: list[str] | None, dialect: Dialect) -> _Compiled:
    found: SQLCompiler = statement.compile(dialect=dialect, column_keys=columns)
    binds = {name: bind for bind, name in found.bind_names.items()}
    processors: dict[str, Processor] = {
        name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in binds.items()
    }
    fixed = {name: bind.value for name, bind in binds.items() if not bind.required}
    columns_read = found._result_columns or ()  # noqa: SLF001 - the only place that knows the types of what is read
    results = tuple(entry[3].dialect_impl(dialect).result_processor(dialect, None) for entry in columns_read)
    return _Compiled(str(found), tuple(found.positiontup or ()), processors, fixed, results)
