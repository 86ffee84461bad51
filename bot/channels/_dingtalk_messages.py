"""DingTalk's callbacks as our messages. Pure, read straight from the JSON, as the SDK throws on real ones.

Whatever a person sends becomes a message, of kind `unknown` where we cannot read it. A private chat is named by the
person's userid, because DingTalk takes messages to a person by it and not by the conversation.
https://open.dingtalk.com/document/orgapp/receive-message
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson

from bot.messages import Incoming, Media
from bot.proofs import moment_of
from core.errors import Invalid

log = logging.getLogger(__name__)

CHANNEL = "dingtalk"
GROUP = "group:"  # no userid has a colon
CARD = "card:"
USERID, OUTSIDER = "ding_userid", "ding_sender_id"
IN_GROUP = "2"
LEFT = "user_leave_org"
PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif")
SHAPES = (AttributeError, KeyError, TypeError, ValueError, IndexError, OverflowError)
LANGUAGE = "zh-CN"  # DingTalk tells nobody's; who writes English in sentences is answered so
SENTENCE = 3  # words: fewer may be a command or a code
APART = "~"  # between our key and the group of a card
Json = dict[str, Any]


def read_object(text: bytes | str) -> Json:
    """The JSON of one callback. Raises Invalid for anything that DingTalk does not send."""
    try:
        said = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Invalid(field="field.body") from error
    if not isinstance(said, dict):
        raise Invalid(field="field.body")
    return said


def parse_message(said: Json, account: str, robot: str, key: str = "") -> list[Incoming]:
    """The message that a person sent to the robot. `key`: what names the callback where the message has no number."""
    found = _base(said, account, key)
    if found is None:
        raise Invalid(field="field.id")
    if said.get("robotCode") not in (None, "", robot):
        log.warning("a message to another robot was left out")
        return []
    try:
        return [_read(found, str(said.get("msgtype")), said)]
    except (*SHAPES, Invalid):
        return [found]


def parse_tap(said: Json, account: str, key: str) -> list[Incoming]:
    """A pressed button of a card. Its conversation is in the name that we gave the card."""
    sender, track = _plain(said.get("userId")), _plain(said.get("outTrackId"))
    if not sender or not track:
        raise Invalid(field="field.id")
    group = track.partition(APART)[2]
    tap = Incoming(
        CHANNEL, account, key, "unknown", f"{GROUP}{group}" if group else sender, sender, USERID,
        message=f"{CARD}{track}", is_group=bool(group), locale=LANGUAGE,
    )  # fmt: skip
    try:
        action = _pressed(said.get("content"))
    except (*SHAPES, Invalid):
        action = ""
    return [replace(tap, kind="action", action=action) if action else tap]


def parse_event(said: Json, account: str, kind: str, key: str) -> list[Incoming]:
    """What DingTalk tells of the organisation: who has left it; nothing else.

    https://open.dingtalk.com/document/orgapp/address-book-employee-leave
    """
    if kind != LEFT:
        return []
    told = said.get("userId") or said.get("UserId")
    gone = [_plain(one) for one in told] if isinstance(told, list) else [_plain(told)]
    return [Incoming(CHANNEL, account, f"{key}:{one}", "left", one, one, USERID) for one in gone if one and key]


def _base(said: Json, account: str, key: str) -> Incoming | None:
    """Who wrote where and when, as a message that says nothing yet; None for what is none.

    Somebody who is not a member of the organisation has no userid, and can be answered in groups alone.
    """
    member, number = _plain(said.get("senderStaffId")), _plain(said.get("msgId")) or key
    sender = member or _plain(said.get("senderId"))
    if not sender or not number:
        return None
    is_group = str(said.get("conversationType")) == IN_GROUP
    conversation = f"{GROUP}{_plain(said.get('conversationId'))}" if is_group else sender
    return Incoming(
        CHANNEL, account, number, "unknown", conversation, sender, USERID if member else OUTSIDER,
        _plain(said.get("senderNick")), is_group=is_group, sent_at=moment_of(str(said.get("createAt")), a_second=1000),
        group_name=_plain(said.get("conversationTitle")) if is_group else "", locale=LANGUAGE,
    )  # fmt: skip


def _read(base: Incoming, kind: str, said: Json) -> Incoming:
    """What a message says; one whose parts have an unknown shape raises, and is still a message."""
    content = said["text"] if kind == "text" else said.get("content") or {}
    content = read_object(content) if isinstance(content, str) else content
    match kind:
        case "text":
            found = _worded(base, _plain(content["content"]), ())
        case "richText":
            found = _rich(base, content["richText"])
        case "picture":
            found = replace(base, kind="image", media=(_photo(content),))
        case "audio":
            spoken = (Media("voice", _code(content, "downloadCode")),)
            found = replace(base, kind="voice", text=_plain(content.get("recognition")).strip(), media=spoken)
        case "file" if str(content.get("fileName")).lower().endswith(PICTURES):
            found = replace(base, kind="image", media=(_photo(content),))
        case "file" | "video":
            found = replace(base, kind="file")
        case _:
            found = base
    return found


def _rich(base: Incoming, parts: list[Any]) -> Incoming:
    """Words and pictures in one message: what cannot be read of it is left out."""
    words = "".join(_plain(part.get("text")) for part in parts if isinstance(part, dict))
    return _worded(base, words, tuple(_photos(parts)))


def _photos(parts: list[Any]) -> Iterator[Media]:
    for part in parts:
        if isinstance(part, dict) and (part.get("downloadCode") or part.get("pictureDownloadCode")):
            yield _photo(part)


def _worded(base: Incoming, words: str, media: tuple[Media, ...]) -> Incoming:
    text = words.strip()
    locale = "en" if text.isascii() and len(text.split()) >= SENTENCE else base.locale
    if media:
        return replace(base, kind="image", text=text, media=media, locale=locale)
    return replace(base, kind="text", text=text, locale=locale) if text else base


def _photo(content: Json) -> Media:
    return Media("photo", _code(content, "downloadCode", "pictureDownloadCode"))


def _code(content: Json, *names: str) -> str:
    """What a file is fetched by. Without it there is nothing to fetch."""
    code = next((content[name] for name in names if content.get(name)), None)
    if not isinstance(code, str):
        raise KeyError(names[0])
    return code


def _pressed(content: Any) -> str:
    """The token of a button: its parameter `token` where the template has one, else its identifier."""
    said = read_object(content) if isinstance(content, str) else content
    chosen = said["cardPrivateData"]
    params = chosen.get("params")
    token = params.get("token") if isinstance(params, dict) else None
    return _plain(token or chosen["actionIds"][0])


def _plain(text: Any) -> str:
    """Without the one character that no text column of PostgreSQL takes; nothing for what is no text."""
    return text.replace("\x00", "") if isinstance(text, str) else ""
