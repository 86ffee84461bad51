"""The HTTP side of the fake Telegram: real sockets, so that resets and silence are the real thing."""

from __future__ import annotations

import json
import socket
import struct
import sys
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

Json = dict[str, Any]
NESTED = ("reply_markup", "link_preview_options", "allowed_updates", "commands", "scope")


class Dropped(Exception):
    """There will be no answer: the connection breaks."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


class Answering(Protocol):
    token: str

    def answer(self, method: str, params: Json, files: dict[str, bytes]) -> Answer: ...


class Server:
    """A thread for each connection. Stopping closes them all and waits for the threads."""

    def __init__(self, port: int, fake: Answering) -> None:
        handler = type("Handler", (_Handler,), {"fake": fake, "open": set()})
        self._open: set[socket.socket] = handler.open  # type: ignore[attr-defined]
        self._server = _Threads(("127.0.0.1", port), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self.port: int = self._server.server_address[1]

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        self._server.server_close()


class _Threads(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; anything else is a fault of this fake and is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    fake: Answering
    open: set[socket.socket]

    def setup(self) -> None:
        super().setup()
        self.open.add(self.connection)

    def finish(self) -> None:
        self.open.discard(self.connection)
        super().finish()

    def log_message(self, *args: Any) -> None:
        """Say nothing: the calls are recorded."""

    def do_GET(self) -> None:
        self._respond()

    def do_POST(self) -> None:
        self._respond()

    def _respond(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:  # whoever was sending it is dead
            self.close_connection = True
            return
        parts = urlsplit(self.path)
        try:
            answer = self._answer(parts.path, dict(parse_qsl(parts.query)), body)
        except Dropped:
            self._tear_down()
            return
        head = f"HTTP/1.1 {answer.status} -\r\nContent-Length: {len(answer.body)}\r\n\r\n"
        self.wfile.write(head.encode() + answer.body)

    def _answer(self, path: str, query: Json, body: bytes) -> Answer:
        token = f"/bot{self.fake.token}/"
        if path.startswith(f"/file{token}"):
            return self.fake.answer("download", {"file_id": path.rpartition("/")[2]}, {})
        if not path.startswith(token):
            return Answer(401, b'{"ok":false,"error_code":401,"description":"Unauthorized"}')
        params, files = _read(self.headers.get("Content-Type", ""), body)
        return self.fake.answer(path.removeprefix(token), query | params, files)

    def _tear_down(self) -> None:
        """Close with a reset instead of a farewell."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


def _read(kind: str, body: bytes) -> tuple[Json, dict[str, bytes]]:
    """The parameters and files of a call, in any of the ways that Telegram takes them."""
    if kind.startswith("multipart/form-data"):
        return _read_multipart(kind.partition("boundary=")[2].encode(), body)
    if kind.startswith("application/json"):
        return json.loads(body), {}
    return {name: _value(name, text) for name, text in parse_qsl(body.decode(), keep_blank_values=True)}, {}


def _read_multipart(boundary: bytes, body: bytes) -> tuple[Json, dict[str, bytes]]:
    params: Json = {}
    files: dict[str, bytes] = {}
    for part in body.split(b"--" + boundary)[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        name = head.partition(b'name="')[2].partition(b'"')[0].decode()
        if b"filename=" in head:
            files[name] = content.removesuffix(b"\r\n")
        else:
            params[name] = _value(name, content.removesuffix(b"\r\n").decode())
    return params, files


def _value(name: str, text: str) -> Any:
    """Telegram takes nested values as JSON in a text."""
    return json.loads(text) if name in NESTED else text
