"""How the fake WeCom writes and draws: cipher, XML, HTTP, and messages as a member sees them."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import struct
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

CORP, AGENT, SECRET = "wx5823bf96d3bd56c7", 1000002, "canary-secret-of-the-app"
TOKEN, AES_KEY = "QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
TEXT = 2048
Json = dict[str, Any]


class Answering(Protocol):
    ahead: timedelta

    def front(self, query: Mapping[str, str]) -> str: ...

    def answer(self, path: str, query: Mapping[str, str], body: bytes) -> Json | bytes: ...


@dataclass
class Shown:
    """A message as a member sees it. `code`: with which it may be changed; `is_used`: its buttons are grey."""

    kind: str
    text: str = ""
    buttons: list[Json] = field(default_factory=list)
    photo: bytes = b""
    link: str = ""
    code: str = ""
    is_used: str = ""
    edits: int = 0

    @property
    def labels(self) -> list[str]:
        return [one["text"] for one in self.buttons]


class Vault:
    """The cipher of callbacks: AES-256-CBC over 16 random bytes, length, text and company, padded to 32."""

    def __init__(self, aes_key: str = AES_KEY, token: str = TOKEN) -> None:
        self.key, self.token = base64.b64decode(aes_key + "="), token

    def seal(self, text: str, corp: str = CORP) -> str:
        data = secrets.token_bytes(16) + struct.pack(">I", len(text.encode())) + text.encode() + corp.encode()
        rest = 32 - len(data) % 32
        return base64.b64encode(self._run(data + bytes([rest]) * rest, "encryptor")).decode()

    def open(self, sealed: str) -> tuple[str, str]:
        """The text and the company that it is for."""
        data = self._run(base64.b64decode(sealed), "decryptor")
        data = data[16 : -data[-1]]
        [length] = struct.unpack(">I", data[:4])
        return data[4 : 4 + length].decode(), data[4 + length :].decode()

    def sign(self, stamp: str, nonce: str, sealed: str) -> str:
        return hashlib.sha1(
            "".join(sorted([self.token, stamp, nonce, sealed])).encode(), usedforsecurity=False
        ).hexdigest()

    def _run(self, data: bytes, way: str) -> bytes:
        context = getattr(Cipher(algorithms.AES(self.key), modes.CBC(self.key[:16])), way)()
        return bytes(context.update(data) + context.finalize())


def shown_of(content: Json, files: Mapping[str, bytes]) -> Shown:
    """A message as the app draws it."""
    kind = content["msgtype"]
    told = content[kind]
    if kind == "text":
        text = told["content"].encode()[:TEXT].decode(errors="ignore")
        return _with_anchors(text)
    if kind == "image":
        return Shown(kind, photo=files[told["media_id"]])
    if kind == "textcard":
        words = told["description"].replace("<br>", "\n")
        button = {"text": told["btntxt"][:4], "url": told["url"]}
        return Shown(kind, f"{told['title'][:128]}\n{words[:512]}", [button], link=told["url"])
    title, words = " ".join(told["main_title"].values()), told.get("sub_title_text", "")
    is_cut = title.endswith("…") and words.startswith(title[:-1])
    return Shown(kind, words if is_cut else "\n".join(filter(None, [title, words])), list(told.get("button_list", [])))


def _with_anchors(text: str) -> Shown:
    """Words with the links in them: the app shows an anchor as its label."""
    buttons = []
    while '<a href="' in text:
        before, _, rest = text.partition('<a href="')
        url, _, rest = rest.partition('">')
        label, _, after = rest.partition("</a>")
        buttons.append({"text": label, "url": url})
        text = before.removesuffix("\n") + after
    return Shown("text", text, buttons)


def xml(fields: Mapping[str, Any]) -> str:
    return "".join(f"<{name}>{_value(value)}</{name}>" for name, value in fields.items())


def _value(value: Any) -> str:
    return xml(value) if isinstance(value, dict) else f"<![CDATA[{value}]]>"


def handler_of(fake: Answering) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._do()

        def do_POST(self) -> None:
            self._do()

        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            parts = urlsplit(self.path)
            if not parts.path.startswith("/cgi-bin/"):
                return self._say(fake.front(dict(parse_qsl(parts.query))).encode(), "text/plain")
            found = fake.answer(parts.path, dict(parse_qsl(parts.query)), body)
            is_file = isinstance(found, bytes)
            return self._say(
                found if isinstance(found, bytes) else json.dumps(found).encode(),
                "image/jpeg" if is_file else "application/json; charset=UTF-8",
            )

        def _say(self, data: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            with suppress(ConnectionError):  # who asked may have gone
                self.wfile.write(data)

        def date_time_string(self, timestamp: float | None = None) -> str:
            return format_datetime(datetime.now(UTC) + fake.ahead, usegmt=True)

        def log_message(self, *_: object) -> None:
            return

    return Handler
