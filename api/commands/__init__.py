"""The commands: one file for each noun. `group(name)` makes a group; the nameless one holds `gongdan <command>`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import typer

import assets.models  # noqa: F401 - the tables that those of core point at
from core import i18n, registry
from core.database import Database, Session, open_database
from core.errors import Conflict
from core.migrations.run import is_current, upgrade
from core.settings import Settings, close_to_others, language_of_terminal, load_settings

GROUPS: dict[str, typer.Typer] = {"": typer.Typer()}
root = GROUPS[""]


class OldDatabase(Conflict):
    """The database has the tables of another version. Run: gongdan migrate"""


def group(name: str, help_text: str) -> typer.Typer:
    """A group of commands such as `site add`; the same name gives the same group."""
    return GROUPS.setdefault(name, typer.Typer(help=help_text, no_args_is_help=True))


def load(command: str = "") -> None:
    """Import the files that speak of a command, or all where none of them has it.

    Most commands need neither the web server nor the libraries for tables: `token create` takes half the time.
    """
    for module in files_of(command):
        import_module(f"{__name__}.{module}")
    if not _is_known(command):
        registry.load(__name__)


def files_of(command: str) -> list[str]:
    """The files that may hold a command or a group, by their names: those that write its name as a declaration does."""
    marks = (f'"{command}"', f"def {command.replace('-', '_')}(")
    texts = {file.stem: file.read_text(encoding="utf-8") for file in sorted(Path(__file__).parent.glob("[!_]*.py"))}
    return [name for name, text in texts.items() if command and any(mark in text for mark in marks)]


def language() -> str:
    """The language in which the command line answers."""
    return i18n.choose(language_of_terminal() or "en")


def _is_known(command: str) -> bool:
    names = [one.name or getattr(one.callback, "__name__", "").replace("_", "-") for one in root.registered_commands]
    return bool(command) and command in (*GROUPS, *names)


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
