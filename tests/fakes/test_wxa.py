"""The fake mini program is qualified by what WeChat publishes and by the rules of its documentation."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from wechatpy.crypto import WeChatCrypto  # type: ignore[import-untyped]

from tests.fakes.wechat import TOKEN
from tests.fakes.wxa import PHONE, SESSION, SUBSCRIBE, FakeMiniProgram

LI, NEWS = "o-li", "TM_news_0001"
GOOD = {"character_string1": "WX-1120-042", "thing2": "3号楼", "phrase3": "处理中", "time4": "2026-11-20 15:30"}


@pytest.fixture
def wxa() -> Iterator[FakeMiniProgram]:
    with FakeMiniProgram() as wxa:
        wxa.templates = {NEWS: "".join(f"{{{{{name}.DATA}}}}" for name in GOOD)}
        wxa.followers[LI].is_here = True
        yield wxa


def ask(wxa: FakeMiniProgram, path: str, **body: Any) -> dict[str, Any]:
    known = {"grant_type": "client_credential", "appid": wxa.app_id, "secret": wxa.secret}
    token = httpx.post(wxa.url + TOKEN, json=known).json()["access_token"]
    answer: dict[str, Any] = httpx.post(f"{wxa.url}{path}?access_token={token}", content=_json(body)).json()
    return answer


def _json(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def send(wxa: FakeMiniProgram, **changes: Any) -> int:
    values = {name: {"value": value} for name, value in (GOOD | changes.pop("values", {})).items()}
    said = {"touser": LI, "template_id": NEWS, "page": "pages/ticket/index?number=1", "data": values}
    return int(ask(wxa, SUBSCRIBE, **(said | changes))["errcode"])


def test_the_signature_of_raw_data_is_the_published_one(real_data: Path) -> None:
    """Nothing of ours reads raw data: a client that sends it is told nothing by it. The vector shows the formula."""
    known = json.loads((real_data / "vectors.json").read_text())["wxa_rawdata"]
    said = known["rawData"] + known["session_key"]
    assert hashlib.sha1(said.encode()).hexdigest() == known["signature"]  # noqa: S324 - the platform's choice


@pytest.mark.parametrize("is_json", [True, False])
def test_wechatpy_opens_what_it_seals(wxa: FakeMiniProgram, *, is_json: bool) -> None:
    wxa.is_json = is_json
    request = wxa.message(LI, "text", Content="漏水 ]] 👍")
    body = json.loads(request.body) if is_json else request.body
    asked = request.query
    opened = WeChatCrypto(wxa.token, wxa.aes_key, wxa.app_id).decrypt_message(
        body, asked["msg_signature"], asked["timestamp"], asked["nonce"]
    )
    assert "漏水 ]] 👍" in opened
    assert opened.startswith("{") == is_json


def test_a_code_is_good_once(wxa: FakeMiniProgram) -> None:
    wxa.codes = {"a": {"openid": LI}, "b": {"openid": "o-new", "unionid": "u-1"}}
    asked = {"appid": wxa.app_id, "secret": wxa.secret, "grant_type": "authorization_code"}

    def told(code: str, **wrong: str) -> dict[str, Any]:
        answer: dict[str, Any] = httpx.get(wxa.url + SESSION, params=asked | {"js_code": code} | wrong).json()
        return answer

    assert set(told("a")) == {"session_key", "openid"}
    assert told("b")["unionid"] == "u-1"
    assert [told(code)["errcode"] for code in ("a", "none")] == [40163, 40029]
    assert told("none", secret="x")["errcode"] == 40125
    assert told("none", appid="x")["errcode"] == 40013


def test_a_telephone_is_told_once(wxa: FakeMiniProgram) -> None:
    wxa.phones = {"p": "13900000001"}
    assert ask(wxa, PHONE, code="p")["phone_info"]["purePhoneNumber"] == "13900000001"
    assert [ask(wxa, PHONE, code=code)["errcode"] for code in ("p", "q")] == [40029] * 2


def test_a_message_takes_a_consent_and_values_that_fit(wxa: FakeMiniProgram) -> None:
    wxa.accept(LI, NEWS)
    wrong = {
        "thing2": "x" * 21, "character_string1": "号", "phrase3": "accepted", "time4": "today 15:30",
    }  # fmt: skip
    assert [send(wxa, values={name: value}) for name, value in wrong.items()] == [47003] * 4
    assert [send(wxa, values={name: ""}) for name in GOOD] == [47003] * 4
    assert [send(wxa, template_id="x"), send(wxa, page="other"), send(wxa, touser="x")] == [40037, 41030, 40003]
    assert [send(wxa), send(wxa)] == [0, 43101]
    wxa.accept(LI, NEWS)
    wxa.turn_off(LI, NEWS)
    assert send(wxa) == 43101
    assert len(wxa.happened) == 1
