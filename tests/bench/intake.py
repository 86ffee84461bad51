"""Reports per second through the Telegram hook and through the API, each against the bare handler, in one run.

One report is one update, the whole path in one durable transaction: inbox row, conversation, classification,
ticket, number, dispatch with an offer, two events, two messages. Interleaved rounds; the medians are compared.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from core.database import open_database
from tests.bench import town

TOKEN = f"{town.ACCOUNT}:bench-token-of-no-bot"
SECRET = "bench"
SECONDS = float(os.environ.get("BENCH_SECONDS", "3"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
CONCURRENCY = (1, 8, 32)
COMMON = {**os.environ, "PYTHONPATH": "."}
WORDS = "The kitchen tap is leaking and cannot be closed any more, please send somebody"


def bench(url: str, web_processes: int) -> list[dict[str, Any]]:
    """Measure on one database; returns a row for each subject and concurrency."""
    with tempfile.TemporaryDirectory() as folder:
        files = _requests(Path(folder), _fill(url))
        with servers(url, Path(folder), web_processes) as (ours, _), _bare_servers(url, web_processes) as bare:
            return _measure({"bare": bare, "hook": ours, "api": ours}, files)


def _fill(url: str) -> list[str]:
    database = open_database(url)
    tokens = town.build(database)
    database.dispose()
    return tokens


def _requests(folder: Path, tokens: list[str]) -> dict[str, Path]:
    """Every request ready to send, split by NUL, so that the generator only writes and reads."""
    hook = [
        _post("/hooks/telegram", _update(n), {"x-telegram-bot-api-secret-token": SECRET}) for n in range(town.RESIDENTS)
    ]
    given = json.dumps({"text": WORDS, "place": "lobby", "category": "water"}).encode()
    api = [_post("/api/v1/tickets", given, {"authorization": f"Bearer {token}"}) for token in tokens]
    body = json.dumps({"text": WORDS, "who": "somebody"}).encode()
    found = {
        "hook": hook,
        "api": api * (town.RESIDENTS // len(api)),
        "bare": [_post("/reports", body, {})] * (4 * town.RESIDENTS),
    }
    files = {name: folder / f"{name}.requests" for name in found}
    for name, requests in found.items():
        files[name].write_bytes(b"\x00".join(requests))
    return files


def _update(number: int) -> bytes:
    sender = {"id": number, "is_bot": False, "first_name": f"r{number}", "language_code": "en"}
    message = {
        "message_id": 1,
        "date": int(time.time()),
        "chat": {"id": number, "type": "private", "first_name": f"r{number}"},
        "from": sender,
        "text": WORDS,
    }
    return json.dumps({"update_id": number, "message": message}).encode()


def _post(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        "host: 127.0.0.1",
        "content-type: application/json",
        f"content-length: {len(body)}",
    ]
    return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode() + body


@contextmanager
def servers(url: str, folder: Path, processes: int) -> Iterator[tuple[list[int], list[int]]]:
    """Our web processes without a worker: their ports and process ids."""
    ports = [_free_port() for _ in range(processes)]
    settings = {
        **COMMON, "GONGDAN_DATABASE_URL": url, "GONGDAN_DATA_DIR": str(folder), "GONGDAN_SECRET_KEY": "bench-key",
        "GONGDAN_TELEGRAM__TOKEN": TOKEN, "GONGDAN_TELEGRAM__SECRET": SECRET, "GONGDAN_TELEGRAM__MODE": "webhook",
        "GONGDAN_TELEGRAM__BASE_URL": "http://127.0.0.1:9",
    }  # fmt: skip
    serve = [sys.executable, "-m", "api.cli", "serve", "--no-worker", "--port"]
    with _running([([*serve, str(port)], settings, port, "/healthz") for port in ports]) as started:
        yield ports, started


@contextmanager
def _bare_servers(url: str, processes: int) -> Iterator[list[int]]:
    ports = [_free_port() for _ in range(processes)]
    plain = [sys.executable, "-m", "uvicorn", "tests.bench.bare:app", "--log-level", "warning", "--port"]
    settings = {**COMMON, "BARE_DATABASE_URL": url}
    with _running([([*plain, str(port)], settings, port, "/openapi.json") for port in ports]):
        yield ports


@contextmanager
def _running(commands: list[tuple[list[str], dict[str, str], int, str]]) -> Iterator[list[int]]:
    """Processes that answer, each as (command, environment, port, path to ask); their ids."""
    started = [subprocess.Popen(command, env=settings) for command, settings, _, _ in commands]
    try:
        for _, _, port, path in commands:
            _wait(port, path)
        yield [process.pid for process in started]
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        for process in started:
            process.wait(20)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait(port: int, path: str) -> None:
    for _ in range(300):
        try:
            if httpx.get(f"http://127.0.0.1:{port}{path}").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError(f"nothing answers on port {port}")


def _measure(ports: dict[str, list[int]], files: dict[str, Path]) -> list[dict[str, Any]]:
    used = dict.fromkeys(files, 0)
    seen: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for concurrency in CONCURRENCY:
        for turn in range(ROUNDS + 1):
            for name, found in ports.items():
                result = _load(found, files[name], used[name], concurrency, SECONDS if turn else SECONDS / 3)
                used[name] += result["done"]
                if turn:  # the first one warms up
                    seen.setdefault((name, concurrency), []).append(result)
    return [{"name": name, "concurrency": c, **_middle(results)} for (name, c), results in seen.items()]


def _load(ports: list[int], file: Path, skip: int, concurrency: int, seconds: float) -> dict[str, Any]:
    order = {"ports": ports, "file": str(file), "skip": skip, "concurrency": concurrency, "seconds": seconds}
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load", json.dumps(order)], capture_output=True, check=True, text=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _middle(results: list[dict[str, Any]]) -> dict[str, float]:
    return {key: median(result[key] for result in results) for key in results[0] if key != "done"}
