"""One file that holds everything: every table, the media folder and the keys; readable by either database.

It is a zip of JSON lines, taken from one consistent snapshot. Restoring writes into an empty database, so the
same file moves a site from SQLite to PostgreSQL. What a process says of itself while it runs is left out,
and so are the tokens that platforms give for some hours, and the words that a callback was answered with.
"""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname
from uuid import UUID

from sqlalchemy import Connection, func, insert, literal, select, update
from sqlalchemy import Table as SqlTable
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.database import Database
from core.errors import Conflict, Invalid
from core.settings import Settings

FORMAT = 1
BATCH = 1000
KEY_FILES = ("secret.key", "signing.key")
PASSING = ("leases", "heartbeats", "presences", "tallies", "platform_tokens")
BLANK = {"inbox": ("answer",)}  # texts of minutes, with links in them, which a backup would keep for years
Progress = Callable[[str, int, int], None]


class NotEmpty(Conflict):
    """The database already holds data. Restore into an empty one."""


class NotABackup(Invalid):
    """This file is no backup of Gongdan, or it is damaged: {problem}"""


class OtherVersion(Conflict):
    """This backup has the tables of another version ({theirs}, here {ours}). Restore it there, then migrate."""


def write(
    database: Database, settings: Settings, tables: Sequence[SqlTable], file: Path, revision: str, progress: Progress
) -> dict[str, int]:
    """Write everything into `file`, readable by its owner only; returns the number of rows of each table.

    `tables`: all there are, each after those that it refers to. The file appears under its name only when it is
    complete.
    """
    part = file.with_name(file.name + ".part")
    try:
        with _made_anew(part) as raw:
            with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=3, strict_timestamps=False) as archive:
                with _snapshot(database) as connection:
                    counts = {table.name: _dump(connection, table, archive, progress) for table in _kept(tables)}
                _add_files(archive, settings, progress)
                archive.writestr("manifest.json", json.dumps({"format": FORMAT, "revision": revision, "rows": counts}))
            raw.flush()
            os.fsync(raw.fileno())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return counts


def restore(
    database: Database, settings: Settings, tables: Sequence[SqlTable], file: Path, revision: str, progress: Progress
) -> dict[str, int]:
    """Write a backup into an empty database of the same revision.

    1. Look at all of the file, and refuse it before anything is written.
    2. Write media and keys back: alone they change nothing.
    3. Write every row in one transaction.
    Errors: NotEmpty, NotABackup, OtherVersion.
    """
    kept = _kept(tables)
    with _readable(), zipfile.ZipFile(file) as archive:
        manifest = _manifest(archive, revision)
        with database.read_scope() as session:
            _refuse_full(session, kept)
        _extract_files(archive, settings, progress)
        with database.write_scope() as session:
            _refuse_full(session, kept)
            counts = {table.name: _load(session, table, archive, progress) for table in kept}
            _compare(counts, manifest["rows"])
    return counts


# What zipfile raises of bytes that were changed: NotImplementedError where they name a compression that is none.
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, LookupError, ValueError, NotImplementedError, IntegrityError)


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except DAMAGED as error:
        reason = error.orig if isinstance(error, IntegrityError) else error
        raise NotABackup(problem=str(reason).partition("\n")[0]) from error


def _kept(tables: Sequence[SqlTable]) -> list[SqlTable]:
    return [table for table in tables if table.name not in PASSING]


def _snapshot(database: Database) -> Connection:
    """A connection that sees one moment of the database, whatever is written meanwhile."""
    if database.is_sqlite:
        return database.readers.connect()
    return database.engine.execution_options(isolation_level="REPEATABLE READ").connect()


def _dump(connection: Connection, table: SqlTable, archive: zipfile.ZipFile, progress: Progress) -> int:
    total = connection.scalar(select(func.count()).select_from(table)) or 0
    done = 0
    columns = [literal("") if column.name in BLANK.get(table.name, ()) else column for column in table.columns]
    with archive.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as out:
        for row in connection.execution_options(yield_per=BATCH).execute(select(*columns).select_from(table)):
            values = [_plain(value) for value in row]
            out.write(json.dumps(values, ensure_ascii=False).encode() + b"\n")
            done += 1
            if done % BATCH == 0:
                progress(table.name, done, total)
    progress(table.name, done, total)
    archive.writestr(f"tables/{table.name}.columns", json.dumps([column.name for column in table.columns]))
    return done


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _load(session: Session, table: SqlTable, archive: zipfile.ZipFile, progress: Progress) -> int:
    """Insert a table's rows; references within the table are set when all of its rows are there."""
    names = json.loads(archive.read(f"tables/{table.name}.columns"))
    own = [key.parent.name for key in table.foreign_keys if key.column.table is table]
    later: list[dict[str, Any]] = []
    done = 0
    with archive.open(f"tables/{table.name}.jsonl") as lines:
        for batch in _batches(lines):
            rows = [_typed(table, dict(zip(names, json.loads(line), strict=True))) for line in batch]
            later += [{name: row[name] for name in ["id", *own]} for row in rows if any(row[name] for name in own)]
            session.execute(insert(table), [row | dict.fromkeys(own) for row in rows])
            done += len(rows)
            progress(table.name, done, done)
    for row in later:
        key = row.pop("id")
        session.execute(update(table).where(table.c.id == key).values(row))
    return done


def _batches(lines: Any) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    for line in lines:
        batch.append(line)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _typed(table: SqlTable, row: dict[str, Any]) -> dict[str, Any]:
    return {name: _value(table.c[name].type.python_type, value) for name, value in row.items() if name in table.c}


def _value(kind: type, value: Any) -> Any:
    if value is None or not isinstance(value, str):
        return value
    if kind is datetime:
        return datetime.fromisoformat(value)
    if kind is date:
        return date.fromisoformat(value)
    return UUID(value) if kind is UUID else value


def _manifest(archive: zipfile.ZipFile, revision: str) -> dict[str, Any]:
    """What the backup says of itself, when all of it can be read and nothing in it points elsewhere."""
    manifest: dict[str, Any] = json.loads(archive.read("manifest.json"))
    if manifest["format"] != FORMAT:
        raise NotABackup(problem="format")
    if manifest["revision"] != revision:
        raise OtherVersion(theirs=manifest["revision"], ours=revision)
    damaged = archive.testzip() or next((name for name in archive.namelist() if not _is_ours(name)), None)
    if damaged:
        raise NotABackup(problem=damaged)
    return manifest


def _is_ours(name: str) -> bool:
    """Whether a name in the file stays where it belongs when it is written back."""
    room, _, rest = name.partition("/")
    if room == "keys":
        return rest in KEY_FILES
    return name == "manifest.json" or (room in ("tables", "media") and ".." not in rest.split("/") and rest[:1] != "/")


def _refuse_full(session: Session, tables: Sequence[SqlTable]) -> None:
    if any(session.execute(select(table).limit(1)).first() for table in tables):
        raise NotEmpty


def _compare(found: dict[str, int], told: dict[str, int]) -> None:
    wrong = [name for name, number in told.items() if found.get(name, 0) != number]
    if wrong:
        raise NotABackup(problem=", ".join(wrong))


def _media_folder(settings: Settings) -> Path | None:
    """The folder of the media where they lie in one; a bucket is backed up by its own means."""
    parts = urlsplit(settings.storage_url)
    return Path(url2pathname(parts.path)) if parts.scheme == "file" else None


def _add_files(archive: zipfile.ZipFile, settings: Settings, progress: Progress) -> None:
    for name in KEY_FILES:
        if (settings.data_dir / name).exists():
            archive.write(settings.data_dir / name, f"keys/{name}")
    folder = _media_folder(settings)
    if folder is None:
        return
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".part")
    for done, path in enumerate(files, 1):
        with suppress(FileNotFoundError):  # one that nothing names may be forgotten at this moment
            archive.write(path, f"media/{path.relative_to(folder).as_posix()}", compress_type=zipfile.ZIP_STORED)
        progress("media", done, len(files))


def _extract_files(archive: zipfile.ZipFile, settings: Settings, progress: Progress) -> None:
    names = [name for name in archive.namelist() if name.startswith(("keys/", "media/"))]
    folder = _media_folder(settings)
    for done, name in enumerate(names, 1):
        if name.startswith("keys/"):
            _put_key(settings.data_dir / name.removeprefix("keys/"), archive.read(name))
        elif folder is not None:
            _put(folder / name.removeprefix("media/"), archive.read(name))
        progress("files", done, len(names))


def _put_key(target: Path, key: bytes) -> None:
    """Write a key; another one that lies there is moved aside, because it may be all that there is of it."""
    if target.exists() and target.read_bytes() != key:
        target.replace(target.with_name(f"{target.name}.before"))
    _put(target, key)


def _put(target: Path, data: bytes) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _made_anew(target) as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())


def _made_anew(path: Path) -> IO[bytes]:
    """A file for its owner only. What lies there goes first: it would keep its own mode, or lead elsewhere."""
    path.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(path, flags, 0o600), "wb")
