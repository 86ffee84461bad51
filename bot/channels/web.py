"""The web chat: our own platform, without an account, embeddable in any page of an allowed origin.

A browser proves its conversation with a token that names the chat under a MAC, with the day on which it expires
and the epoch of the chat's identity, which ends when the person's access is revoked. Files are uploaded first and
come back as a signed reference, so that nobody can claim a file that was not taken in here.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import orjson

from bot.channels import Take, channel
from bot.messages import Answer, HookRequest, Incoming, Limits, Location, Media, Outgoing, SendError
from core import clock, people, transcripts
from core.database import Database, Session
from core.errors import Busy, Invalid
from core.media import SUFFIXES
from core.outbox import OutboxMessage
from core.settings import Settings
from core.storage import HANDED_ON_FOR, MissingFile, Storage, key_of

ACCOUNT = "web"
SENDER = "web_chat"
DAYS = 90
DAY = 86_400
MAX_TEXT = 4000
MAX_FILES = 10
MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
URGENT = ("emergency", "emergency_somewhere", "alarm_standing")
KINDS = ("text", "image", "voice", "location", "action", "command", "scan")


@dataclass(frozen=True, slots=True)
class Proof:
    """What a genuine token says. `day`: the last one on which it is good, counted from 1970."""

    chat_id: str
    epoch: int
    day: int


class WebChannel:
    name = "web"
    account = ACCOUNT
    hooks: tuple[str, ...] = ()  # its own wire counts what comes: api/routes/chat.py
    limits = Limits(
        text=8000, caption=8000, buttons=40, has_edits=True, per_second=2000, per_chat_second=200,
        is_repeatable=True,
    )  # fmt: skip

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database

    def token_of(self, chat_id: str, epoch: int) -> str:
        """What the browser keeps to prove its conversation. Two of one day are the same."""
        told = f"{chat_id}.{epoch}.{_today() + DAYS}"
        return f"{told}.{self._mac('proof', told)}"

    def chat_of(self, token: str) -> str | None:
        """The conversation that a token proves; None for one that is forged, has expired or was revoked."""
        proof = self._proof(token)
        if proof is None:
            return None
        with self._database.read_scope() as session:
            epoch = people.epoch_of(session, "web", ACCOUNT, SENDER, proof.chat_id)
        return proof.chat_id if epoch == proof.epoch else None

    def renewed(self, token: str) -> str:
        """A token in place of one that is half used up, so that no chat that is looked at ever ends; else nothing."""
        proof = self._proof(token)
        is_old = proof is not None and proof.day - _today() < DAYS // 2
        return self.token_of(proof.chat_id, proof.epoch) if proof and is_old else ""

    def sign_file(self, kind: str, stored: dict[str, Any], texts: list[str]) -> str:
        """The reference of an uploaded file: what a message names it by."""
        until = int((clock.now() + HANDED_ON_FOR).timestamp())
        told = {"kind": kind, "stored": stored, "texts": texts, "until": until}
        body = base64.urlsafe_b64encode(orjson.dumps(told)).decode()
        return f"{body}.{self._mac('file', body)}"

    def is_welcome(self, request: HookRequest) -> bool:
        return self._claimed(request) is not None

    def is_authentic(self, request: HookRequest) -> bool:
        return self.chat_of(_bearer(request)) is not None

    def handshake(self, request: HookRequest) -> Answer | None:
        return None

    def parse(self, request: HookRequest) -> list[Incoming]:
        """One message: an object with id, kind, text, action, message, command, argument, media, location, locale.

        `id`: made by the browser, so that a message that is sent again is taken once. `message`: the number of the
        line whose button was pressed. `media`: the references of uploaded files.
        """
        chat_id = self._claimed(request)
        said = _object(request.body)
        key = str(said.get("id", ""))
        if chat_id is None or not MESSAGE_ID.fullmatch(key):
            raise Invalid(field="field.id")
        kind = said.get("kind") if said.get("kind") in KINDS else "unknown"
        incoming = Incoming(
            "web", ACCOUNT, f"{chat_id}:{key}", kind, chat_id, chat_id, SENDER,  # type: ignore[arg-type]
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

    def _claimed(self, request: HookRequest) -> str | None:
        """The conversation of a genuine token; whether it was revoked is asked where it is let in."""
        proof = self._proof(_bearer(request))
        return proof.chat_id if proof else None

    def _proof(self, token: str) -> Proof | None:
        told, _, mac = token.rpartition(".")
        if not hmac.compare_digest(mac.encode(), self._mac("proof", told).encode()):
            return None
        chat_id, epoch, day = told.split(".")
        return Proof(chat_id, int(epoch), int(day)) if int(day) >= _today() else None

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


def _today() -> int:
    return int(clock.now().timestamp()) // DAY


def _bearer(request: HookRequest) -> str:
    return bearer_of(request.headers.get("authorization", ""))


def bearer_of(authorization: str) -> str:
    """The token of a header; empty for another kind of proof."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


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
