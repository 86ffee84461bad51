"""One server process for a SQLite database: a second one finds the lock file taken and says so."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import Conflict
from core.settings import Settings


class AlreadyServed(Conflict):
    """Another server is using {folder} already. SQLite serves one process; stop the other or use PostgreSQL."""


@contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """Hold the data folder's lock while serving SQLite; the system frees it when the process dies."""
    if not settings.is_sqlite:
        yield
        return
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with (settings.data_dir / "serving.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyServed(folder=str(settings.data_dir)) from None
        yield
