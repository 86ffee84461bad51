"""The page: one address on 127.0.0.1 that draws the stage as JSON and HTML, and hands on what is tapped and written.

It is asked for what is new twice a second. Everything that a person does there happens in a thread of its own request,
so that an answer which takes its time holds up nobody.
"""

from __future__ import annotations

import hashlib
import json
import mimetypes
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from api.demo import pictures
from api.deps import COOKIE
from core import i18n
from tests.chats import words
from tests.chats.drawing import Key, Line
from tests.chats.phones import Phone
from tests.chats.play import ACTS, PICTURE, Act, play
from tests.chats.stage import STEPS, Stage, StillWaiting

OURS, PRODUCT = Path(__file__).parent / "static", Path(__file__).parents[2] / "api/static"
FILES = {
    "/": OURS / "page.html", "/chats.js": OURS / "chats.js", "/drawing.js": OURS / "drawing.js",
    "/chats.css": OURS / "chats.css", "/phones.css": OURS / "phones.css", "/mark.svg": PRODUCT / "mark.svg",
    "/tokens.css": PRODUCT / "css/tokens.css", "/tokens-dark.css": PRODUCT / "css/tokens-dark.css",
}  # fmt: skip
POLICY = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
MOST = 64 * 1024
PAUSE = 1.2  # seconds after each step of the play
REPAIRED = ("technician", "busy")  # whose photos show the repair
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    status: int
    body: bytes = b""
    kind: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


class Page:
    """What the page knows of the stage, and what can be done there. One play at a time."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._act = -1
        self._stuck = -1  # the step at which the play stopped
        self._playing = threading.Lock()

    def state(self, known: str) -> Told:
        """Everything that is shown; nothing where that is what is known already."""
        shown = self._drawn()
        version = hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:16]
        if version == known:
            return Told(204)
        return Told(200, json.dumps({**shown, "version": version}, ensure_ascii=False).encode())

    def do(self, asked: Json) -> Told:
        """What somebody did in a phone, or on the page itself."""
        stage = self._stage
        known: dict[str, Callable[[], None]] = {
            "speak": lambda: stage.speak(_one_of(asked["locale"], i18n.LOCALES)),
            "play": lambda: threading.Thread(target=self._play, daemon=True).start(),
        }  # fmt: skip
        if "phone" in asked:
            phone = stage.phone(asked["phone"])
            known = {
                "say": lambda: phone.say(asked["text"]), "scan": lambda: phone.scan(stage.code),
                "photo": lambda: phone.send_photo(pictures.draw(PICTURE, is_repaired=phone.seat in REPAIRED)),
                "tap": lambda: phone.press(asked["line"], asked["key"]), "menu": lambda: _click(phone, asked["key"]),
            }  # fmt: skip
        known[asked["do"]]()
        return Told(200, b"{}")

    def photo(self, seat: str, line: str) -> Told:
        return Told(200, self._stage.phone(seat).lines()[int(line)].photo, "image/jpeg")

    def opened(self, seat: str, to: str) -> Told:
        """A page of the server as whoever sits there: the platform's browser would have signed them in."""
        if not to.startswith("/") or to.startswith("//"):
            return Told(404)
        cookie = f"{COOKIE}={self._stage.session(seat)}; Path=/; HttpOnly; SameSite=Lax"
        language = f"gongdan_lang={self._stage.locale}; Path=/; SameSite=Lax"
        headers = (("Location", self._stage.url + to), ("Set-Cookie", cookie), ("Set-Cookie", language))
        return Told(303, headers=headers)

    def _play(self) -> None:
        if not self._playing.acquire(blocking=False):
            return
        try:
            self._stuck = -1
            play(self._stage, self._begun, pause=PAUSE)
        except (StillWaiting, LookupError):
            self._stuck = self._act
        finally:
            self._act = -1
            self._playing.release()

    def _begun(self, place: int, act: Act) -> None:
        self._act = place

    def _drawn(self) -> Json:
        stage = self._stage
        return {
            "locale": stage.locale, "words": words.of_page(stage.locale), "ticket": self._ticket(),
            "play": self._progress(), "phones": [self._phone(phone) for phone in stage.phones],
        }  # fmt: skip

    def _ticket(self) -> Json | None:
        ticket = self._stage.ticket()
        if ticket is None:
            return None
        taken = [*(step for step in STEPS if step in ticket.steps), *(["rated"] if ticket.stars else [])]
        return {
            "number": ticket.number, "thing": ticket.thing, "state": ticket.state, "stars": ticket.stars,
            "word": i18n.translate(f"state.{ticket.state}", self._stage.locale), "taken": taken,
            "desk": _open("supervisor", f"/desk?{urlencode({'open': ticket.number})}"),
        }  # fmt: skip

    def _progress(self) -> Json:
        act = ACTS[self._act] if self._act >= 0 else None
        stuck = ACTS[self._stuck] if self._stuck >= 0 else None
        return {
            "of": len(ACTS), "step": self._act + 1, "act": act.name if act else "", "seat": act.seat if act else "",
            "stuck": stuck and {"act": stuck.name, "seat": stuck.seat},
        }  # fmt: skip

    def _phone(self, phone: Phone) -> Json:
        lines = [self._line(phone, place, line) for place, line in enumerate(phone.lines())]
        return {
            "name": phone.name, "seat": phone.seat, "who": self._stage.name(phone.seat), "lines": lines,
            "menu": [key.label for key in phone.menu()],
        }  # fmt: skip

    def _line(self, phone: Phone, place: int, line: Line) -> Json:
        return {
            "mine": line.is_mine, "look": line.look, "edits": line.edits, "used": line.used,
            "pieces": [(text, self._href(phone, url)) for text, url in line.pieces], "fields": line.fields,
            "photo": f"/photo/{phone.seat}/{place}" if line.photo else "",
            "keys": [self._key(phone, key) for key in line.keys],
        }  # fmt: skip

    def _key(self, phone: Phone, key: Key) -> Json:
        return {"label": key.label, "row": key.row, "href": self._href(phone, key.url)}

    def _href(self, phone: Phone, url: str) -> str:
        """Our own addresses open as whoever sits there; others stay words, because nothing leaves this machine."""
        own = self._stage.url + "/"
        return _open(phone.seat, url[len(own) - 1 :]) if url.startswith(own) else ""


def _open(seat: str, to: str) -> str:
    return f"/open?{urlencode({'seat': seat, 'to': to})}"


def _click(phone: Phone, place: int) -> None:
    tap = phone.menu()[place].tap
    if tap is not None:
        tap()


def _one_of(value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise KeyError(value)
    return value


def server_of(stage: Stage, port: int) -> ThreadingHTTPServer:
    """The page's server, not yet running. Port 0: whichever is free."""
    server = ThreadingHTTPServer(("127.0.0.1", port), type("Handler", (_Handler,), {"page": Page(stage)}))
    server.daemon_threads = True
    return server


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    page: Page

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self._answer(lambda: self._got(parts.path, query))

    def do_POST(self) -> None:
        body = self.rfile.read(min(int(self.headers.get("content-length") or 0), MOST))
        self._answer(lambda: self.page.do(json.loads(body)))

    def _got(self, path: str, query: dict[str, str]) -> Told:
        if path in FILES:
            kind = mimetypes.guess_type(FILES[path])[0] or "text/plain"
            return Told(200, FILES[path].read_bytes(), f"{kind}; charset=utf-8")
        if path == "/state":
            return self.page.state(query.get("known", ""))
        if path == "/open":
            return self.page.opened(query["seat"], query["to"])
        if path.startswith("/photo/"):
            return self.page.photo(*path.split("/")[2:])
        return Told(404)

    def _answer(self, work: Callable[[], Told]) -> None:
        """Only pages of this very server ask: another page in the browser must play no part here."""
        host = f"127.0.0.1:{self.connection.getsockname()[1]}"
        origin = self.headers.get("origin", f"http://{host}")
        if self.headers.get("host") != host or origin != f"http://{host}":
            told = Told(403)
        else:
            try:
                told = work()
            except (LookupError, StopIteration, TypeError, ValueError):
                told = Told(404)
        with suppress(ConnectionError):  # who asked may have gone
            self._say(told)

    def _say(self, told: Told) -> None:
        self.send_response_only(told.status)
        known = (("Content-Type", told.kind), ("Content-Length", str(len(told.body))), ("Cache-Control", "no-store"))
        for name, value in (*known, ("Content-Security-Policy", POLICY), *told.headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(told.body)

    def log_message(self, *_: object) -> None:
        """Say nothing: the page itself shows what happens."""
