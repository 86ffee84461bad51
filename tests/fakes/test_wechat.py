"""The fake WeChat is qualified by what WeChat and wechatpy publish, and by the API's own rules."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from wechatpy.crypto import WeChatCrypto  # type: ignore[import-untyped]
from wechatpy.parser import parse_message  # type: ignore[import-untyped]

from bot.messages import Answer
from core import clock
from tests.fakes.wechat import SEND, SEND_TEMPLATE, TOKEN, FakeWeChat
from tests.fakes.wechat_sealing import decrypted, encrypted, parsed, signature
from tests.personas import NOW

LI = "o-li"


def vectors(real_data: Path, name: str) -> Any:
    return json.loads((real_data / "vectors.json").read_text())[name]


def test_its_signatures_are_those_that_wechat_publishes(real_data: Path) -> None:
    for known in vectors(real_data, "wechat_plain_signature"):
        assert signature(known["token"], known["timestamp"], known["nonce"]) == known["signature"]


def test_it_opens_what_the_official_sample_has_sealed(real_data: Path) -> None:
    """WeCom seals as WeChat does, with its own kind of account."""
    known = vectors(real_data, "wecom_callback")
    asked, message = known["verify_url"], known["message"]
    for part, text in ((asked, asked["echostr"]), (message, message["encrypt"])):
        assert signature(known["token"], part["timestamp"], part["nonce"], text) == part["msg_signature"]
    assert decrypted(known["aeskey"], asked["echostr"]) == (asked["plain"], known["corpid"])
    assert message["plain_contains"] in decrypted(known["aeskey"], message["encrypt"])[0]


def test_it_seals_as_the_published_test_of_wechatpy_does(real_data: Path) -> None:
    folder = real_data / "09_chat/wechat/crypto"
    plain = (folder / "test_crypto.test_encrypt_message.xml").read_text().strip()
    wanted = parsed((folder / "test_crypto.test_encrypt_message_2.xml").read_text())
    aes_key = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR"
    assert decrypted(aes_key, wanted["Encrypt"]) == (plain, "wx49f0ab532d5d035a")
    assert signature("123456", "1411525903", "461056294", wanted["Encrypt"]) == wanted["MsgSignature"]


def test_wechatpy_opens_what_it_seals_and_the_other_way_round() -> None:
    wechat = FakeWeChat()
    theirs = WeChatCrypto(wechat.token, wechat.aes_key, wechat.app_id)
    request = wechat.text(LI, "电梯坏了 ]] > 👍")
    asked = request.query
    opened = theirs.decrypt_message(request.body, asked["msg_signature"], asked["timestamp"], asked["nonce"])
    assert (parse_message(opened).source, parse_message(opened).content) == (LI, "电梯坏了 ]] > 👍")
    assert wechat.unsealed(theirs.encrypt_message("<xml><a>é</a></xml>", "nonce")) == {"a": "é"}
    assert len(encrypted(wechat.aes_key, b"s" * 16, "x", "y")) % 32 == 0


def test_it_asks_three_times_with_the_same_bytes_and_then_says_that_nobody_is_there() -> None:
    wechat, bodies = FakeWeChat(), []

    def silent(request: Any) -> Answer:
        bodies.append(request.body)
        raise TimeoutError

    assert wechat.deliver(silent, wechat.text(LI, "x")) is None
    assert bodies == [bodies[0]] * 3
    assert [one.kind for one in wechat.seen(LI)] == ["system"]


@pytest.mark.parametrize(
    ("kind", "name", "most", "lasts"),
    [("text", "", 5, timedelta(hours=48)), ("event", "SCAN", 3, timedelta(minutes=1)), ("event", "VIEW", 0, None)],
)
def test_it_keeps_its_windows_and_its_tokens(kind: str, name: str, most: int, lasts: timedelta | None) -> None:
    with FakeWeChat() as wechat, httpx.Client(base_url=wechat.url) as client:
        wechat.now = lambda: NOW
        known = {"grant_type": "client_credential", "appid": wechat.app_id, "secret": wechat.secret}
        token = client.post(TOKEN, json=known).json()["access_token"]

        def number(path: str, **content: Any) -> int:
            return int(client.post(path, params={"access_token": token}, json=content).json()["errcode"])

        def send() -> int:
            return number(SEND, touser=LI, msgtype="text", text={"content": "x"})

        assert send() == 40003
        wechat.callback(LI, kind, Event=name)
        assert [send() for _ in range(most + 1)] == [0] * most + [45047 if most else 45015]
        wechat.now = lambda: NOW + (lasts or timedelta())
        assert send() == (45015 if kind == "event" else 42001)
        wechat.event(LI, "unsubscribe")
        assert number(SEND_TEMPLATE, touser=LI, template_id="x") in (43004, 42001)
        wechat.end_token()
        assert send() == 40001


def test_its_own_clock_may_stand() -> None:
    with clock.at(NOW):
        assert FakeWeChat().query()["timestamp"] == str(int(NOW.timestamp()))
