"""Keep it safe: back up, restore, verify the trace, and say what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from api.commands import opened, root
from assets.tables import every_table
from core import backup as backups
from core.errors import Conflict
from core.migrations.run import head

File = Annotated[Path, typer.Argument(help="The backup file.")]


class FileIsThere(Conflict):
    """{file} is there already. Choose another name, or overwrite it with --force."""


@root.command()
def backup(
    file: File, force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")] = False
) -> None:
    """Write everything into one file: tables, media folder and keys. Keep it as safe as the keys."""
    if file.exists() and not force:
        raise FileIsThere(file=str(file))
    settings, database = opened()
    with bars() as tell:
        counts = backups.write(database, settings, every_table(), file, head(), tell)
    typer.echo(f"{sum(counts.values())} rows in {file}")


@root.command()
def restore(file: File) -> None:
    """Read a backup into an empty database, SQLite or PostgreSQL."""
    settings, database = opened()
    with bars() as tell:
        counts = backups.restore(database, settings, every_table(), file, head(), tell)
    typer.echo(f"{sum(counts.values())} rows restored. Check with: gongdan audit verify")


@contextmanager
def bars() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar for each part of a long work, on stderr."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total)
            progress.update(tasks[what], completed=done, total=total)

        yield tell
