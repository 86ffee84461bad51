"""A DingTalk of our own on 127.0.0.1: both interfaces, the stream's websocket, hooks, a record of calls, faults.

    with FakeDingTalk() as dingtalk:
        start_the_server(env=dingtalk.environment())            # or environment(mode="webhook")
        li = Member("li01", "Li")
        dingtalk.push(dingtalk.callbacks.text(li, "电梯坏了"))   # over the stream, as soon as one is listening
        dingtalk.press("li01", "接单")                           # the button of that label in the newest card
        dingtalk.keep("code-1", photo_bytes)                     # a file that the robot can download

    dingtalk.messages("li01")        what a person or group sees now, in order
    dingtalk.acknowledged            the answers to frames, in order; a frame without one is brought again
    dingtalk.asked                   every call

Faults wait for the next calls of a path, one each:

    dingtalk.fail("batchSend", throttled(), silence())
    dingtalk.expire()                the access token is not taken any more
    dingtalk.api.left.add("li01")    no member of the organisation any more
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server as Sockets
from websockets.sync.server import ServerConnection, serve

from tests.fakes.dingtalk_api import ROBOT_SECRET, ROBOT_TOKEN, TEMPLATE, Api, Refused, Sent
from tests.fakes.dingtalk_callbacks import CLIENT, ROBOT, SECRET, Callbacks, Data, Member
from tests.fakes.dingtalk_http import Asked, Json, Server, Told

__all__ = [
    "CLIENT", "ROBOT", "ROBOT_SECRET", "ROBOT_TOKEN", "SECRET", "TEMPLATE", "Callbacks", "FakeDingTalk", "Member",
    "refused", "silence", "throttled",
]  # fmt: skip

QPS = "Forbidden.AccessDenied.QpsLimitForApi"


def throttled() -> Told:
    return Told({"code": QPS, "message": "请求过于频繁"}, 403)


def refused(code: str = "invalidParameter", message: str = "参数错误", status: int = 400) -> Told:
    return Told({"code": code, "message": message}, status)


def silence() -> Told:
    """The request is read and never answered."""
    return Told(is_silent=True)


class FakeDingTalk:
    def __init__(self) -> None:
        self.callbacks = Callbacks()
        self.api = Api()
        self.asked: list[Asked] = []
        self.acknowledged: list[Json] = []
        self.stopping = threading.Event()
        self._faults: dict[str, list[Told]] = defaultdict(list)
        self._news = threading.Condition()
        self._frames: list[Json] = []
        self._open: list[ServerConnection] = []
        self._server = Server(self)
        self._sockets: Sockets = serve(self._stream, "127.0.0.1", 0)
        self._thread = threading.Thread(target=self._sockets.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._server.start()
        self._thread.start()
        self.api.url = self._server.url
        self.api.stream = f"ws://127.0.0.1:{self._sockets.socket.getsockname()[1]}/connect"
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self.hang_up()
        self._sockets.shutdown()
        self._server.stop()
        self._thread.join()

    @property
    def url(self) -> str:
        return self._server.url

    def environment(self, mode: str = "stream", template: str = "") -> dict[str, str]:
        """The settings of a server that talks to this DingTalk."""
        known = {
            "CLIENT_ID": CLIENT, "CLIENT_SECRET": SECRET, "ROBOT_CODE": ROBOT, "BASE_URL": self.url, "MODE": mode,
            "CARD_TEMPLATE": template, "ROBOTS": json.dumps({"desk": f"{ROBOT_TOKEN} {ROBOT_SECRET}"}),
        }  # fmt: skip
        return {f"GONGDAN_DINGTALK__{name}": value for name, value in known.items()}

    # What people do

    def push(self, data: Data) -> Json:
        """Bring a callback over the stream; returns its frame, which may be pushed again."""
        return self.push_frame(self.callbacks.frame(data))

    def push_frame(self, frame: Json) -> Json:
        with self._news:
            self._frames.append(frame)
            connections = list(self._open)
        for connection in connections[-1:]:
            _send(connection, json.dumps(frame))
        return frame

    def push_raw(self, text: str) -> None:
        """Anything, to whoever listens now."""
        self.wait_for(lambda: bool(self._open))
        _send(self._open[-1], text)

    def press(self, conversation: str, label: str, member: str = "") -> Data:
        """The callback of a tap on the button of that label in the newest card that has it."""
        for card in reversed(self.messages(conversation)):
            for shown, behind in card.buttons:
                if shown == label:
                    assert card.track, f"{label} is a link: {behind}"
                    return self.callbacks.tap(Member(member or conversation), card.track, behind)
        raise AssertionError(f"no {label} among {[one.labels for one in self.messages(conversation)]}")

    def keep(self, code: str, data: bytes) -> str:
        self.api.files[code] = data
        return code

    def post(self, url: str, data: Data, headers: dict[str, str]) -> tuple[int, bytes]:
        """A callback to a hook: its status and answer."""
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
        try:
            connection.request("POST", parts.path, json.dumps(data).encode(), headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    # What goes wrong

    def fail(self, path: str, *faults: Told) -> None:
        """Let the next calls of a path that ends so go wrong, one fault each."""
        self._faults[path].extend(faults)

    def expire(self) -> None:
        self.api.tokens += 1

    def hang_up(self) -> None:
        """The connections of the stream break."""
        for connection in list(self._open):
            connection.close()

    # What the robot did

    def messages(self, conversation: str) -> list[Sent]:
        with self._news:
            return [one for one in self.api.sent if one.conversation == conversation]

    def called(self, path: str) -> list[Asked]:
        with self._news:
            return [one for one in self.asked if one.path.endswith(path)]

    def wait_for(self, predicate: Callable[[], Any], timeout: float = 10) -> None:
        ends = time.monotonic() + timeout
        with self._news:
            while not predicate():
                rest = ends - time.monotonic()
                assert rest > 0, f"it did not happen: {[(one.conversation, one.text) for one in self.api.sent]}"
                self._news.wait(min(rest, 0.05))

    def is_acknowledged(self, frame: Json) -> bool:
        """Whether it was taken; one that could not be stored was not."""
        number = frame.get("headers", {}).get("messageId")
        return any((one["headers"]["messageId"], one["code"]) == (number, 200) for one in self.acknowledged)

    # What the server asks

    def answer(self, asked: Asked) -> Told:
        with self._news:
            self.asked.append(asked)
            known = next((name for name, left in self._faults.items() if left and asked.path.endswith(name)), None)
            try:
                told = self._faults[known].pop(0) if known else self.api.call(asked)
            except Refused as refusal:
                told = refusal.told
            self._news.notify_all()
        return told

    def _stream(self, connection: ServerConnection) -> None:
        """One connection: a ticket is good once; what was not acknowledged is brought again with the same number."""
        assert connection.request is not None
        ticket = parse_qs(urlsplit(connection.request.path).query).get("ticket", [""])[0]
        with self._news:
            if ticket not in self.api.tickets:
                connection.close(1008, "ticket")
                return
            self.api.tickets.remove(ticket)
            waiting = [frame for frame in self._frames if not self.is_acknowledged(frame)]
            self._open.append(connection)
            self._news.notify_all()
        for frame in waiting:
            _send(connection, json.dumps(frame))
        try:
            for text in connection:
                with self._news:
                    self.acknowledged.append(json.loads(text))
                    self._news.notify_all()
        except ConnectionClosed:
            pass
        finally:
            with self._news:
                self._open.remove(connection)


def _send(connection: ServerConnection, text: str) -> None:
    try:
        connection.send(text)
    except ConnectionClosed:
        return
