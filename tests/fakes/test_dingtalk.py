"""The fake DingTalk itself, held to DingTalk's own SDK and to independent cryptography."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import Iterator
from typing import Any

import dingtalk_stream  # type: ignore[import-untyped]
import httpx
import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from tests.fakes.dingtalk import CLIENT, SECRET, FakeDingTalk, Member, throttled
from tests.fakes.dingtalk_api import shown
from tests.fakes.dingtalk_callbacks import mac

LI = Member("li01", "Li")


@pytest.fixture
def dingtalk() -> Iterator[FakeDingTalk]:
    with FakeDingTalk() as fake:
        yield fake


class Listening:
    """DingTalk's own client, which notes what its own reading makes of the fake's frames."""

    def __init__(self, dingtalk: FakeDingTalk, monkeypatch: pytest.MonkeyPatch) -> None:
        address = f"{dingtalk.url}/v1.0/gateway/connections/open"
        monkeypatch.setattr(dingtalk_stream.DingTalkStreamClient, "OPEN_CONNECTION_API", address)
        monkeypatch.setattr("dingtalk_stream.stream.DINGTALK_OPENAPI_ENDPOINT", dingtalk.url)
        self.client = dingtalk_stream.DingTalkStreamClient(
            dingtalk_stream.Credential(CLIENT, SECRET), logger=logging.getLogger("sdk")
        )
        self.client.get_host_ip = lambda: ""  # it asks the internet
        self.client.RECONNECT_BASE_DELAY_SECONDS = self.client.RECONNECT_JITTER_SECONDS = 0.01
        self.heard: list[Any] = []
        outer = self

        class Robot(dingtalk_stream.ChatbotHandler):  # type: ignore[misc]
            async def process(self, callback: Any) -> tuple[int, str]:
                outer.heard.append(dingtalk_stream.ChatbotMessage.from_dict(callback.data))
                return dingtalk_stream.AckMessage.STATUS_OK, "OK"

        class Card(dingtalk_stream.CallbackHandler):  # type: ignore[misc]
            async def process(self, callback: Any) -> tuple[int, str]:
                outer.heard.append(dingtalk_stream.CardCallbackMessage.from_dict(callback.data))
                return dingtalk_stream.AckMessage.STATUS_OK, "OK"

        self.client.register_callback_handler(dingtalk_stream.ChatbotMessage.TOPIC, Robot())
        self.client.register_callback_handler(dingtalk_stream.CallbackHandler.TOPIC_CARD_CALLBACK, Card())

    async def until(self, dingtalk: FakeDingTalk, number: int) -> None:
        task = asyncio.create_task(self.client.start())
        try:
            await asyncio.to_thread(dingtalk.wait_for, lambda: len(dingtalk.acknowledged) >= number)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def test_the_sdk_reads_what_the_stream_brings(dingtalk: FakeDingTalk, monkeypatch: pytest.MonkeyPatch) -> None:
    make, sdk = dingtalk.callbacks, Listening(dingtalk, monkeypatch)
    frames = [
        dingtalk.push(data) for data in (make.text(LI, "电梯"), make.rich(LI, "漏水", "c1"), make.picture(LI, "c2"))
    ]
    frames.append(dingtalk.push(make.tap(LI, "row-1", "t")))
    asyncio.run(sdk.until(dingtalk, 4))
    text, rich, picture, tap = sdk.heard
    assert (text.text.content, text.sender_staff_id, text.conversation_type) == ("电梯", "li01", "1")
    assert (rich.get_text_list(), rich.get_image_list(), picture.get_image_list()) == (["漏水"], ["c1"], ["c2"])
    assert (tap.user_id, tap.card_instance_id) == ("li01", "row-1")
    assert tap.content["cardPrivateData"]["actionIds"] == ["t"]
    assert all(dingtalk.is_acknowledged(frame) for frame in frames)


def test_what_was_not_acknowledged_is_brought_again_with_its_number(
    dingtalk: FakeDingTalk, monkeypatch: pytest.MonkeyPatch
) -> None:
    sdk = Listening(dingtalk, monkeypatch)
    frame = dingtalk.push(dingtalk.callbacks.text(LI, "电梯"))
    asyncio.run(sdk.until(dingtalk, 1))
    [known] = dingtalk.acknowledged
    assert known["headers"]["messageId"] == frame["headers"]["messageId"]
    later = Listening(dingtalk, monkeypatch)
    again = dingtalk.push(dingtalk.callbacks.text(LI, "again"))
    asyncio.run(later.until(dingtalk, 2))
    assert [one.text.content for one in later.heard] == ["again"]
    assert dingtalk.is_acknowledged(again)


def test_the_sdk_gets_a_token_which_expires(dingtalk: FakeDingTalk, monkeypatch: pytest.MonkeyPatch) -> None:
    sdk = Listening(dingtalk, monkeypatch)
    token = sdk.client.get_access_token()
    wish = {"robotCode": "x", "userIds": ["li01"], "msgKey": "sampleText", "msgParam": '{"content":"a"}'}

    def send() -> httpx.Response:
        headers = {"x-acs-dingtalk-access-token": token}
        return httpx.post(f"{dingtalk.url}/v1.0/robot/oToMessages/batchSend", json=wish, headers=headers)

    assert send().json()["code"] == "resource.not.found"  # another robot
    dingtalk.fail("batchSend", throttled())
    assert send().status_code == 403
    dingtalk.expire()
    assert (send().status_code, send().json()["code"]) == (401, "InvalidAuthentication")


def test_a_ticket_opens_the_stream_once_and_a_wrong_secret_gets_none(dingtalk: FakeDingTalk) -> None:
    wish = {"clientId": CLIENT, "clientSecret": "x"}
    assert httpx.post(f"{dingtalk.url}/v1.0/gateway/connections/open", json=wish).json()["code"] == "authFailed"
    opened = httpx.post(f"{dingtalk.url}/v1.0/gateway/connections/open", json={**wish, "clientSecret": SECRET}).json()
    dingtalk.api.tickets.discard(opened["ticket"])
    assert opened["endpoint"].startswith("ws://127.0.0.1:")


def test_its_signature_is_that_of_an_independent_library() -> None:
    signer = HMAC(SECRET.encode(), SHA256())
    signer.update(f"1577262236757\n{SECRET}".encode())
    assert mac(SECRET, f"1577262236757\n{SECRET}") == base64.b64encode(signer.finalize()).decode()


def test_it_shows_markup_that_nobody_meant() -> None:
    assert shown("a  \nb") == ("a\nb", "")
    assert shown("![](@lAD1)\n\nx") == ("x", "@lAD1")
    assert "?heading_open?" in shown("# x")[0]
    assert json.dumps(shown("*x*")[0]) != '"*x*"'
