"""One file that holds everything: every table, the media folder and the keys; readable by either database.

It is a zip of JSON lines, taken from one consistent snapshot. Restoring writes into an empty database, so the
same file moves a site from SQLite to PostgreSQL.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy import Table as SqlTable
from sqlalchemy.orm import Session

from core.database import Database, Table
from core.errors import Conflict, Invalid
from core.settings import Settings

FORMAT = 1
BATCH = 1000
KEY_FILES = ("secret.key", "signing.key")
Progress = Callable[[str, int, int], None]


class NotEmpty(Conflict):
    """The database already holds data. Restore into an empty one."""


class NotABackup(Invalid):
    """This file is no backup of Gongdan, or it is damaged: {problem}"""


def write(database: Database, settings: Settings, file: Path, revision: str, progress: Progress) -> dict[str, int]:
    """Write everything into `file`, readable by its owner only; returns the number of rows of each table.

    The file appears under its name only when it is complete.
    """
    part = file.with_name(file.name + ".part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as raw:
        with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
            with _snapshot(database) as connection:
                counts = {table.name: _dump(connection, table, archive, progress) for table in _tables()}
            _add_files(archive, settings, progress)
            archive.writestr("manifest.json", json.dumps({"format": FORMAT, "revision": revision, "rows": counts}))
        raw.flush()
        os.fsync(raw.fileno())
    part.replace(file)
    return counts


def restore(database: Database, settings: Settings, file: Path, progress: Progress) -> dict[str, int]:
    """Write a backup into an empty, migrated database; all of it or nothing."""
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = _manifest(archive)
            with database.write_scope() as session:
                _refuse_full(session)
                counts = {table.name: _load(session, table, archive, progress) for table in _tables()}
                _compare(counts, manifest["rows"])
            _extract_files(archive, settings, progress)
    except (zipfile.BadZipFile, KeyError, json.JSONDecodeError) as error:
        raise NotABackup(problem=str(error)) from error
    return counts


def _tables() -> list[SqlTable]:
    return list(Table.metadata.sorted_tables)


def _snapshot(database: Database) -> Any:
    """A connection that sees one moment of the database, whatever is written meanwhile."""
    if database.is_sqlite:
        return database.readers.connect()
    return database.engine.execution_options(isolation_level="REPEATABLE READ").connect()


def _dump(connection: Connection, table: SqlTable, archive: zipfile.ZipFile, progress: Progress) -> int:
    total = connection.scalar(select(func.count()).select_from(table)) or 0
    done = 0
    with archive.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as out:
        for row in connection.execution_options(yield_per=BATCH).execute(select(table)):
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


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(archive.read("manifest.json"))
    if manifest.get("format") != FORMAT:
        raise NotABackup(problem="format")
    damaged = archive.testzip()
    if damaged:
        raise NotABackup(problem=damaged)
    return manifest


def _refuse_full(session: Session) -> None:
    for name in ("sites", "people", "tickets"):
        if session.scalar(select(func.count()).select_from(Table.metadata.tables[name])):
            raise NotEmpty


def _compare(found: dict[str, int], told: dict[str, int]) -> None:
    wrong = [name for name, number in told.items() if found.get(name, 0) != number]
    if wrong:
        raise NotABackup(problem=", ".join(wrong))


def _media_folder(settings: Settings) -> Path | None:
    """The folder of the media where they lie in one; a bucket is backed up by its own means."""
    return Path(settings.storage_url.removeprefix("file://")) if settings.storage_url.startswith("file://") else None


def _add_files(archive: zipfile.ZipFile, settings: Settings, progress: Progress) -> None:
    for name in KEY_FILES:
        if (settings.data_dir / name).exists():
            archive.write(settings.data_dir / name, f"keys/{name}")
    folder = _media_folder(settings)
    files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder and folder.exists() else []
    for done, path in enumerate(files, 1):
        archive.write(path, f"media/{path.relative_to(folder or path)}", compress_type=zipfile.ZIP_STORED)
        progress("media", done, len(files))


def _extract_files(archive: zipfile.ZipFile, settings: Settings, progress: Progress) -> None:
    """Write keys and media back; a name that would leave its folder is refused."""
    names = [info.filename for info in archive.infolist() if info.filename.startswith(("keys/", "media/"))]
    folder = _media_folder(settings)
    for done, name in enumerate(names, 1):
        root = settings.data_dir if name.startswith("keys/") else folder
        if root is not None:
            _extract(archive, name, root)
        progress("files", done, len(names))


def _extract(archive: zipfile.ZipFile, name: str, root: Path) -> None:
    target = (root / name.partition("/")[2]).resolve()
    if not target.is_relative_to(root.resolve()):
        raise NotABackup(problem=name)
    target.parent.mkdir(parents=True, exist_ok=True)
    mode = 0o600 if name.startswith("keys/") else 0o644
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as out:
        out.write(archive.read(name))
