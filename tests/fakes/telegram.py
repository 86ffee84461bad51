"""A Telegram of our own on 127.0.0.1: the wire format of the Bot API, a record of every call, scripted faults.

    with FakeTelegram() as telegram:
        start_the_server(env=telegram.environment())            # or environment(mode="webhook")
        telegram.deliver_to("http://127.0.0.1:8000/hooks/telegram")   # webhook mode; without it, updates are polled
        li = Sender(7, "Li", "zh-hans")
        telegram.say(li, "3 号楼电梯不动")                       # → Answer(status=200, body=b"{}"), or None when polled
        telegram.wait_for_text(7, "已收到")                     # → the Sent message; fails with what was said instead
        telegram.press(7, "确认")                               # the button of that label in the newest message
        telegram.show(li, photo_bytes, "漏水")                  # a photo that the bot can download
        telegram.push_update(telegram.updates.voice(li, telegram.keep(ogg_bytes)))

    telegram.sent_texts(7)           every text of a chat, as it reads now
    telegram.messages(7)             the same with buttons, photo and number of edits
    telegram.calls                   every call: method, params, files, status
    telegram.updates                 builders of updates; the same dict may be pushed again: a redelivery
    telegram.wait_for(lambda: len(telegram.sent_texts(7)) == 3)

Faults wait for the next calls of a method, one each; `download` is the method of a file's bytes:

    telegram.fail("sendMessage", throttled(3), refused("chat not found"), silence(), reset(is_done=True))
    telegram.block(7)                this person has blocked the bot
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

from tests.fakes.telegram_api import Api, ApiError, Sent
from tests.fakes.telegram_http import Answer, Dropped, Server
from tests.fakes.telegram_updates import GROUP, Sender, Update, Updates

__all__ = [
    "GROUP", "TOKEN", "Answer", "Call", "FakeTelegram", "Fault", "Sender", "Sent", "Updates", "blocked", "conflict",
    "migrated", "refused", "reset", "server_error", "silence", "throttled", "unauthorized",
]  # fmt: skip

T = TypeVar("T")
TOKEN = "42:canary-token-AAH3kQ"
SECRET = "canary-secret_1"
BATCH = 100


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the bot. `status`: how it was answered; 0 when it was not."""

    method: str
    params: dict[str, Any]
    files: dict[str, bytes]
    status: int


@dataclass(frozen=True, slots=True)
class Fault:
    """How a call goes wrong. `is_done`: Telegram did what was asked, only the answer is lost.

    `answer`: what somebody else on the way says instead of Telegram.
    """

    error: ApiError | None = None
    drop: str = ""
    answer: bytes = b""
    is_done: bool = False


def throttled(seconds: int) -> Fault:
    return Fault(ApiError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds))


def refused(reason: str) -> Fault:
    return Fault(ApiError(400, f"Bad Request: {reason}"))


def blocked() -> Fault:
    return Fault(ApiError(403, "Forbidden: bot was blocked by the user"))


def unauthorized() -> Fault:
    return Fault(ApiError(401, "Unauthorized"))


def conflict() -> Fault:
    return Fault(ApiError(409, "Conflict: terminated by other getUpdates request"))


def server_error() -> Fault:
    return Fault(ApiError(500, "Internal Server Error"))


def migrated(chat_id: int) -> Fault:
    return Fault(ApiError(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat_id))


def silence(*, is_done: bool = False) -> Fault:
    """The request is read and never answered."""
    return Fault(drop="silence", is_done=is_done)


def reset(*, is_done: bool = False) -> Fault:
    """The connection is torn down instead of an answer."""
    return Fault(drop="reset", is_done=is_done)


class FakeTelegram:
    def __init__(self, port: int = 0, token: str = TOKEN, secret: str = SECRET) -> None:
        self.token, self.secret = token, secret
        self.calls: list[Call] = []
        self.updates = Updates()
        self.api = Api()
        self._faults: dict[str, list[Fault]] = defaultdict(list)
        self._senders: dict[int, Sender] = {}
        self._news = threading.Condition()
        self._hook = ""
        self._is_stopping = threading.Event()
        self._server = Server(port, self)

    def start(self) -> Self:
        self._server.start()
        return self

    def stop(self) -> None:
        self._is_stopping.set()
        with self._news:
            self._news.notify_all()
        self._server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    def environment(self, mode: str = "polling") -> dict[str, str]:
        """The settings of a server that talks to this Telegram."""
        known = {"TOKEN": self.token, "BASE_URL": self.base_url, "MODE": mode, "SECRET": self.secret}
        return {f"GONGDAN_TELEGRAM__{name}": value for name, value in known.items()}

    # What people do

    def say(self, sender: Sender, text: str, chat: int | None = None) -> Answer | None:
        return self.push_update(self.updates.text(sender, text, chat))

    def show(self, sender: Sender, photo: bytes, caption: str = "", album: str = "") -> Answer | None:
        return self.push_update(self.updates.photo(sender, self.keep(photo), caption, album))

    def press(self, chat_id: int, label: str, sender: Sender | None = None) -> Answer | None:
        """Tap the button of that label in the newest message that has it; `sender`: who taps, for a group."""
        message, button = self._button(chat_id, label)
        assert "callback_data" in button, f"{label} is a link: {button.get('url')}"
        who = sender or self._senders.get(chat_id) or Sender(chat_id)
        return self.push_update(self.updates.tap(who, button["callback_data"], chat_id, message.message_id))

    def link(self, chat_id: int, label: str) -> str:
        """The address behind the button of that label."""
        return str(self._button(chat_id, label)[1]["url"])

    def block(self, chat_id: int) -> None:
        self.api.blocked.add(chat_id)

    def keep(self, data: bytes) -> str:
        """A file that the bot can download, by the id returned."""
        file_id = f"file-{len(self.api.files) + 1}"
        self.api.files[file_id] = data
        return file_id

    # How updates travel

    def deliver_to(self, url: str) -> None:
        """Post updates to a hook from now on, with the secret's header."""
        self._hook = url

    def push_update(self, update: Update) -> Answer | None:
        """Hand an update to the bot: at once where a hook is known, else into the queue that it polls."""
        self._remember(update)
        if hook := self._hook or self.api.webhook.get("url", ""):
            return self.post(hook, json.dumps(update).encode(), {"X-Telegram-Bot-Api-Secret-Token": self.secret})
        with self._news:
            self.api.queue.append(update)
            self._news.notify_all()
        return None

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        try:
            connection.request("POST", parts.path, body, {"Content-Type": "application/json", **headers})
            answer = connection.getresponse()
            return Answer(answer.status, answer.read())
        finally:
            connection.close()

    # What the bot did

    def messages(self, chat_id: int) -> list[Sent]:
        with self._news:
            return list(self.api.sent[chat_id])

    def sent_texts(self, chat_id: int) -> list[str]:
        return [message.text for message in self.messages(chat_id)]

    def called(self, method: str) -> list[Call]:
        return [call for call in list(self.calls) if call.method == method]

    def wait_for(self, predicate: Callable[[], T], timeout: float = 10) -> T:
        """Wait until something is true of this Telegram, and return it."""
        ends = time.monotonic() + timeout
        while not (found := predicate()):
            rest = ends - time.monotonic()
            assert rest > 0, f"it did not happen; the bot said {self._said()}"
            with self._news:
                self._news.wait(min(rest, 0.1))
        return found

    def wait_for_text(self, chat_id: int, part: str, timeout: float = 10) -> Sent:
        """Wait for a message that contains `part`; the newest one."""
        return self.wait_for(lambda: self._newest(chat_id, part), timeout)  # type: ignore[return-value]

    def fail(self, method: str, *faults: Fault) -> None:
        """Let the next calls of a method go wrong, one fault each."""
        self._faults[method].extend(faults)

    # What the server asks

    def answer(self, method: str, params: dict[str, Any], files: dict[str, bytes]) -> Answer:
        """Answer a call, or raise Dropped instead of an answer."""
        fault = self._faults[method].pop(0) if self._faults[method] else Fault()
        try:
            answer = self._answer(fault, method, params, files)
        except Dropped:
            self._record(method, params, files, 0)
            raise
        self._record(method, params, files, answer.status)
        return answer

    def _answer(self, fault: Fault, method: str, params: dict[str, Any], files: dict[str, bytes]) -> Answer:
        try:
            if fault.error is not None:
                raise fault.error
            result = None if fault.drop and not fault.is_done else self._result(method, params, files)
        except ApiError as error:
            return _failure(error)
        if fault.drop == "silence":
            self._is_stopping.wait(30)
        if fault.drop:
            raise Dropped
        if fault.answer:
            return Answer(200, fault.answer)
        return (
            result if isinstance(result, Answer) else Answer(200, json.dumps({"ok": True, "result": result}).encode())
        )

    def _result(self, method: str, params: dict[str, Any], files: dict[str, bytes]) -> Any:
        if method == "getUpdates":
            return self._updates(params)
        with self._news:
            if method == "download":
                return Answer(200, self.api.files[params["file_id"]])
            return self.api.call(method, params, files)

    def _updates(self, params: dict[str, Any]) -> list[Update]:
        """What comes after the offset; everything before it is forgotten. Waits as long as the bot wishes."""
        if self.api.webhook:
            raise ApiError(409, "Conflict: can't use getUpdates method while webhook is active")
        offset = int(params.get("offset", 0))
        ends = time.monotonic() + float(params.get("timeout", 0))
        with self._news:
            self.api.queue[:] = [update for update in self.api.queue if update["update_id"] >= offset]
            while not self.api.queue and not self._is_stopping.is_set() and time.monotonic() < ends:
                self._news.wait(min(0.5, max(0.0, ends - time.monotonic())))
            return self.api.queue[:BATCH]

    def _record(self, method: str, params: dict[str, Any], files: dict[str, bytes], status: int) -> None:
        with self._news:
            self.calls.append(Call(method, params, files, status))
            self._news.notify_all()

    def _button(self, chat_id: int, label: str) -> tuple[Sent, dict[str, Any]]:
        for message in reversed(self.messages(chat_id)):
            for button in (button for row in message.buttons for button in row):
                if button["text"] == label:
                    return message, button
        raise AssertionError(f"no button {label!r} in chat {chat_id}; the bot said {self._said()}")

    def _newest(self, chat_id: int, part: str) -> Sent | None:
        return next((message for message in reversed(self.api.sent[chat_id]) if part in message.text), None)

    def _remember(self, update: Update) -> None:
        sender = next((v["from"] for v in update.values() if isinstance(v, dict) and "from" in v), None)
        if sender and sender["id"] not in self._senders:
            self._senders[sender["id"]] = Sender(sender["id"], sender["first_name"], sender.get("language_code", ""))

    def _said(self) -> dict[int, list[tuple[str, list[str]]]]:
        return {chat: [(m.text, m.labels) for m in sent[-4:]] for chat, sent in self.api.sent.items()}


def _failure(error: ApiError) -> Answer:
    body: dict[str, Any] = {"ok": False, "error_code": error.status, "description": error.description}
    if error.parameters:
        body["parameters"] = error.parameters
    return Answer(HTTPStatus(error.status), json.dumps(body).encode())
