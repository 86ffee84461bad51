"""The commands: one file for each noun. `group(name)` makes a group; the nameless one holds `gongdan <command>`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from core.database import Database, Session, open_database
from core.errors import Conflict
from core.migrations.run import is_current, upgrade
from core.settings import Settings, close_to_others, load_settings

GROUPS: dict[str, typer.Typer] = {"": typer.Typer()}
root = GROUPS[""]


class OldDatabase(Conflict):
    """The database has the tables of another version. Run: gongdan migrate"""


def group(name: str, help_text: str) -> typer.Typer:
    """A group of commands such as `site add`; the same name gives the same group."""
    return GROUPS.setdefault(name, typer.Typer(help=help_text, no_args_is_help=True))


def opened() -> tuple[Settings, Database]:
    """Settings and database of a command; SQLite is brought up to date by itself, PostgreSQL by `migrate`."""
    settings = load_settings()
    close_to_others(settings.data_dir)
    database = open_database(settings.database_url)
    if database.is_sqlite:
        upgrade(database)
    elif not is_current(database):
        raise OldDatabase
    return settings, database


@contextmanager
def writing() -> Iterator[Session]:
    """A transaction for a command that changes something."""
    _, database = opened()
    try:
        with database.write_scope() as session:
            yield session
    finally:
        database.dispose()
