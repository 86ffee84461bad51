"""DingTalk's callbacks at the server's door: what is not of now and of DingTalk is refused before it is read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels._dingtalk_proofs import card_secret
from core import clock
from core.database import Database
from core.inbox import InboxMessage
from core.storage import Storage
from tests.api.pages.browsing import Web, browsing
from tests.bot.channels.dingtalk_office import Office, office_of
from tests.fakes.dingtalk import SECRET, TEMPLATE, Callbacks, Member
from tests.personas import Cast

LI = Member("li01", "Li")
HOOK = "/hooks/dingtalk"
MAKE = Callbacks()
TEXT = json.dumps(MAKE.text(LI, "电梯坏了")).encode()


@pytest.fixture
def db(sqlite_db: Database) -> Database:
    return sqlite_db


@pytest.fixture
def office(db: Database, storage: Storage, runner: asyncio.Runner) -> Iterator[Office]:
    with office_of(db, storage, runner) as found:
        yield found


@pytest.fixture
def web(office: Office, db: Database, cast: Cast, tmp_path: Path) -> Iterator[Web]:
    channels: dict[str, Any] = {"dingtalk": office.open(public_url="https://fix.example", template=TEMPLATE)}
    with browsing(db, tmp_path, channels) as opened:
        yield opened


def post(web: Web, body: bytes, headers: dict[str, str], path: str = HOOK) -> int:
    answer = web.browser().call("POST", path, content=body, headers=headers)
    return answer.status_code


def kept(db: Database) -> int:
    with db.read_scope() as session:
        return len(session.scalars(select(InboxMessage.id)).all())


def test_a_genuine_callback_is_kept_once_however_often_it_comes(web: Web, db: Database) -> None:
    headers, tap = MAKE.headers(), json.dumps(MAKE.tap(LI, "row-1", "t1")).encode()
    assert [post(web, TEXT, headers) for _ in range(3)] == [200] * 3
    assert post(web, TEXT, MAKE.headers()) == 200
    card = MAKE.card_headers(card_secret(SECRET))
    assert [post(web, tap, card, f"{HOOK}/cards") for _ in range(2)] == [200] * 2
    assert kept(db) == 2


def test_what_is_forged_stale_truncated_or_too_large_is_refused_and_not_kept(web: Web, db: Database) -> None:
    with clock.at(clock.now() - timedelta(minutes=6)):
        stale, stale_card = MAKE.headers(), MAKE.card_headers(card_secret(SECRET))
    forged = [{}, MAKE.headers("another secret"), stale, {**MAKE.headers(), "sign": "x"}]
    assert [post(web, TEXT, headers) for headers in forged] == [401] * 4
    assert post(web, TEXT, stale_card, f"{HOOK}/cards") == 401
    assert post(web, TEXT, MAKE.headers(), f"{HOOK}/cards") == 401
    assert post(web, TEXT[:-9], MAKE.headers()) == 422
    assert post(web, b"x" * (1024 * 1024 + 1), MAKE.headers()) == 413
    assert post(web, TEXT, MAKE.headers(), f"{HOOK}/other") == 404
    assert web.browser().get(HOOK).status_code == 404
    assert kept(db) == 0
