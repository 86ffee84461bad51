"""The HTTP side of the fake DingTalk: real sockets, so that silence is the real thing."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A call as it came. `content`: its object, for an upload its file under `media`."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    content: Json


@dataclass(frozen=True, slots=True)
class Told:
    """An answer. `is_silent`: there will be none."""

    content: Json = field(default_factory=dict)
    status: int = 200
    raw: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    is_silent: bool = False


class Answering(Protocol):
    stopping: threading.Event

    def answer(self, asked: Asked) -> Told: ...


class Server:
    def __init__(self, fake: Answering, port: int = 0) -> None:
        handler = type("Handler", (_Handler,), {"fake": fake})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    fake: Answering

    def log_message(self, *_: object) -> None:
        """Say nothing: the calls are recorded."""

    def do_GET(self) -> None:
        self._do()

    def do_HEAD(self) -> None:
        self._do()

    def do_POST(self) -> None:
        self._do()

    def do_PUT(self) -> None:
        self._do()

    def _do(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        parts = urlsplit(self.path)
        kind = self.headers.get("content-type", "")
        headers = {name.lower(): value for name, value in self.headers.items()}
        content = _read(kind, body)
        told = self.fake.answer(Asked(self.command, parts.path, dict(parse_qsl(parts.query)), headers, content))
        if told.is_silent:
            self.fake.stopping.wait(30)
            self.close_connection = True
            return
        raw = json.dumps(told.content).encode() if told.raw is None else told.raw
        self.send_response_only(told.status)
        kind = "application/json;charset=utf-8" if told.raw is None else "application/octet-stream"
        for name, value in {"content-type": kind, "content-length": str(len(raw)), **told.headers}.items():
            self.send_header(name, value)
        with suppress(ConnectionError):  # who asked may have gone
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else raw)


def _read(kind: str, body: bytes) -> Json:
    if kind.startswith("multipart/form-data"):
        boundary = kind.partition("boundary=")[2].encode()
        for part in body.split(b"--" + boundary)[1:-1]:
            head, _, content = part.partition(b"\r\n\r\n")
            if b"filename=" in head:
                return {"media": content.removesuffix(b"\r\n")}
    return dict(json.loads(body)) if body else {}
