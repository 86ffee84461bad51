"""The fake Telegram itself: what other tests rely on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import httpx
import pytest

from tests.fakes.telegram import SECRET, TOKEN, FakeTelegram, Sender, reset, throttled

LI = Sender(7)


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    with FakeTelegram() as fake:
        yield fake


def call(telegram: FakeTelegram, method: str, **params: object) -> httpx.Response:
    plain = {name: value if isinstance(value, str | int) else json.dumps(value) for name, value in params.items()}
    return httpx.post(f"{telegram.base_url}/bot{TOKEN}/{method}", data=plain)


def keyboard(*labels: str) -> dict[str, object]:
    return {"inline_keyboard": [[{"text": label, "callback_data": f"token-{label}"}] for label in labels]}


def test_a_press_taps_the_newest_button_of_that_label(telegram: FakeTelegram) -> None:
    for text in ("old", "new"):
        call(telegram, "sendMessage", chat_id=7, text=text, reply_markup=keyboard("接单"))
    telegram.press(7, "接单")
    [update] = telegram.api.queue
    assert update["callback_query"]["data"] == "token-接单"
    assert update["callback_query"]["message"]["message_id"] == 2


def test_a_press_of_a_button_that_is_not_there_says_what_is(telegram: FakeTelegram) -> None:
    call(telegram, "sendMessage", chat_id=7, text="您好", reply_markup=keyboard("接单"))
    with pytest.raises(AssertionError, match="您好"):
        telegram.press(7, "退单")


def test_waiting_in_vain_says_what_the_bot_said(telegram: FakeTelegram) -> None:
    call(telegram, "sendMessage", chat_id=7, text="您好")
    with pytest.raises(AssertionError, match="您好"):
        telegram.wait_for_text(7, "再见", timeout=0.05)


def test_faults_come_in_order_and_then_it_works(telegram: FakeTelegram) -> None:
    telegram.fail("sendMessage", throttled(3), reset(is_done=True))
    assert call(telegram, "sendMessage", chat_id=7, text="a").json()["parameters"] == {"retry_after": 3}
    with pytest.raises(httpx.HTTPError):
        call(telegram, "sendMessage", chat_id=7, text="b")
    assert call(telegram, "sendMessage", chat_id=7, text="c").json()["result"]["message_id"] == 2
    assert telegram.sent_texts(7) == ["b", "c"]
    assert [made.status for made in telegram.calls] == [429, 0, 200]


def test_a_wrong_token_is_not_let_in(telegram: FakeTelegram) -> None:
    assert httpx.post(f"{telegram.base_url}/bot42:wrong/getMe").status_code == 401


def test_an_update_is_posted_to_the_hook_with_the_secret(telegram: FakeTelegram) -> None:
    got: list[tuple[str, object]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.headers["X-Telegram-Bot-Api-Secret-Token"], json.loads(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Hook) as hook:
        thread = Thread(target=hook.handle_request)
        thread.start()
        telegram.deliver_to(f"http://127.0.0.1:{hook.server_address[1]}/hooks/telegram")
        answer = telegram.push_update(update := telegram.updates.text(LI, "电梯"))
        thread.join()
    assert answer is not None
    assert (answer.status, got) == (200, [(SECRET, update)])
