"""PostgreSQL goes away and comes back: the first unit of work after that is repeated, and nobody sees an error."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from core import clock, inbox, places
from core.database import Database, Session


@pytest.fixture
def warm(postgres_db: Database) -> Iterator[Database]:
    """A database whose pool holds connections that have been used."""
    with postgres_db.write_scope() as session:
        places.add_site(session, "before")
    yield postgres_db
    postgres_db.dispose()


def end_all_connections(database: Database) -> None:
    """What a restart of the server does to a pool."""
    other = Database(database.url)
    with other.engine.connect() as connection:
        others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        connection.execute(text(f"SELECT pg_terminate_backend(pid) {others}"))
    other.dispose()


def test_a_unit_of_work_is_repeated_on_a_new_connection(warm: Database) -> None:
    end_all_connections(warm)
    assert warm.write(lambda session: places.add_site(session, "after").prefix) == "WX2"


def test_a_prepared_statement_notices_it_too(warm: Database) -> None:
    def take(session: Session) -> bool:
        return inbox.take(session, "web", "web", "key", "conversation", now=clock.now())

    assert warm.write(take)
    end_all_connections(warm)
    assert not warm.write(take)
