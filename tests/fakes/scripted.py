"""A platform's server that answers as it is told to, one answer after another, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Scripted:
    """One answer. `pause`: seconds before it; `is_cut`: the connection ends instead of an answer."""

    body: bytes = b"{}"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    pause: float = 0.0
    is_cut: bool = False


def says(status: int = 200, /, **content: Any) -> Scripted:
    return Scripted(json.dumps(content).encode(), status)


class ScriptedServer:
    """Use as a context. `asked`: (method, path with query, body) of every request."""

    def __init__(self) -> None:
        self.answers: list[Scripted] = []
        self.asked: list[tuple[str, str, bytes]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._do()

            def do_POST(self) -> None:
                self._do()

            def do_PUT(self) -> None:
                self._do()

            def _do(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                outer.asked.append((self.command, self.path, body))
                answer = outer.answers.pop(0) if outer.answers else Scripted()
                time.sleep(answer.pause)
                if answer.is_cut:
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                for name, value in {**answer.headers, "content-length": str(len(answer.body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                with suppress(ConnectionError):  # who asked may have gone
                    self.wfile.write(answer.body)

            def log_message(self, *_: object) -> None:
                return

        return Handler
