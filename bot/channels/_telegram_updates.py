"""Telegram's updates as our messages. Pure, read straight from the JSON: docs/decisions/0002-telegram-parsing.md.

Whatever a person sends becomes a message, of kind `unknown` where we cannot read it. What no person says to us
(channel posts, other bots, joins and pins in a group) becomes nothing: an answer to it would be noise.
"""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

import orjson

from bot.messages import Incoming, Location, Media
from core.errors import Invalid

log = logging.getLogger(__name__)

CHANNEL = "telegram"
MAX_DOWNLOAD = 20 * 1024 * 1024  # https://core.telegram.org/bots/api#getfile
COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@(\w+))?(?:\s+(.*))?", re.DOTALL)
GROUPS = ("group", "supergroup")
FILES = ("document", "video", "video_note", "animation")
GONE = ("kicked", "left")
SHAPES = (AttributeError, KeyError, TypeError, ValueError, OverflowError, OSError)
Json = dict[str, Any]


def read_body(body: bytes) -> Json:
    """The JSON of one update. Raises Invalid for anything that no Telegram server posts.

    An object without an identifier passes: it is a kind of callback that we do not know, and holds no message.
    """
    try:
        update = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Invalid(field="update") from error
    if not isinstance(update, dict) or type(update.get("update_id", 0)) is not int:
        raise Invalid(field="update_id")
    return update


def parse_update(update: Json, account: str, username: str = "") -> list[Incoming]:
    """The message of an update, if a person sent one. `username`: ours, to leave other bots' commands alone."""
    try:
        found = _found(update, account, username)
    except SHAPES:
        log.warning("an update of an unknown shape was left out: %s", sorted(update))
        return []
    return [found] if found and not _is_noise(found) else []


def _found(update: Json, account: str, username: str) -> Incoming | None:
    if "update_id" not in update:
        return None
    key = str(update["update_id"])
    if message := update.get("message"):
        base = _base(account, key, message["chat"], message.get("from"), message.get("date"))
        return _read(base, message, username) if base else None
    if tap := update.get("callback_query"):
        return _tapped(account, key, tap)
    if change := update.get("my_chat_member"):
        return _changed(account, key, change)
    if edited := update.get("edited_message"):
        base = _base(account, key, edited["chat"], edited.get("from"), edited.get("date"))
        return None if "location" in edited else base  # a shared live location moves every few seconds
    return _unknown(update, account, key)


def _base(account: str, key: str, chat: Json, sender: Json | None, date: Any = None) -> Incoming | None:
    """Who wrote where and when, as a message that says nothing yet; None where no person wrote."""
    if not sender or sender.get("is_bot") or chat.get("type") == "channel":
        return None
    name = _plain(f"{sender.get('first_name', '')} {sender.get('last_name', '')}").strip()
    return Incoming(
        CHANNEL, account, key, "unknown", str(chat["id"]), str(sender["id"]), "telegram_id", name,
        locale=sender.get("language_code") or "", is_group=chat.get("type") in GROUPS,
        group_name=_plain(str(chat.get("title") or "")) if chat.get("type") in GROUPS else "",
        sent_at=datetime.fromtimestamp(date, UTC) if date else None,
    )  # fmt: skip


def _read(base: Incoming, message: Json, username: str) -> Incoming | None:
    """What a message says; one whose parts have an unknown shape is still a message."""
    try:
        if text := message.get("text"):
            return _text(base, _plain(text), username.lower())
        return _carried(base, message, _plain(message.get("caption") or ""))
    except SHAPES:
        return base


def _text(base: Incoming, text: str, username: str) -> Incoming | None:
    """Words or a command; None for a command that is addressed to another bot of the group."""
    command = COMMAND.fullmatch(text.strip())
    if command is None:
        return replace(base, kind="text", text=text)
    name, addressee, argument = command.groups("")
    if addressee and username and addressee.lower() != username:
        return None
    return replace(base, kind="command", text=text, command=name.lower(), argument=argument.strip())


def _carried(base: Incoming, message: Json, caption: str) -> Incoming:
    """What a message carries beside words."""
    if photo := message.get("photo"):
        return _media(base, "photo", _largest(photo), caption)
    if voice := message.get("voice") or message.get("audio"):
        return _media(base, "voice", voice, caption)
    if (document := message.get("document")) and str(document.get("mime_type")).startswith("image/"):
        return _media(base, "photo", document, caption)
    if any(name in message for name in FILES):
        return replace(base, kind="file", text=caption)
    if spot := message.get("location"):
        return replace(base, kind="location", text=_venue(message), location=_location(spot))
    return base


def _media(base: Incoming, kind: Literal["photo", "voice"], file: Json, caption: str) -> Incoming:
    """A photo or voice note; one that Telegram will not hand over is a file that nobody can open."""
    if file.get("file_size", 0) > MAX_DOWNLOAD:
        return replace(base, kind="file", text=caption)
    media = (Media(kind, file["file_id"]),)
    return replace(base, kind="image" if kind == "photo" else "voice", text=caption, media=media)


def _largest(sizes: list[Json]) -> Json:
    """The largest size of a photo that can be downloaded."""
    fitting = [size for size in sizes if size.get("file_size", 0) <= MAX_DOWNLOAD] or sizes
    return max(fitting, key=lambda size: size["width"] * size["height"])


def _location(spot: Json) -> Location:
    return Location(float(spot["latitude"]), float(spot["longitude"]))


def _venue(message: Json) -> str:
    venue = message.get("venue") or {}
    return _plain(f"{venue.get('title', '')} {venue.get('address', '')}").strip()


def _tapped(account: str, key: str, tap: Json) -> Incoming | None:
    """A pressed button. The message that showed it may be too old for Telegram to describe."""
    shown = tap.get("message") or {}
    base = _base(account, key, shown.get("chat") or {"id": tap["from"]["id"]}, tap["from"])
    if base is None or not tap.get("data"):
        return base
    return replace(
        base, kind="action", action=tap["data"], message=str(shown.get("message_id", "")), callback=tap["id"]
    )


def _changed(account: str, key: str, change: Json) -> Incoming | None:
    """Somebody blocked us or let us in again. Of a group it says that we are gone, and nothing about who did it."""
    base = _base(account, key, change["chat"], change.get("from"), change.get("date"))
    is_gone = change["new_chat_member"]["status"] in GONE
    if base is None or (base.is_group and not is_gone):
        return None
    return replace(base, kind="unfollow" if is_gone else "follow")


def _unknown(update: Json, account: str, key: str) -> Incoming | None:
    """A kind of update that we do not ask for: kept as unknown where a person stands behind it."""
    for value in update.values():
        if isinstance(value, dict) and isinstance(sender := value.get("from"), dict):
            return _base(account, key, value.get("chat") or {"id": sender["id"]}, sender, value.get("date"))
    return None


def _is_noise(found: Incoming) -> bool:
    """Whether it is not meant for us: in a group, what we cannot read (joins, pins, stickers, edits)."""
    return found.is_group and found.kind in ("unknown", "file")


def _plain(text: str) -> str:
    """Without the one character that no text column of PostgreSQL takes."""
    return text.replace("\x00", "")
