"""Whatever byte of the trace somebody changes, `gongdan audit verify` fails and names the event."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.durability.conftest import hooked
from tests.durability.harness import Installation, serving
from tests.durability.nyc311 import Row
from tests.durability.residents import Post, Resident, all_report
from tests.durability.town import Town
from tests.fakes.telegram import FakeTelegram

BYTES, FULL_BYTES = 5, 60
REPORTS = 6
# What the log keeps beside an event and derives from it; test_audit holds these.
KEPT = ("stream", "action", "from_state", "to_state", "actor", "facts", "previous", "hash")


@pytest.fixture(scope="module")
def history(the_town: Town, rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a stopped installation with some reports in it."""
    with FakeTelegram() as telegram:
        installation = Installation(tmp_path_factory.mktemp("history"), hooked(telegram))
        the_town.copy_to(installation)
        telegram.deliver_to(f"{installation.url}/hooks/telegram")
        chosen = [row for row in rows if row.address][:REPORTS]
        with serving(installation):
            all_report([Resident(row, the_town.codes[row.thing], Post(telegram)) for row in chosen])
        assert installation.verify().returncode == 0
        yield installation.folder


def test_any_changed_byte_is_found(history: Path, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    seed = random.randrange(10**6)
    print(f"bytes with seed {seed}")  # noqa: T201 - shown when the proof fails
    chance = random.Random(seed)
    for number in range(FULL_BYTES if pytestconfig.getoption("--full") else BYTES):
        copy = Installation(tmp_path / str(number))
        shutil.copytree(history, copy.folder)
        stream, seq, column = change_a_byte(copy.folder / "data" / "gongdan.db", chance)
        found = copy.verify()
        told = found.stdout + found.stderr
        assert found.returncode != 0, f"{column} of event {seq} of {stream} was changed unseen"
        assert stream in told, told
        assert f" {seq}" in told, told
        shutil.rmtree(copy.folder)


def change_a_byte(database: Path, chance: random.Random) -> tuple[str, int, str]:
    """Change one byte of a ticket's event. Returns the event that it was, and the column."""
    with closing(sqlite3.connect(database)) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(events)") if row[1] in KEPT]
        events = connection.execute("SELECT rowid, stream, seq FROM events WHERE stream LIKE 'ticket:%'").fetchall()
        rowid, stream, seq = chance.choice(events)
        column, value = "", bytearray()
        while not value:
            column = chance.choice(columns)
            read = f"SELECT CAST({column} AS BLOB) FROM events WHERE rowid = ?"  # noqa: S608 - a name from the schema
            [raw] = connection.execute(read, (rowid,)).fetchone()
            value = bytearray(raw or b"")
        place = chance.randrange(len(value))
        value[place] = ord("x") if value[place] != ord("x") else ord("y")
        changed = f"UPDATE events SET {column} = CAST(CAST(? AS BLOB) AS TEXT) WHERE rowid = ?"  # noqa: S608 - a name from the schema
        connection.execute(changed, (bytes(value), rowid))
        connection.commit()
    return stream, seq, column
