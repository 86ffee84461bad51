"""Feishu's events as our messages. Pure, read straight from the JSON.

Whatever a person sends us becomes a message, of kind `unknown` where we cannot read it. What no person says to us
(reactions, read receipts, other bots, talk of a group that does not name us) becomes nothing.
https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/reference/im-v1/message/events/receive
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import orjson

from bot.messages import Incoming, Location, Media
from bot.proofs import moment_of

log = logging.getLogger(__name__)

CHANNEL = "feishu"
SENDER = "feishu_open_id"
GROUP = "oc_"  # how ids of groups begin; a private chat is known by its person's open_id
PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".heic", ".heif")
COMMAND = re.compile(r"[a-z_]{1,32}")
SHAPES = (AttributeError, KeyError, TypeError, ValueError, OverflowError)
Json = dict[str, Any]


def parse_event(said: Json, account: str) -> list[Incoming]:
    """The message of an event, if a person sent one."""
    kind = str(said["header"].get("event_type"))
    read = READERS.get(kind)
    if read is None:
        return []
    try:
        found = read(said["header"], said["event"], account)
    except SHAPES:
        log.warning("an event %s of an unknown shape was left out", kind)
        return []
    return [found] if found else []


def _message(header: Json, event: Json, account: str) -> Incoming | None:
    message, sender = event["message"], event["sender"]
    if sender["sender_type"] != "user":
        return None
    is_group = message["chat_type"] != "p2p"
    person = _id(sender["sender_id"]["open_id"])
    base = Incoming(
        CHANNEL, account, _id(message["message_id"]), "unknown", _id(message["chat_id"]) if is_group else person,
        person, SENDER, is_group=is_group, sent_at=moment_of(str(message.get("create_time")), a_second=1000),
    )  # fmt: skip
    names = _names(message.get("mentions"))
    if is_group and not _is_for_us(message.get("mentions")):
        return None
    try:
        return _read(base, str(message["message_type"]), orjson.loads(message["content"]), names)
    except SHAPES:
        return base


def _is_for_us(mentions: Any) -> bool:
    """Whether a message in a group names a bot; an older server does not say what it is that is named."""
    found = [one for one in mentions or () if isinstance(one, dict)]
    return any(one.get("mentioned_type") in ("bot", "app", None) for one in found)


def _names(mentions: Any) -> dict[str, str]:
    """What stands for each placeholder of a text: "@Li" for a person, nothing for a bot."""
    found = [one for one in mentions or () if isinstance(one, dict)]
    return {str(one.get("key")): f"@{one.get('name')}" if one.get("mentioned_type") == "user" else "" for one in found}


def _read(base: Incoming, kind: str, content: Json, names: dict[str, str]) -> Incoming:
    """What a message says, by its type."""
    read = CONTENTS.get(kind)
    return read(base, content, names) if read else base


def _picture(base: Incoming, content: Json, names: dict[str, str]) -> Incoming:
    return _media(base, "photo", "image", content["image_key"])


def _voice(base: Incoming, content: Json, names: dict[str, str]) -> Incoming:
    return _media(base, "voice", "file", content["file_key"])


def _spot(base: Incoming, content: Json, names: dict[str, str]) -> Incoming:
    spot = Location(float(content["latitude"]), float(content["longitude"]))
    if not (abs(spot.latitude) <= 90 and abs(spot.longitude) <= 180):  # neither is what is no number
        return base
    return replace(base, kind="location", text=_plain(content.get("name") or ""), location=spot)


def _file(base: Incoming, content: Json, names: dict[str, str]) -> Incoming:
    """A picture that was sent as a file is a picture; what else there is nobody opens."""
    if str(content.get("file_name")).lower().endswith(PICTURES):
        return _media(base, "photo", "file", content["file_key"])
    return replace(base, kind="file")


def _text(base: Incoming, content: Json, names: dict[str, str]) -> Incoming:
    """Words; a mention alone says nothing."""
    text = _plain(content["text"])
    for key in sorted(names, key=len, reverse=True):  # "@_user_1" is the beginning of "@_user_10"
        text = text.replace(key, names[key])
    said = text.strip()
    return replace(base, kind="text", text=said) if said else base


def _media(base: Incoming, kind: Literal["photo", "voice"], what: str, key: str) -> Incoming:
    media = (Media(kind, reference_of(what, base.dedupe_key, _id(key))),)
    return replace(base, kind="image" if kind == "photo" else "voice", media=media)


def reference_of(what: str, message: str, key: str) -> str:
    """How a file is named to be fetched later: Feishu gives it out by its message only."""
    return f"{what}:{message}:{key}"


def _post(base: Incoming, content: Json, names: dict[str, str]) -> Incoming:
    """Words with pictures, line by line."""
    lines = [content.get("title") or ""]
    pictures: list[Media] = []
    for line in content["content"]:
        pieces = [piece for piece in line if isinstance(piece, dict)]
        lines.append("".join(_piece(piece, names) for piece in pieces))
        keys = [_id(piece["image_key"]) for piece in pieces if piece.get("tag") == "img"]
        pictures += [Media("photo", reference_of("image", base.dedupe_key, key)) for key in keys]
    said = _plain("\n".join(filter(None, lines))).strip()
    if pictures:
        return replace(base, kind="image", text=said, media=tuple(pictures))
    return replace(base, kind="text", text=said) if said else base


def _piece(piece: Json, names: dict[str, str]) -> str:
    if piece.get("tag") == "at":
        key = str(piece.get("user_id"))
        return names.get(key, f"@{piece.get('user_name') or ''}")
    said, link = str(piece.get("text") or ""), str(piece.get("href") or "")
    return f"{said} {link}".strip() if link and link != said else said


def _tapped(header: Json, event: Json, account: str) -> Incoming:
    """A pressed button; it carries the group that it was sent to, because the callback does not tell groups apart.

    https://open.feishu.cn/document/uAjLw4CM/ukzMukzMukzM/feishu-cards/card-callback-communication
    """
    person = _id(event["operator"]["open_id"])
    value = event["action"].get("value")
    told = value if isinstance(value, dict) else {}
    chat = str(told.get("chat") or "")
    is_group = chat.startswith(GROUP)
    base = Incoming(
        CHANNEL, account, _id(header["event_id"]), "unknown", chat if is_group else person, person, SENDER,
        is_group=is_group,
    )  # fmt: skip
    token, shown = str(told.get("token") or ""), _id(event["context"]["open_message_id"])
    return replace(base, kind="action", action=token, message=shown, takes_reply=True) if token else base


def image_of(said: Json) -> str:
    """The picture of the card that was tapped, so that it stays when the card is changed."""
    value = said["event"].get("action", {}).get("value")
    found = value.get("image") if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def _removed(header: Json, event: Json, account: str) -> Incoming:
    """We were taken out of a group, or there is no group any more. Who did it is nobody's business."""
    chat, sender = _id(event["chat_id"]), (event.get("operator_id") or {}).get("open_id") or ""
    return Incoming(
        CHANNEL, account, _id(header["event_id"]), "unfollow", chat, str(sender), SENDER, is_group=True,
        group_name=_plain(event.get("name") or ""),
    )  # fmt: skip


def _left(header: Json, event: Json, account: str) -> Incoming:
    """Somebody was deleted from the company.

    https://open.feishu.cn/document/server-docs/contact-v3/user/events/deleted
    """
    person = _id(event["object"]["open_id"])
    return Incoming(CHANNEL, account, _id(header["event_id"]), "left", person, person, SENDER)


def _entered(header: Json, event: Json, account: str) -> Incoming | None:
    """Somebody has opened the chat with us. It is told each time; only the first time calls for a greeting."""
    if event.get("last_message_id"):
        return None
    person = _id(event["operator_id"]["open_id"])
    return Incoming(CHANNEL, account, f"entered:{person}", "follow", person, person, SENDER)


def _chosen(header: Json, event: Json, account: str) -> Incoming | None:
    """An entry of the bot's menu, whose key in the console is the name of a command."""
    command, person = str(event["event_key"]), _id(event["operator"]["operator_id"]["open_id"])
    if not COMMAND.fullmatch(command):
        return None
    return Incoming(CHANNEL, account, _id(header["event_id"]), "command", person, person, SENDER, command=command)


def _id(value: Any) -> str:
    """What must be a text and must not be empty; nobody's id is not that of a person called None."""
    if not isinstance(value, str) or not value:
        raise TypeError
    return value


def _plain(text: str) -> str:
    """Without the one character that no text column of PostgreSQL takes."""
    return text.replace("\x00", "")


CONTENTS: dict[str, Callable[[Incoming, Json, dict[str, str]], Incoming]] = {
    "text": _text,
    "post": _post,
    "image": _picture,
    "audio": _voice,
    "location": _spot,
    "file": _file,
    "folder": _file,
    "media": _file,  # a video
}
READERS: dict[str, Callable[[Json, Json, str], Incoming | None]] = {
    "im.message.receive_v1": _message,
    "card.action.trigger": _tapped,
    "im.chat.member.bot.deleted_v1": _removed,
    "im.chat.disbanded_v1": _removed,
    "contact.user.deleted_v3": _left,
    "im.chat.access_event.bot_p2p_chat_entered_v1": _entered,
    "application.bot.menu_v6": _chosen,
}
