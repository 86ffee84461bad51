"""The HTTP side of the fake WeChat."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Told = tuple[int, str, bytes]


@dataclass(frozen=True, slots=True)
class Asked:
    path: str
    query: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.body)
        return said


@dataclass(frozen=True, slots=True)
class Fault:
    """How a call goes wrong. `is_cut`: the connection ends without an answer."""

    error: dict[str, Any] | None = None
    status: int = 200
    pause: float = 0.0
    is_cut: bool = False


def says(number: int, words: str = "") -> Fault:
    return Fault({"errcode": number, "errmsg": words or f"error {number} rid: 1"})


class Refusal(Exception):
    def __init__(self, number: int, words: str = "") -> None:
        super().__init__(number)
        self.answer = {"errcode": number, "errmsg": words or f"error {number}"}


class Server:
    """Answers come from `answer`; None cuts the connection."""

    def __init__(self, answer: Callable[[Asked], Told | None]) -> None:
        self._handler = _handler(answer)
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}" if self._server else "http://127.0.0.1:9"

    def start(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()


def _handler(answer: Callable[[Asked], Told | None]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_HEAD(self) -> None:
            self._say(404, "text/plain", b"")

        def do_GET(self) -> None:
            self._do()

        def do_POST(self) -> None:
            self._do()

        def _do(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            told = answer(Asked(parts.path, dict(parse_qsl(parts.query)), body))
            if told is None:
                self.close_connection = True
            else:
                self._say(*told)

        def _say(self, status: int, kind: str, body: bytes) -> None:
            with suppress(ConnectionError):  # who asked may have gone
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: the calls are recorded."""

    return Handler
