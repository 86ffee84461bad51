"""A backup holds everything, is read by either database, and refuses to be half of anything."""

from __future__ import annotations

import json
import shutil
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, select

from assets.tables import every_table
from core import access, audit, backup, inbox, replies, seals
from core.database import Database, open_database
from core.settings import Settings, load_settings
from core.storage import key_of, open_storage
from core.tickets import actions, queries
from tests.core import history
from tests.personas import Cast, play

REVISION = "0001"
PICTURE = b"the bytes of a picture" * 1000
PICTURE_KEY = key_of("ab" * 32, ".full.jpg")


@dataclass(frozen=True, slots=True)
class Installation:
    """A database with its data folder."""

    database: Database
    settings: Settings

    def rows(self) -> dict[str, list[Any]]:
        with self.database.read_scope() as session:
            return {
                table.name: sorted(map(repr, session.execute(select(table)).all()))
                for table in every_table()
                if table.name not in backup.PASSING
            }

    def is_empty(self) -> bool:
        return not any(self.rows().values()) and not self.settings.data_dir.exists()


@pytest.fixture
def old(empty_sqlite: Path, tmp_path: Path, now: datetime) -> Iterator[Installation]:
    """An installation on SQLite with a small history, a picture and both keys."""
    database = open_database(f"sqlite:///{shutil.copyfile(empty_sqlite, tmp_path / 'old.db')}")
    settings = load_settings(data_dir=tmp_path / "old")
    with database.write_scope() as session:
        cast = play(session)
    history.seeded(database, cast, now)
    merge_one(database, cast, now)
    open_storage(settings.storage_url).put(PICTURE_KEY, PICTURE)
    assert seals.load_key(settings)
    assert settings.key
    yield Installation(database, settings)
    database.dispose()


@pytest.fixture
def new(db: Database, tmp_path: Path) -> Installation:
    """An empty installation, on SQLite or on PostgreSQL."""
    return Installation(db, load_settings(data_dir=tmp_path / "new"))


@pytest.fixture
def file(old: Installation, tmp_path: Path) -> Path:
    return written(old, tmp_path / "all.backup")


def merge_one(database: Database, cast: Cast, now: datetime) -> None:
    """Two tickets of which the younger is merged into the older: a row that refers to its own table."""
    with database.write_scope() as session:
        older = history.opened(session, cast, now, "the tap drips again")
        younger = history.opened(session, cast, now, "water below the tap")
        actions.act(
            session, younger, "merge", access.viewer(session, cast.supervisor), now, facts={"into": older.id}
        )  # fmt: skip


def silence(what: str, done: int, total: int) -> None:
    """Nobody watches the progress."""


def written(installation: Installation, file: Path, progress: backup.Progress = silence) -> Path:
    backup.write(installation.database, installation.settings, every_table(), file, REVISION, progress)
    return file


def restored(installation: Installation, file: Path, revision: str = REVISION) -> None:
    backup.restore(installation.database, installation.settings, every_table(), file, revision, silence)


def rewritten(file: Path, changes: dict[str, bytes], name: str = "changed.backup") -> Path:
    """The same backup with other contents under some names, or with more names."""
    changed = file.with_name(name)
    with zipfile.ZipFile(file) as before, zipfile.ZipFile(changed, "w") as after:
        kept = {item: before.read(item) for item in before.namelist()}
        for item, content in (kept | changes).items():
            after.writestr(item, content)
    return changed


def test_every_row_comes_back(old: Installation, new: Installation, file: Path) -> None:
    restored(new, file)
    assert new.rows() == old.rows()
    assert new.rows()["tickets"]


def test_the_restored_trace_verifies(new: Installation, file: Path) -> None:
    restored(new, file)
    with new.database.read_scope() as session:
        report = audit.verify(session, history.KEY.public)
    assert report.is_intact
    assert report.seals == 5


def test_a_restored_ticket_goes_on_where_it_stood(new: Installation, file: Path, now: datetime) -> None:
    restored(new, file)
    with new.database.write_scope() as session:
        ticket = queries.by_number(session, "WX-261120-001", lock=True)
        assert ticket.state == "done"
        assert ticket.reporter_id is not None
        history.take(session, ticket, "confirm", ticket.reporter_id, now + timedelta(days=1))
        assert ticket.state == "closed"


def test_pictures_and_keys_come_back(old: Installation, new: Installation, file: Path) -> None:
    restored(new, file)
    assert open_storage(new.settings.storage_url).get(PICTURE_KEY) == PICTURE
    for name in backup.KEY_FILES:
        key = new.settings.data_dir / name
        assert key.read_bytes() == (old.settings.data_dir / name).read_bytes()
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_the_words_of_an_answer_stay_out(old: Installation, new: Installation, tmp_path: Path, now: datetime) -> None:
    with old.database.write_scope() as session:
        inbox.take(session, "wechat", "42", "1", "li", now=now)
        replies.keep(session, ("wechat", "42", "1"), "https://fix.example/w/secret")
    restored(new, written(old, tmp_path / "all.backup"))
    with new.database.write_scope() as session:
        assert not inbox.take(session, "wechat", "42", "1", "li", now=now)
        assert replies.answered(session, ("wechat", "42", "1")) == ""


def test_no_table_is_forgotten(old: Installation, file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        held = {Path(name).stem for name in archive.namelist() if name.startswith("tables/")}
    assert held == {*inspect(old.database.engine).get_table_names()} - {*backup.PASSING, "alembic_version"}


def test_a_backup_is_for_its_owner_only(file: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_that_was_planted_lends_no_mode(old: Installation, tmp_path: Path) -> None:
    planted = tmp_path / "all.backup.part"
    planted.touch()
    planted.chmod(0o666)
    assert stat.S_IMODE(written(old, tmp_path / "all.backup").stat().st_mode) == 0o600


def test_a_link_that_was_planted_leads_nowhere(old: Installation, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.touch()
    (tmp_path / "all.backup.part").symlink_to(elsewhere)
    assert zipfile.is_zipfile(written(old, tmp_path / "all.backup"))
    assert elsewhere.read_bytes() == b""


def test_what_is_restored_is_for_its_owner_only(new: Installation, file: Path) -> None:
    planted = new.settings.data_dir / "secret.key"
    with zipfile.ZipFile(file) as archive:
        key = archive.read("keys/secret.key")
    planted.parent.mkdir()
    planted.write_bytes(key)
    planted.chmod(0o666)
    restored(new, file)
    files = [path for path in new.settings.data_dir.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_what_is_written_meanwhile_tears_nothing_apart(
    old: Installation, new: Installation, tmp_path: Path, now: datetime
) -> None:
    """While the backup runs, a ticket moves on: the backup holds the moment before."""
    before = old.rows()

    def move_on(what: str, done: int, total: int) -> None:
        if what == "people":
            with old.database.write_scope() as session:
                ticket = queries.by_number(session, "WX-261120-001", lock=True)
                assert ticket.reporter_id is not None
                history.take(session, ticket, "confirm", ticket.reporter_id, now + timedelta(days=1))

    restored(new, written(old, tmp_path / "meanwhile.backup", move_on))
    assert new.rows() == before != old.rows()


def test_a_backup_that_fails_leaves_no_file(old: Installation, tmp_path: Path) -> None:
    def full(what: str, done: int, total: int) -> None:
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        written(old, tmp_path / "never.backup", full)
    assert [path for path in tmp_path.iterdir() if "never" in path.name] == []


def test_a_full_database_is_left_as_it_is(new: Installation, file: Path) -> None:
    with new.database.write_scope() as session:
        play(session)
    before = new.rows()
    with pytest.raises(backup.NotEmpty):
        restored(new, file)
    assert new.rows() == before
    assert not new.settings.data_dir.exists()


def test_what_a_running_server_says_of_itself_is_no_obstacle(new: Installation, file: Path, now: datetime) -> None:
    with new.database.write_scope() as session:
        history_of_a_server = {
            "leases": {"name": "scheduler", "holder": "one", "epoch": 1, "expires_at": now},
            "presences": {"channel": "telegram", "account": "42", "seen_at": now},
        }
        for table in every_table():
            if table.name in history_of_a_server:
                session.execute(table.insert().values(history_of_a_server[table.name]))
    restored(new, file)
    assert new.rows()["tickets"]


@pytest.mark.parametrize("at", [0, 40, -10])
def test_a_changed_byte_is_refused(new: Installation, file: Path, at: int) -> None:
    """Signature, name and end of the archive: each of these bytes carries meaning."""
    _damage(file, at)
    with pytest.raises(backup.NotABackup):
        restored(new, file)
    assert new.is_empty()


@pytest.mark.parametrize("share", [0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9])
def test_a_changed_byte_anywhere_never_changes_what_comes_back(
    old: Installation, new: Installation, file: Path, share: float
) -> None:
    """A byte that says nothing of the content (the time of an entry) may pass; whatever is restored is whole."""
    _damage(file, int(file.stat().st_size * share))
    try:
        restored(new, file)
    except backup.NotABackup:
        assert new.is_empty()
    else:
        assert new.rows() == old.rows()


def _damage(file: Path, at: int) -> None:
    damaged = bytearray(file.read_bytes())
    damaged[at] ^= 0xFF
    file.write_bytes(bytes(damaged))


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_file_that_was_cut_off_is_refused(new: Installation, file: Path, share: float) -> None:
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])
    with pytest.raises(backup.NotABackup):
        restored(new, file)
    assert new.is_empty()


@pytest.mark.parametrize(
    "name", ["media/../../stolen", "media/../secret.key", "keys/../stolen", "keys/authorized_keys", "media//etc/stolen"]
)
def test_a_name_that_points_elsewhere_is_refused(new: Installation, file: Path, name: str) -> None:
    with pytest.raises(backup.NotABackup):
        restored(new, rewritten(file, {name: b"stolen"}))
    assert new.is_empty()


def test_a_table_that_lost_a_row_is_refused(new: Installation, file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        lines = archive.read("tables/events.jsonl").splitlines(keepends=True)
    with pytest.raises(backup.NotABackup):
        restored(new, rewritten(file, {"tables/events.jsonl": b"".join(lines[:-1])}))
    assert not any(new.rows().values())


def test_a_row_that_refers_to_nothing_is_refused(new: Installation, file: Path) -> None:
    with pytest.raises(backup.NotABackup):
        restored(new, rewritten(file, {"tables/people.jsonl": b""}))
    assert not any(new.rows().values())


def test_another_zip_file_is_refused(new: Installation, tmp_path: Path) -> None:
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("manifest.json", json.dumps({"name": "an extension of a browser"}))
    with pytest.raises(backup.NotABackup):
        restored(new, other)


def test_a_backup_of_another_version_says_so(new: Installation, file: Path) -> None:
    with pytest.raises(backup.OtherVersion):
        restored(new, file, "0002")
    assert new.is_empty()


def test_another_key_is_moved_aside(new: Installation, file: Path) -> None:
    mine = seals.load_key(new.settings)
    kept = (new.settings.data_dir / "signing.key").read_text()
    restored(new, file)
    assert (new.settings.data_dir / "signing.key.before").read_text() == kept
    assert seals.load_key(new.settings).public != mine.public
