"""The fake Feishu itself: what it sends, against the platform's own vector and what its SDK has taken from it."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import httpx
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tests.fakes.feishu import SECRET, FakeFeishu, says
from tests.fakes.feishu_callbacks import APP_ID, Callbacks, seal, signature, signed

# lark-oapi 1.7.5 decrypts this body with this key and takes this signature for it; so it does with every
# builder of Callbacks. Its client sends, repeats, changes, uploads and downloads at this fake. Run on 2026-11-21.
KEY = "canary-encrypt-key-9f2"
BODY = b'{"encrypt": "dmVjdG9yLW9mLWEtdGVzdN6a57Xw8VaKgG9h1f5uJv5HxfaBxU/1HC+CWaSRGBZj"}'
SIGNATURE = "6fee1d5b6b4eddbfe10af81f474f5ca54fdbb326d6d72bb9584c17c77599cd1b"


def opened(sealed: str, key: str) -> bytes:
    raw = base64.b64decode(sealed)
    reader = Cipher(algorithms.AES256(hashlib.sha256(key.encode()).digest()), modes.CBC(raw[:16])).decryptor()
    padded = reader.update(raw[16:]) + reader.finalize()
    return padded[: -padded[-1]]


def test_the_published_vector_is_sealed_and_opened_alike(real_data: Path) -> None:
    vector = json.loads((real_data / "vectors.json").read_text())["feishu_decrypt"]
    key, published, plain = vector["encrypt_key"], vector["encrypt"], vector["plain"].encode()
    assert opened(published, key) == plain
    assert json.loads(seal(plain, key, base64.b64decode(published)[:16])) == {"encrypt": published}


def test_a_callback_is_what_the_sdk_of_the_platform_took() -> None:
    assert seal('{"hello":"电梯"}'.encode(), KEY) == BODY
    assert signature("1700000000", "n-1", BODY, KEY) == SIGNATURE
    headers = signed(BODY).headers
    assert headers["x-lark-signature"] == signature(headers["x-lark-request-timestamp"], "nonce-1", BODY)


def test_a_redelivered_message_keeps_its_own_id_alone() -> None:
    event = (make := Callbacks()).text("ou_li", "hello")
    again = make.again(event)
    assert again["event"] == event["event"]
    assert again["header"]["event_id"] != event["header"]["event_id"]


def test_only_who_has_logged_in_may_call_and_faults_come_in_order() -> None:
    with FakeFeishu() as feishu:
        address = f"{feishu.base_url}/open-apis/bot/v3/info"
        assert httpx.get(address).json()["code"] == 99991663
        log_in = f"{feishu.base_url}/open-apis/auth/v3/tenant_access_token/internal"
        token = httpx.post(log_in, json={"app_id": APP_ID, "app_secret": SECRET}).json()["tenant_access_token"]
        feishu.fail("info", says(99991400, 429))
        headers = {"authorization": f"Bearer {token}"}
        assert [httpx.get(address, headers=headers).status_code for _ in range(2)] == [429, 200]
        feishu.end_tokens()
        assert httpx.get(address, headers=headers).status_code == 400
