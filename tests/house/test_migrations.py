"""Upgrading through all migrations gives exactly the models' tables, on both databases, once and again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text

from core.database import Database, Table, open_database
from core.errors import GongdanError
from core.migrations import run
from tests.databases import import_models
from tests.postgres import Server

ALEMBIC = "alembic_version"


@pytest.fixture
def blank(database_kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database without any table."""
    import_models()
    if database_kind == "sqlite":
        database = open_database(f"sqlite:///{tmp_path}/blank.db")
        yield database
        database.dispose()
        return
    server: Server = request.getfixturevalue("postgres")
    database = open_database(server.create("blank"))
    yield database
    database.dispose()
    server.run('DROP DATABASE "blank"')


def test_all_migrations_make_the_tables_of_the_models(blank: Database, db: Database) -> None:
    run.upgrade(blank)
    assert _tables(blank) == _tables(db)
    assert run.differences(blank, Table.metadata) == []
    assert run.is_current(blank)


def test_a_second_upgrade_changes_nothing(blank: Database) -> None:
    run.upgrade(blank)
    once = _tables(blank)
    run.upgrade(blank)
    assert _tables(blank) == once


def test_a_blank_database_is_not_current(blank: Database) -> None:
    assert not run.is_current(blank)


def test_a_failing_migration_leaves_nothing_behind(blank: Database) -> None:
    with blank.engine.begin() as connection:
        connection.execute(text("CREATE TABLE tickets (id INTEGER)"))
    with pytest.raises(Exception, match="already exists"):
        run.upgrade(blank)
    assert set(_tables(blank)) == {"tickets"}


def test_foreign_keys_are_enforced_after_an_upgrade(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/gongdan.db")
    run.upgrade(database)
    with database.engine.connect() as connection:
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
    database.dispose()


def test_a_database_of_a_newer_version_is_refused(blank: Database) -> None:
    run.upgrade(blank)
    with blank.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(GongdanError, match="revision 9999"):
        run.upgrade(blank)


def _tables(database: Database) -> dict[str, Any]:
    """Everything that the database knows about its tables, in an order that does not depend on their making."""
    inspector = inspect(database.engine)
    return {
        name: {
            "columns": _sorted(inspector.get_columns(name)),
            "primary key": inspector.get_pk_constraint(name),
            "foreign keys": _sorted(inspector.get_foreign_keys(name)),
            "unique": _sorted(inspector.get_unique_constraints(name)),
            "checks": _sorted(inspector.get_check_constraints(name)),
            "indexes": _sorted(inspector.get_indexes(name)),
        }
        for name in inspector.get_table_names()
        if name != ALEMBIC
    }


def _sorted(items: Any) -> list[str]:
    return sorted(json.dumps(item, default=str, sort_keys=True) for item in items)
