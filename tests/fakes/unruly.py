"""A bad way to a platform's fake: calls that send go wrong now and then, and when each came is kept.

    with Unruly(fake.url, SENDS, BUSY, random.Random(7)) as way:
        channel = WeComChannel(..., base_url=way.url)
        way.came["li"]                  when something was sent to this conversation, well or not
        way.most_in(60, "li")           the most of it within a minute
        way.refused                     what the platform itself has refused, by its number

What goes wrong is of two kinds. Known: the platform says that it is busy, or breaks, and has done nothing. Unknown: it
says nothing or hangs up, before or after it did what was asked. No message falls into that doubt twice.
"""

from __future__ import annotations

import http.client
import json
import random
import re
import socket
import struct
import sys
import threading
import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

NUMBER = re.compile(r"N-\d+")  # by which the words of a message are told apart
DOUBT, TROUBLE = 0.05, 0.07
LONGEST_SILENCE = 30
FINE = (0, "0", None)


@dataclass(frozen=True, slots=True)
class Told:
    """An answer as it goes over the wire."""

    status: int
    body: bytes
    kind: str = "application/json"


def told(status: int = 200, /, **content: Any) -> Told:
    return Told(status, json.dumps(content).encode())


BROKEN = told(500)


class Unruly:
    """`sends`: what names the conversation in the address and body of a call that sends; no other call goes wrong.

    `busy`: how the platform says that it is. Messages are told apart by `N-1`, `N-2`, … in their words.
    """

    def __init__(self, target: str, sends: str, busy: Sequence[Told], chance: random.Random) -> None:
        self.calls = 0
        self.came: dict[str, list[float]] = defaultdict(list)
        self.refused: Counter[str] = Counter()
        self._target, self._sends, self._known = urlsplit(target), re.compile(sends), (*busy, BROKEN)
        self._chance = chance
        self._doubtful: set[str] = set()
        self._lock = threading.Lock()
        self._over = threading.Event()
        handler = type("Handler", (_Handler,), {"way": self})
        self._server = _Threads(("127.0.0.1", 0), handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def spare(self, marks: set[str]) -> None:
        """Leave no more doubt about these messages: their sender has died with them."""
        with self._lock:
            self._doubtful |= marks

    def most_in(self, seconds: float, *chats: str) -> int:
        """The most calls in any span of that length, to these conversations together."""
        came = sorted(at for chat in chats for at in self.came[chat])
        return max((bisect_left(came, at + seconds) - place for place, at in enumerate(came)), default=0)

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Told | None:
        """What a call gets; None for a connection that is torn down."""
        text = f"{path}\n{body.decode(errors='replace')}"
        chat = self._sends.search(text)
        if chat is None:
            return self._passed_on(method, path, headers, body)
        with self._lock:
            self.calls += 1
            self.came[next(filter(None, chat.groups()))].append(time.monotonic())
            trouble = self._trouble(text)
        if isinstance(trouble, Told):
            return trouble
        is_silent, is_done = trouble or (False, True)
        answer = self._passed_on(method, path, headers, body) if is_done else None
        self._keep_refusal(answer)
        if is_silent:
            self._over.wait(LONGEST_SILENCE)
        return answer if trouble is None else None

    def _trouble(self, text: str) -> Told | tuple[bool, bool] | None:
        """Nothing; an answer that is no; or whether the platform falls silent, and whether it did what was asked."""
        lot = self._chance.random()
        marks = set(NUMBER.findall(text))
        if lot < DOUBT and not marks & self._doubtful:
            self._doubtful |= marks
            return self._chance.random() < 0.5, self._chance.random() < 0.5
        return self._chance.choice(self._known) if lot > 1 - TROUBLE else None

    def _passed_on(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Told:
        connection = http.client.HTTPConnection(self._target.hostname or "", self._target.port, timeout=30)
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            return Told(answer.status, answer.read(), answer.getheader("content-type", ""))
        finally:
            connection.close()

    def _keep_refusal(self, answer: Told | None) -> None:
        """A platform whose limits we hold refuses nothing."""
        if answer is None:
            return
        said = json.loads(answer.body)
        number = next((said[name] for name in ("errcode", "error_code", "code") if name in said), None)
        if answer.status != 200 or number not in FINE:
            with self._lock:
                self.refused[str(number)] += 1


class _Threads(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever is killed hangs up without a word; anything else is told."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    way: Unruly

    def log_message(self, *_: object) -> None:
        """Say nothing: the calls are counted."""

    def do_GET(self) -> None:
        self._do()

    def do_POST(self) -> None:
        self._do()

    def do_PUT(self) -> None:
        self._do()

    def _do(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:  # who asked was killed in the middle of it
            self.close_connection = True
            return
        kept = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        answer = self.way.answer(self.command, self.path, kept, body)
        if answer is None:
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        try:
            self.send_response_only(answer.status)
            self.send_header("content-type", answer.kind)
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)
        except ConnectionError:  # who asked was killed
            self.close_connection = True
