"""The HTTP side of the fake Feishu: real sockets, so that resets and silence are the real thing."""

from __future__ import annotations

import socket
import struct
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit


class Answering(Protocol):
    def now(self) -> datetime: ...

    def answer(self, method: str, path: str, query: dict[str, str], headers: Any, body: bytes) -> tuple[int, bytes]: ...


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    fake: Answering

    def log_message(self, *_: object) -> None:
        """Say nothing: the calls are recorded."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(self.fake.now().timestamp())

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self._respond()

    def do_POST(self) -> None:
        self._respond()

    def do_PATCH(self) -> None:
        self._respond()

    def _respond(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        parts = urlsplit(self.path)
        try:
            status, told = self.fake.answer(self.command, parts.path, dict(parse_qsl(parts.query)), self.headers, body)
        except ConnectionError:
            self._tear_down()
            return
        kind = "application/json; charset=utf-8" if told[:1] == b"{" else "application/octet-stream"
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def _tear_down(self) -> None:
        """Close with a reset instead of a farewell."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
