"""A real installation of Gongdan, as its operator sees it: a folder, commands, a server that may be killed.

Nothing of our own code is called: commands and the server are processes, everything else is HTTP.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[2]
GONGDAN = (sys.executable, "-m", "api.cli")
START_SECONDS = 90
TROUBLE = re.compile(r"^(Traceback|.* (ERROR|CRITICAL) )", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over HTTP."""

    status: int
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True)
class Installation:
    """A data folder with its settings. `port`: where its server listens, the same after every restart."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.port = self.port or free_port()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GONGDAN_")}
        ours = {"GONGDAN_DATA_DIR": str(self.folder / "data"), "GONGDAN_PUBLIC_URL": self.url, **self.settings}
        return {**kept, "PYTHONPATH": str(PROJECT), **ours}

    def run(self, *arguments: str, check: bool = True, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run `gongdan …` and wait for it."""
        done = subprocess.run(
            [*GONGDAN, *arguments], env=self.environment(), cwd=self.folder, capture_output=True, text=True,
            timeout=timeout, check=False,
        )  # fmt: skip
        assert not check or done.returncode == 0, f"gongdan {' '.join(arguments)}: {done.stdout}\n{done.stderr}"
        return done

    def start(self) -> None:
        """Start the server and wait until it is ready."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*GONGDAN, "serve", "--port", str(self.port)], env=self.environment(), cwd=self.folder, stdout=log,
                stderr=log,
            )  # fmt: skip
        ends = time.monotonic() + START_SECONDS
        while not self._is_ready():
            assert self.process.poll() is None, f"the server did not start: {self.log.read_text()[-3000:]}"
            assert time.monotonic() < ends, f"the server is not ready: {self.log.read_text()[-3000:]}"
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        try:
            return self.call("GET", "/readyz").status == 200
        except (OSError, http.client.HTTPException):
            return False

    def kill(self) -> None:
        """SIGKILL: no farewell, nothing is flushed."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        if self.process is not None:
            self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(30)
        self.process = None

    def call(
        self, method: str, path: str, body: Any = None, *, token: str = "", headers: dict[str, str] | None = None
    ) -> Answer:
        """One request on a connection of its own. `body`: bytes as they are, anything else as JSON."""
        given = dict(headers or {})
        if token:
            given["Authorization"] = f"Bearer {token}"
        if body is not None and not isinstance(body, bytes):
            body, given["Content-Type"] = json.dumps(body).encode(), "application/json"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, given)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read())
        finally:
            connection.close()

    def ask(self, method: str, path: str, body: Any = None, *, token: str) -> Any:
        """A request that has to succeed; returns its JSON."""
        answer = self.call(method, path, body, token=token)
        assert answer.status < 300, f"{method} {path}: {answer.status} {answer.body[:500]!r}"
        return answer.json

    def upload(self, path: str, file: bytes, token: str, **fields: str) -> Any:
        """Send a file as a form does."""
        parts = [(f'name="{name}"', value.encode()) for name, value in fields.items()]
        parts.append(('name="file"; filename="photo.jpg"', file))
        lines = [
            b"--cut\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + body for head, body in parts
        ]
        kind = {"Content-Type": "multipart/form-data; boundary=cut"}
        answer = self.call("POST", path, b"\r\n".join([*lines, b"--cut--\r\n"]), token=token, headers=kind)
        assert answer.status < 300, f"{path}: {answer.status} {answer.body[:500]!r}"
        return answer.json

    def all(self, path: str, *, token: str) -> Iterator[dict[str, Any]]:
        """Every item of a list, page by page."""
        after, joint = "", "&" if "?" in path else "?"
        while True:
            page = self.ask("GET", f"{path}{joint}limit=200" + (f"&after={after}" if after else ""), token=token)
            yield from page["items"]
            if not (after := page["next"] or ""):
                return

    def troubles(self) -> list[str]:
        """The lines of the server's log that tell of an error, with what follows them."""
        text = self.log.read_text()
        return [text[found.start() : found.start() + 1500] for found in TROUBLE.finditer(text)]

    def verify(self) -> subprocess.CompletedProcess[str]:
        return self.run("audit", "verify", check=False, timeout=600)


@contextmanager
def serving(installation: Installation) -> Iterator[Installation]:
    """The installation with its server up, stopped at the end whatever happened."""
    installation.start()
    try:
        yield installation
    finally:
        installation.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
