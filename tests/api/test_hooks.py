"""The hooks of the platforms: refused before anything is parsed, answered in the platform's own words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from bot import flows
from bot.messages import HookRequest
from core import clock
from core.database import Database
from core.inbox import InboxMessage
from core.outbox import OutboxMessage
from tests.api.pages.browsing import Web, browsing
from tests.fakes.courier import Courier, callback, signature, words
from tests.personas import Cast

HOOK = "/hooks/courier"


@pytest.fixture
def web(db: Database, cast: Cast, tmp_path: Path) -> Iterator[Web]:
    channels: dict[str, Any] = {"courier": Courier()}
    flows.load()
    with browsing(db, tmp_path, channels) as opened:
        yield opened


def post(web: Web, request: HookRequest, path: str = HOOK) -> httpx.Response:
    return web.browser().call("POST", path, content=request.body, params=dict(request.query))


def kept(db: Database) -> int:
    with db.read_scope() as session:
        return len(session.scalars(select(InboxMessage.id)).all())


def states(db: Database) -> list[str]:
    with db.read_scope() as session:
        return list(session.scalars(select(OutboxMessage.state).order_by(OutboxMessage.id)))


def test_a_message_is_answered_in_its_callback_and_repeated_to_the_letter(web: Web, db: Database) -> None:
    request = words("help")
    first = post(web, request)
    assert (first.status_code, first.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    assert first.text.startswith("<xml>")
    assert states(db)[0] == "sent"
    assert [post(web, request).content for _ in range(3)] == [first.content] * 3
    assert (kept(db), states(db)) == (1, ["sent", "ready"])


def test_a_challenge_is_answered_at_once_and_nothing_is_stored(web: Web, db: Database) -> None:
    answer = post(web, callback({"challenge": "abc", "type": "url_verification"}))
    assert (answer.json(), answer.headers["content-type"]) == ({"challenge": "abc"}, "application/json")
    assert web.browser().get(f"{HOOK}?echostr=hello").text == "hello"
    assert kept(db) == 0


def test_a_forged_challenge_is_refused(web: Web) -> None:
    body = json.dumps({"challenge": "abc"}).encode()
    assert post(web, HookRequest("POST", body, {}, {"signature": "0" * 64})).status_code == 401
    assert post(web, HookRequest("POST", body)).status_code == 401


@pytest.mark.parametrize("given", ["", "0" * 64, "\xe9", "\u7b7e"])
def test_a_wrong_signature_of_any_characters_is_refused(web: Web, db: Database, given: str) -> None:
    request = words("help")
    assert post(web, HookRequest("POST", request.body, {}, {**request.query, "signature": given})).status_code == 401
    assert kept(db) == 0


def test_what_was_overheard_is_worth_nothing_later(web: Web, db: Database) -> None:
    body = words("help").body
    long_ago = str(int((clock.now() - timedelta(minutes=6)).timestamp()))
    stale = HookRequest("POST", body, {}, {"timestamp": long_ago, "signature": signature(long_ago, body)})
    assert post(web, stale).status_code == 401
    assert kept(db) == 0


def test_a_channel_has_the_hooks_that_it_names_and_no_more(web: Web, db: Database) -> None:
    tap = callback({"id": "t-1", "from": "li", "tap": "x"}, "cards")
    assert post(web, tap, f"{HOOK}/cards").text == "success"
    assert kept(db) == 1
    assert post(web, tap, f"{HOOK}/other").status_code == 404
    assert web.browser().get(f"{HOOK}/other?echostr=x").status_code == 404
    assert post(web, tap, "/hooks/nobody").status_code == 404


def test_what_is_no_callback_is_invalid_and_too_much_is_not_read(web: Web, db: Database) -> None:
    assert post(web, callback({"hello": 1})).status_code == 422
    giant = b"x" * (1024 * 1024 + 1)
    stamp = str(int(clock.now().timestamp()))
    query = {"timestamp": stamp, "signature": signature(stamp, giant)}
    assert post(web, HookRequest("POST", giant, {}, query)).status_code == 413
    assert kept(db) == 0
