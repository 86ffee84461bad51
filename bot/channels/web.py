"""The web chat: our own platform, without an account, embeddable in any page of an allowed origin.

A browser proves its conversation with a token that names the chat under a MAC. Files are uploaded first and
come back as a signed reference, so that nobody can claim a file that was not taken in here.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
from functools import partial
from typing import Any
from uuid import UUID

import orjson

from bot.channels import Take, channel
from bot.messages import HookRequest, Incoming, Limits, Location, Media, Outgoing, SendError
from core import clock, transcripts
from core.database import Database, Session
from core.errors import Busy, Invalid
from core.media import SUFFIXES
from core.outbox import OutboxMessage
from core.settings import Settings
from core.storage import HANDED_ON_FOR, MissingFile, Storage, key_of

ACCOUNT = "web"
MAX_TEXT = 4000
MAX_FILES = 10
MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
URGENT = ("emergency", "emergency_somewhere", "alarm_standing")
KINDS = ("text", "image", "voice", "location", "action", "command", "scan")


class WebChannel:
    name = "web"
    account = ACCOUNT
    limits = Limits(text=8000, caption=8000, buttons=40, has_edits=True, per_second=2000, per_chat_second=200)

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database

    def token_of(self, chat_id: str) -> str:
        """What the browser keeps to prove its conversation."""
        return f"{chat_id}.{self._mac('chat', chat_id)}"

    def chat_of(self, token: str) -> str | None:
        """The conversation that a token proves; None for a forged one."""
        chat_id, _, mac = token.partition(".")
        return chat_id if chat_id and hmac.compare_digest(mac.encode(), self._mac("chat", chat_id).encode()) else None

    def sign_file(self, kind: str, stored: dict[str, Any], texts: list[str]) -> str:
        """The reference of an uploaded file: what a message names it by."""
        until = int((clock.now() + HANDED_ON_FOR).timestamp())
        told = {"kind": kind, "stored": stored, "texts": texts, "until": until}
        body = base64.urlsafe_b64encode(orjson.dumps(told)).decode()
        return f"{body}.{self._mac('file', body)}"

    def is_welcome(self, request: HookRequest) -> bool:
        return self._chat_id(request) is not None

    def is_authentic(self, request: HookRequest) -> bool:
        return self._chat_id(request) is not None

    def handshake(self, request: HookRequest) -> str | None:
        return None

    def parse(self, request: HookRequest) -> list[Incoming]:
        """One message: an object with id, kind, text, action, message, command, argument, media, location, locale.

        `id`: made by the browser, so that a message that is sent again is taken once. `message`: the number of the
        line whose button was pressed. `media`: the references of uploaded files.
        """
        chat_id = self._chat_id(request)
        said = _object(request.body)
        key = str(said.get("id", ""))
        if chat_id is None or not MESSAGE_ID.fullmatch(key):
            raise Invalid(field="field.id")
        kind = said.get("kind") if said.get("kind") in KINDS else "unknown"
        incoming = Incoming(
            "web", ACCOUNT, f"{chat_id}:{key}", kind, chat_id, chat_id, "web_chat",  # type: ignore[arg-type]
            text=_text(said, "text"), media=self._media(said), location=_location(said),
            action=_text(said, "action"), message=_text(said, "message"), command=_text(said, "command"),
            argument=_text(said, "argument"), locale=_text(said, "locale"),
        )  # fmt: skip
        return [incoming]

    async def send(self, conversation: str, message: Outgoing, key: str) -> str:
        return await asyncio.to_thread(self._write_line, conversation, message, key)

    async def fetch(self, reference: str) -> bytes:
        raise SendError("gone")

    async def settle_tap(self, incoming: Incoming, notice: str) -> None:
        return

    async def listen(self, take: Take) -> None:
        return

    async def prepare(self) -> None:
        return

    def _write_line(self, conversation: str, message: Outgoing, key: str) -> str:
        try:
            line = self._database.write(partial(_append, conversation, message, key))
        except Busy:
            raise SendError("busy", retryable=True) from None
        if line is None:
            raise SendError("gone", stop_contact=True)
        return line

    def _chat_id(self, request: HookRequest) -> str | None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return self.chat_of(token.strip()) if scheme.lower() == "bearer" else None

    def _media(self, said: dict[str, Any]) -> tuple[Media, ...]:
        references = said.get("media") or []
        if not isinstance(references, list) or len(references) > MAX_FILES:
            raise Invalid(field="field.file")
        return tuple(self._file(str(reference)) for reference in references)

    def _file(self, reference: str) -> Media:
        body, _, mac = reference.partition(".")
        if not hmac.compare_digest(mac.encode(), self._mac("file", body).encode()):
            raise Invalid(field="field.file")
        known = orjson.loads(base64.urlsafe_b64decode(body))
        if known.get("until", 0) < clock.now().timestamp():
            raise MissingFile(field="field.file")
        return Media(known["kind"], known["stored"]["hash"], known["stored"], tuple(known["texts"]))

    def _mac(self, what: str, text: str) -> str:
        return hmac.new(self._settings.key, f"web-{what}:{text}".encode(), hashlib.sha256).hexdigest()[:40]


def _append(conversation: str, message: Outgoing, key: str, session: Session) -> str | None:
    buttons = [{"label": b.label, "token": b.token, "url": b.url, "row": b.row} for b in message.buttons]
    body = {
        "text": message.text, "buttons": buttons, "photo": message.photo, "is_urgent": _is_urgent(session, key),
    }  # fmt: skip
    return transcripts.append(session, conversation, key, "theirs", body, clock.now(), replaces=message.replaces)


def _is_urgent(session: Session, key: str) -> bool:
    """Whether a message tells of an emergency, so that it looks like one. Its key is the id of its outbox row."""
    try:
        row = session.get(OutboxMessage, UUID(key))
    except ValueError:
        return False
    return row is not None and row.kind in URGENT


def shown(incoming: Incoming) -> dict[str, Any]:
    """What a conversation shows of a message of its person: the body of its line."""
    files = [_listed(item.stored) for item in incoming.media if item.stored]
    location = (
        {"latitude": incoming.location.latitude, "longitude": incoming.location.longitude}
        if incoming.location
        else None
    )
    return {
        "kind": incoming.kind, "text": incoming.text or incoming.argument, "files": files, "location": location,
        "message": incoming.message, "token": incoming.action,
    }  # fmt: skip


def _listed(stored: dict[str, Any]) -> dict[str, Any]:
    mime = stored["mime"]
    key = key_of(stored["hash"], SUFFIXES.get(mime, ".screen.jpg"))
    return {"key": key, "mime": mime, "width": stored["width"], "height": stored["height"]}


@channel("web")
def open_web(settings: Settings, storage: Storage, database: Database) -> WebChannel:
    return WebChannel(settings, database)


def _object(body: bytes) -> dict[str, Any]:
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Invalid(field="field.body") from None
    if not isinstance(said, dict):
        raise Invalid(field="field.body")
    return said


def _text(said: dict[str, Any], name: str) -> str:
    value = said.get(name) or ""
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise Invalid(field="field.text")
    return value.replace("\0", "")  # PostgreSQL keeps no such character


def _location(said: dict[str, Any]) -> Location | None:
    where = said.get("location")
    if where is None:
        return None
    try:
        found = Location(float(where["latitude"]), float(where["longitude"]))
    except (KeyError, TypeError, ValueError):
        raise Invalid(field="field.location") from None
    if not (-90 <= found.latitude <= 90 and -180 <= found.longitude <= 180):
        raise Invalid(field="field.location")
    return found
