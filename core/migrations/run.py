"""Brings a database to the tables that this version of the program works with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text

from core.database import Database
from core.errors import Conflict

FOLDER = Path(__file__).parent
LOCK = 0x676F6E67  # any number, the same for all


class NewerDatabase(Conflict):
    """A newer version of Gongdan has used this database (revision {revision}). Please update the program first."""


def upgrade(database: Database) -> None:
    """Run what is missing, all of it in one transaction. Processes that upgrade at once take turns.

    Where nothing is missing it only reads, so that a command may run beside a busy server.
    Errors: NewerDatabase when the database was written by a newer version.
    """
    if is_current(database):
        return
    with _alone(database) as connection:
        _refuse_newer(connection)
        command.upgrade(_config(connection), "head")


def head() -> str:
    """The revision of this version of the program."""
    return str(_script().get_current_head())


def is_current(database: Database) -> bool:
    """Whether the database has the tables of this version."""
    with database.engine.connect() as connection:
        return _revision(connection) == head()


def differences(database: Database, metadata: MetaData) -> list[Any]:
    """What the models and the database do not agree on, in Alembic's words."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        return list(compare_metadata(context, metadata))


def write_revision(database: Database, metadata: MetaData, name: str) -> None:
    """Write the next revision: the steps from the tables of `database` to the models. For developers."""
    number = len(list(_script().walk_revisions())) + 1
    with _alone(database) as connection:
        command.revision(_config(connection, metadata), name, autogenerate=True, rev_id=f"{number:04}")


def _config(connection: Connection, metadata: MetaData | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes.update(connection=connection, metadata=metadata)
    return config


def _script() -> ScriptDirectory:
    return ScriptDirectory(str(FOLDER))


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    """A transaction that nobody else migrates in.

    SQLite rebuilds a table to change it, which must not fire the foreign keys that point at it; they are checked
    before the commit instead. Their switch works outside of transactions only, hence at the driver.
    """
    with database.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        if database.is_sqlite:
            driver.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                _lock(connection)
                yield connection
                _check_foreign_keys(connection)
        finally:
            if database.is_sqlite:
                driver.execute("PRAGMA foreign_keys=ON")


def _lock(connection: Connection) -> None:
    """On SQLite the transaction itself is the lock."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL lock_timeout = '30s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


def _check_foreign_keys(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        broken = connection.execute(text("PRAGMA foreign_key_check")).all()
        if broken:
            raise RuntimeError(f"rows point at nothing after the migration: {broken[:5]}")


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_newer(connection: Connection) -> None:
    revision = _revision(connection)
    if revision and revision not in {script.revision for script in _script().walk_revisions()}:
        raise NewerDatabase(revision=revision)
