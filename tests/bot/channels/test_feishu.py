"""Feishu's hooks as the platform calls them: challenge, proof, redelivery; and signing in."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from bot.channels import Proven
from bot.channels._feishu_callbacks import Callbacks as Proof
from bot.channels.feishu import FeishuChannel, open_feishu
from bot.messages import HookRequest, SendError
from core import clock
from core.database import Database
from core.inbox import InboxMessage
from core.settings import FeishuSettings, Settings
from core.storage import Storage, open_storage
from tests.api.pages.browsing import Web, browsing
from tests.fakes.feishu import FakeFeishu, says
from tests.fakes.feishu_callbacks import APP_ID, ENCRYPT_KEY, TOKEN, Callbacks, signed
from tests.fakes.test_feishu import BODY, KEY, SIGNATURE
from tests.fakes.test_feishu import opened as opened_by_platform

HOOK = "/hooks/feishu"


@pytest.fixture
def app(feishu: FakeFeishu, sqlite_db: Database, storage: Storage, runner: asyncio.Runner) -> Iterator[FeishuChannel]:
    channel = feishu.channel(sqlite_db, storage)
    yield channel
    runner.run(channel.close())


@pytest.fixture
def web(app: FeishuChannel, sqlite_db: Database, tmp_path: Path) -> Iterator[Web]:
    with browsing(sqlite_db, tmp_path, {"feishu": app}) as opened:
        yield opened


def post(web: Web, request: HookRequest, path: str = HOOK) -> httpx.Response:
    return web.browser().call("POST", path, content=request.body, headers=dict(request.headers))


def kept(database: Database) -> int:
    with database.read_scope() as session:
        return session.scalar(select(func.count()).select_from(InboxMessage)) or 0


def test_the_published_vector_and_what_the_sdk_opens_are_opened(real_data: Path) -> None:
    vector = json.loads((real_data / "vectors.json").read_text())["feishu_decrypt"]
    known = Proof(APP_ID, vector["encrypt_key"], TOKEN)
    assert known.decrypted(vector["encrypt"]) == vector["plain"].encode()
    assert Proof(APP_ID, KEY, TOKEN).opened(BODY) == {"hello": "电梯"}
    assert Proof(APP_ID, KEY, TOKEN).signature("1700000000", "n-1", BODY) == SIGNATURE


def test_what_is_sealed_for_ourselves_is_opened_by_the_platform() -> None:
    known = Proof(APP_ID, ENCRYPT_KEY, TOKEN)
    sealed = known.sealed(b'{"a": 1}')
    assert opened_by_platform(json.loads(sealed)["encrypt"], ENCRYPT_KEY) == b'{"a": 1}'
    assert known.sealed(b'{"a": 1}') != sealed


def test_a_challenge_is_answered_with_and_without_a_signature_and_nothing_is_stored(
    web: Web, sqlite_db: Database
) -> None:
    make = Callbacks()
    for request in (make.challenge("abc"), make.challenge("abc", is_signed=True)):
        assert post(web, request).json() == post(web, request, f"{HOOK}/cards").json() == {"challenge": "abc"}
    assert kept(sqlite_db) == 0


def test_a_forged_challenge_and_a_signed_one_that_is_wrong_are_refused(web: Web) -> None:
    make = Callbacks()
    genuine = make.challenge("abc", is_signed=True)
    wrong = {**genuine.headers, "x-lark-signature": "0" * 64}
    plain = json.dumps({"challenge": "abc", "token": TOKEN, "type": "url_verification"}).encode()
    for request in (
        make.challenge("abc", token="x"), HookRequest("POST", genuine.body, wrong), HookRequest("POST", plain),
        HookRequest("POST", genuine.body[:-9]), HookRequest("POST", b""), HookRequest("POST", b"x" * 5000),
    ):  # fmt: skip
        assert post(web, request).status_code == 401
    assert web.browser().get(HOOK).status_code == 404


def test_what_comes_again_hours_later_under_another_event_is_the_same_message(web: Web, sqlite_db: Database) -> None:
    make = Callbacks()
    event = make.text("ou_li", "电梯坏了")
    ages = [timedelta(), timedelta(seconds=15), timedelta(minutes=5), timedelta(hours=1), timedelta(hours=7)]
    for age in ages:
        assert post(web, make.request(make.again(event), age=age)).status_code == 200
    assert kept(sqlite_db) == 1


def test_forged_stale_truncated_and_oversized_callbacks_are_refused_and_nothing_is_stored(
    web: Web, sqlite_db: Database
) -> None:
    make = Callbacks()
    genuine = make.request(make.text("ou_li", "x"))
    tap = make.request(make.tap("ou_li", "om_1", {"token": "t"}), "cards", age=timedelta(minutes=6))
    half = {name: value for name, value in genuine.headers.items() if name != "x-lark-request-nonce"}
    assert post(web, HookRequest("POST", genuine.body[:-1], genuine.headers)).status_code == 401
    assert post(web, HookRequest("POST", genuine.body, half)).status_code == 401
    assert post(web, make.request(make.text("ou_li", "x"), age=timedelta(hours=9))).status_code == 401
    assert post(web, tap, f"{HOOK}/cards").status_code == 401
    assert post(web, signed(b"x" * (1024 * 1024 + 1))).status_code == 413
    assert post(web, signed(b"{}")).status_code == 422
    assert kept(sqlite_db) == 0


def test_a_tap_that_means_nothing_is_answered_with_an_empty_object(web: Web) -> None:
    make = Callbacks()
    told = post(web, make.request(make.tap("ou_li", "om_1", {"token": "t" * 40}), "cards"), f"{HOOK}/cards")
    assert (told.status_code, told.json()) == (200, {})


def test_a_code_says_who_somebody_is_once(app: FeishuChannel, feishu: FakeFeishu, runner: asyncio.Runner) -> None:
    feishu.codes["code-1"] = "ou_li"
    assert runner.run(app.who("code-1")) == [Proven("feishu_open_id", "ou_li", "ou_li")]
    assert runner.run(app.who("code-1")) == []


def test_who_is_asked_in_vain_says_so(app: FeishuChannel, feishu: FakeFeishu, runner: asyncio.Runner) -> None:
    feishu.fail("redeem", says(0, 502))
    with pytest.raises(SendError, match="unreachable"):
        runner.run(app.who("code-1"))


@pytest.mark.parametrize(
    ("base_url", "host"),
    [
        ("https://open.feishu.cn", "accounts.feishu.cn"),
        ("https://open.larksuite.com/", "accounts.larksuite.com"),
        ("https://relay.example", "accounts.feishu.cn"),
    ],
)
def test_signing_in_begins_at_the_page_of_the_platform(
    sqlite_db: Database, tmp_path: Path, base_url: str, host: str
) -> None:
    channel = opened(sqlite_db, tmp_path, base_url=base_url)
    url = urlsplit(channel.sign_in_url("state-1", "https://fix.example/sign-in/feishu/back"))
    asked = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert url.hostname == host
    assert asked == {
        "client_id": "cli_1", "redirect_uri": "https://fix.example/sign-in/feishu/back", "response_type": "code",
        "state": "state-1",
    }  # fmt: skip


def opened(database: Database, folder: Path, **given: Any) -> FeishuChannel:
    secrets: dict[str, Any] = {name: SecretStr(name) for name in ("app_secret", "verification_token")}
    secrets["encrypt_key"] = SecretStr(ENCRYPT_KEY)
    chosen = FeishuSettings(app_id="cli_1", **secrets, **given)
    settings = Settings(secret_key=SecretStr("k"), feishu=chosen)
    channel = open_feishu(settings, open_storage(f"file://{folder}/media"), database)
    assert isinstance(channel, FeishuChannel)
    return channel


def test_an_app_without_settings_is_off(sqlite_db: Database, tmp_path: Path) -> None:
    settings = Settings(secret_key=SecretStr("k"))
    assert open_feishu(settings, open_storage(f"file://{tmp_path}/media"), sqlite_db) is None


def test_a_tap_of_long_ago_means_nothing_at_the_other_hook_either(app: FeishuChannel) -> None:
    make = Callbacks()
    tap = make.tap("ou_li", "om_1", {"token": "t"})
    assert [len(app.parse(make.request(tap, age=timedelta(minutes=age)))) for age in (0, 6)] == [1, 0]


def test_the_clock_may_be_a_little_wrong(app: FeishuChannel) -> None:
    make = Callbacks()
    tap = make.tap("ou_li", "om_1", {"token": "t"})
    with clock.at(clock.now()):
        found = [app.is_authentic(make.request(tap, "cards", age=timedelta(seconds=s))) for s in (-301, -299, 299, 301)]
    assert found == [False, True, True, False]
