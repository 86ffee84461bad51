"""The hook of WeCom as its servers meet it: nothing that is not theirs, and of now, is parsed or kept."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from bot.messages import HookRequest
from core import clock
from core.database import Database
from core.inbox import InboxMessage
from core.storage import Storage
from tests.api.pages.browsing import Web, browsing
from tests.contracts.rigs.wecom import opened
from tests.fakes.wecom import FakeWeCom


@pytest.fixture
def web(
    sqlite_db: Database, storage: Storage, tmp_path: Path, wecom: FakeWeCom, runner: asyncio.Runner
) -> Iterator[Web]:
    app = opened(wecom, sqlite_db, storage)
    channels: dict[str, Any] = {"wecom": app}
    with browsing(sqlite_db, tmp_path, channels) as found:
        yield found
    runner.run(app.close())


def call(web: Web, request: HookRequest) -> httpx.Response:
    return web.browser().call(request.method, "/hooks/wecom", content=request.body, params=dict(request.query))


def kept(db: Database) -> int:
    with db.read_scope() as session:
        return session.scalar(select(func.count()).select_from(InboxMessage)) or 0


def test_the_question_is_answered_raw_and_only_if_it_is_wecoms(web: Web, wecom: FakeWeCom) -> None:
    asked = wecom.question("1616140317555161061+/ä")
    answer = call(web, asked)
    assert (answer.status_code, answer.text) == (200, "1616140317555161061+/ä")
    assert call(web, replace(asked, query={**asked.query, "nonce": "x"})).status_code == 404


def test_a_repetition_is_taken_once_and_answered_alike(web: Web, wecom: FakeWeCom, sqlite_db: Database) -> None:
    first = wecom.says("li", "help")
    answers = [call(web, request) for request in (first, wecom.again(first), first)]
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    assert "<Content>" in wecom.read_reply(answers[0].text)
    assert kept(sqlite_db) == 1


def test_what_is_not_wecoms_of_now_is_refused_and_not_kept(web: Web, wecom: FakeWeCom, sqlite_db: Database) -> None:
    genuine = wecom.says("li", "help")
    with clock.at(clock.now() - timedelta(minutes=20)):
        stale = wecom.says("li", "help")
    forged = replace(genuine, query={**genuine.query, "msg_signature": "0" * 40})
    cut = replace(genuine, body=genuine.body[: len(genuine.body) // 2])
    large = replace(genuine, body=genuine.body + b" " * 1024 * 1024)
    other = wecom.wrapped("<xml><MsgType>text</MsgType></xml>", "another company")
    found = [call(web, request).status_code for request in (stale, forged, cut, large, other)]
    assert found == [401, 401, 401, 413, 422]
    assert kept(sqlite_db) == 0
