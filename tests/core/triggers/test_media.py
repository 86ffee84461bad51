"""Files that nothing names are forgotten after a day; every row that names one keeps it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from assets import register, story
from core import clock, conversations, fetches, inbox, outbox, transcripts
from core.database import Database, Session
from core.fetches import Fetch
from core.holders import UnknownTables, names
from core.outbox import Letter
from core.settings import load_settings
from core.storage import Storage, key_of, open_storage
from core.tickets import additions, queries
from core.triggers import TRIGGERS, Tick, run
from core.triggers.media import folders, forget
from tests.core.history import opened
from tests.personas import Cast

SHA = hashlib.sha256(b"a photo").hexdigest()
STORED = {"hash": SHA, "mime": "image/jpeg", "width": 4, "height": 3, "evidence": {}}
KEYS = [key_of(SHA, suffix) for suffix in (".full.jpg", ".screen.jpg", ".thumb.jpg")]
Purge = Callable[[datetime], None]


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return open_storage(f"file://{tmp_path}/media")


@pytest.fixture
def kept(storage: Storage) -> Callable[[], int]:
    """The pictures of one photo lie in the storage; tells how many of them there are."""
    for key in KEYS:
        storage.put(key, b"a picture")
    return lambda: sum(storage.exists(key) for key in KEYS)


@pytest.fixture
def purge(db: Database, tmp_path: Path) -> Purge:
    """Let every hour of a day pass at a moment."""
    settings = load_settings(data_dir=tmp_path)

    def pass_a_day(moment: datetime) -> None:
        for hour in range(24):
            assert run(db, TRIGGERS["media"], Tick(moment + timedelta(hours=hour), settings)).failed == 0

    return pass_a_day


def test_what_nothing_names_goes_after_a_day_and_no_earlier(purge: Purge, kept: Callable[[], int]) -> None:
    purge(clock.now() - timedelta(hours=1))
    assert kept() == 3
    purge(clock.now() + timedelta(days=1))
    assert kept() == 0


def test_every_folder_has_its_turn_once_a_day(db: Database, now: datetime, tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path)
    with db.read_scope() as session:
        turns = [
            folder for hour in range(24) for folder in folders(session, Tick(now + timedelta(hours=hour), settings))
        ]
    assert sorted(turns) == [f"{number:02x}" for number in range(256)]


def on_a_ticket(session: Session, cast: Cast, now: datetime) -> None:
    ticket = queries.by_id(session, opened(session, cast, now).id, lock=True)
    additions.add_file(session, ticket, "report", STORED, cast.resident, now)


def on_an_asset(session: Session, cast: Cast, now: datetime) -> None:
    asset = register.add_asset(session, cast.site, cast.hall, "Lift 1", "Lift", now=now)
    story.add_file(session, asset.id, "", story.Kept(story.PHOTO, SHA, "image/jpeg"), cast.admin, now)


def in_a_draft(session: Session, cast: Cast, now: datetime) -> None:
    row = conversations.open_for(session, "web", "web", "c", "c", cast.resident, now)
    fetch = fetches.ask(session, "web", "web", "photo", "r", conversation_id=row.id, person_id=cast.resident, now=now)
    fetch.state, fetch.stored = "fetched", STORED


def in_a_conversation(session: Session, cast: Cast, now: datetime) -> None:
    row = conversations.open_for(session, "web", "web", "c", "c", cast.resident, now)
    conversations.save(session, row.id, 1, now, data={"media": [{"kind": "photo", "stored": STORED}]})


def in_a_chat(session: Session, cast: Cast, now: datetime) -> None:
    chat = transcripts.open_chat(session, now)
    transcripts.append(session, chat, "1", "theirs", {"photo": KEYS[1]}, now)


def in_a_message_that_waits(session: Session, cast: Cast, now: datetime) -> None:
    inbox.take(session, "web", "web", "1", "c", content={"media": [{"stored": STORED}]}, now=now)


def in_a_message_that_leaves(session: Session, cast: Cast, now: datetime) -> None:
    outbox.post(session, [Letter("note", {"photo": SHA}, cast.resident)], now)


HOLDING: list[Callable[[Session, Cast, datetime], Any]] = [
    on_a_ticket, on_an_asset, in_a_draft, in_a_conversation, in_a_chat, in_a_message_that_waits,
    in_a_message_that_leaves,
]  # fmt: skip


@pytest.mark.parametrize("hold", HOLDING)
def test_what_a_row_names_stays(
    db: Database, cast: Cast, now: datetime, purge: Purge, kept: Callable[[], int],
    hold: Callable[[Session, Cast, datetime], Any],
) -> None:  # fmt: skip
    with db.write_scope() as session:
        hold(session, cast, now)
    purge(clock.now() + timedelta(days=30))
    assert kept() == 3


def test_what_a_cancelled_draft_held_goes(
    db: Database, cast: Cast, now: datetime, purge: Purge, kept: Callable[[], int]
) -> None:
    with db.write_scope() as session:
        in_a_draft(session, cast, now)
        [fetch] = session.scalars(select(Fetch))
        assert fetch.conversation_id is not None
        fetches.forget_draft(session, fetch.conversation_id)
    purge(clock.now() + timedelta(days=1))
    assert kept() == 0


def test_what_is_stored_again_is_young_again(
    storage: Storage, purge: Purge, kept: Callable[[], int], tmp_path: Path
) -> None:
    long_ago = (clock.now() - timedelta(days=3)).timestamp()
    for key in KEYS:
        os.utime(tmp_path / "media" / key, (long_ago, long_ago))
    storage.put(KEYS[0], b"a picture")
    purge(clock.now() - timedelta(hours=1))
    assert kept() == 1


def test_nothing_goes_while_the_database_has_tables_that_nobody_knows(
    db: Database, kept: Callable[[], int], tmp_path: Path, now: datetime
) -> None:
    with db.write_scope() as session:
        session.execute(text("CREATE TABLE rooms_of_others (hash TEXT)"))
    try:
        tick = Tick(clock.now() + timedelta(days=2), load_settings(data_dir=tmp_path))
        with db.read_scope() as session, pytest.raises(UnknownTables):
            forget(session, SHA[:2], tick)
        with db.read_scope() as session, pytest.raises(UnknownTables):
            names(session, SHA[:2])
    finally:
        with db.write_scope() as session:
            session.execute(text("DROP TABLE rooms_of_others"))
    assert kept() == 3
