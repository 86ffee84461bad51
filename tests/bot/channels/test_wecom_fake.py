"""The fake WeCom against what others wrote: the published vectors and wechatpy."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from wechatpy.work.crypto import WeChatCrypto  # type: ignore[import-untyped]
from wechatpy.work.parser import parse_message  # type: ignore[import-untyped]

from tests.fakes.wecom import AES_KEY, CORP, TOKEN, FakeWeCom, Vault


@pytest.fixture(scope="module")
def vector(real_data: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((real_data / "vectors.json").read_text())["wecom_callback"]
    return found


@pytest.fixture(scope="module")
def wecom() -> Iterator[FakeWeCom]:
    with FakeWeCom() as fake:
        yield fake


def test_the_official_sample_is_signed_and_opens(vector: dict[str, Any]) -> None:
    vault = Vault(vector["aeskey"], vector["token"])
    asked, message = vector["verify_url"], vector["message"]
    assert vault.sign(asked["timestamp"], asked["nonce"], asked["echostr"]) == asked["msg_signature"]
    assert vault.open(asked["echostr"]) == (asked["plain"], vector["corpid"])
    assert vault.sign(message["timestamp"], message["nonce"], message["encrypt"]) == message["msg_signature"]
    assert vector["message"]["plain_contains"] in vault.open(message["encrypt"])[0]


def test_the_library_opens_what_the_fake_seals_and_the_other_way_round(wecom: FakeWeCom) -> None:
    crypto = WeChatCrypto(TOKEN, AES_KEY, CORP)
    request = wecom.says("li", "电梯坏了")
    proof = (request.query["msg_signature"], request.query["timestamp"], request.query["nonce"])
    assert "电梯坏了" in crypto.decrypt_message(request.body, *proof)
    sealed = crypto.encrypt_message("<xml>好的</xml>", "nonce", "1411525903")
    assert wecom.read_reply(sealed) == "<xml>好的</xml>"
    asked = wecom.question("word").query
    assert (
        crypto.check_signature(asked["msg_signature"], asked["timestamp"], asked["nonce"], asked["echostr"]) == "word"
    )


def test_the_librarys_own_sample_opens(real_data: Path) -> None:
    tree = ast.parse((real_data / "09_chat/wechat/test_crypto_vectors.py").read_text())
    words = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    sealed = next(found[1] for text in words if (found := re.search(r"<Encrypt><!\[CDATA\[(RgqE[^\]]+)", text)))
    vault = Vault("kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR", "123456")
    assert vault.sign("1411525903", "461056294", sealed) == "74d92dfeb87ba7c714f89d98870ae5eb62dff26d"
    text, corp = vault.open(sealed)
    assert "<![CDATA[test]]>" in text
    assert corp == "wx49f0ab532d5d035a"


def test_the_library_reads_the_fakes_messages_as_what_they_are(wecom: FakeWeCom) -> None:
    spot = {"Location_X": "30.2", "Location_Y": "120.1", "Scale": "20", "Label": "A"}
    made = {
        "text": wecom.says("li", "x"), "image": wecom.shows("li", b"x"),
        "voice": wecom.message("li", "voice", MediaId="v", Format="amr"),
        "location": wecom.message("li", "location", **spot), "event": wecom.event("li", "subscribe"),
    }  # fmt: skip
    for kind, request in made.items():
        sealed = request.body.partition(b"<Encrypt><![CDATA[")[2].partition(b"]]>")[0].decode()
        found = parse_message(wecom.vault.open(sealed)[0])
        assert (found.type, found.source, found.target, found.agent) == (kind, "li", CORP, 1000002)


def test_a_repetition_is_the_same_message_in_another_envelope(wecom: FakeWeCom) -> None:
    first = wecom.says("li", "x")
    again = wecom.again(first)
    assert first.body != again.body
    inside = [one.body.partition(b"<Encrypt><![CDATA[")[2].partition(b"]]>")[0].decode() for one in (first, again)]
    assert wecom.vault.open(inside[0]) == wecom.vault.open(inside[1])
