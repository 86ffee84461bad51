"""WeCom's messages and events as ours. Pure, read straight from the XML.

https://developer.work.weixin.qq.com/document/path/90239 (messages), .../path/90240 (events). Whatever a member sends
becomes a message, of kind `unknown` where we cannot read it. What the app reports without anybody saying something
(opened, position every minute, the menu's camera, whose pictures come as messages of their own) becomes nothing; nor
is anybody greeted on `subscribe`, which comes for every member whom an administrator lets see the app.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal

from bot.channels._weixin_xml import Xml, word
from bot.messages import Incoming, Location, Media
from bot.proofs import moment_of

CHANNEL = "wecom"
SENDER = "corp_userid"
SYSTEM = "sys"  # who "writes" what no member did
TELLING = ("FromUserName", "CreateTime", "Event", "EventKey", "TaskId", "ResponseCode", "ChangeType", "UserID")
FILES = ("video", "shortvideo", "file")


def parse(said: Xml, account: str) -> Incoming | None:
    """The message of a callback; None for what nobody has said."""
    sender, kind = word(said, "FromUserName"), word(said, "MsgType").lower()
    is_event = kind == "event"
    base = Incoming(
        CHANNEL, account, _key(said), "unknown", sender, sender, SENDER, sent_at=moment_of(word(said, "CreateTime")),
        takes_reply=not is_event,
    )  # fmt: skip
    if is_event:
        read = EVENTS.get(word(said, "Event").lower())
        return read(base, said) if read else None
    return None if sender == SYSTEM else _message(base, said, kind)


def _key(said: Xml) -> str:
    """What is the same in every repetition: the message's number; events have none, so what they tell stands for it."""
    if number := word(said, "MsgId"):
        return number
    told = "|".join(word(said, name) for name in TELLING)
    return f"event-{hashlib.sha256(told.encode()).hexdigest()[:40]}"


def _message(base: Incoming, said: Xml, kind: str) -> Incoming:
    media = word(said, "MediaId")
    if kind == "text":
        return replace(base, kind="text", text=word(said, "Content"))
    if kind == "image" and media:
        return _file(base, "image", "photo", media)
    if kind == "voice" and media:
        return _file(replace(base, text=word(said, "Recognition")), "voice", "voice", media)
    if kind == "location":
        return _located(base, said)
    return replace(base, kind="file") if kind in FILES else base


def _file(base: Incoming, kind: Literal["image", "voice"], what: Literal["photo", "voice"], media: str) -> Incoming:
    return replace(base, kind=kind, media=(Media(what, media),))


def _located(base: Incoming, said: Xml) -> Incoming:
    """A position that was sent, with what it is called; X is the latitude."""
    try:
        spot = Location(float(word(said, "Location_X")), float(word(said, "Location_Y")))
    except ValueError:
        return base
    is_on_earth = -90 <= spot.latitude <= 90 and -180 <= spot.longitude <= 180
    return replace(base, kind="location", text=word(said, "Label"), location=spot) if is_on_earth else base


def _tapped(base: Incoming, said: Xml) -> Incoming:
    """A pressed button. The card is known by the newest code with which it may be changed, once."""
    return replace(base, kind="action", action=word(said, "EventKey"), message=word(said, "ResponseCode"))


def _chosen(base: Incoming, said: Xml) -> Incoming:
    """An entry of the app's menu; its key is a command."""
    return replace(base, kind="command", command=word(said, "EventKey").lower())


def _scanned(base: Incoming, said: Xml) -> Incoming:
    found = said.get("ScanCodeInfo")
    result = word(found, "ScanResult") if isinstance(found, dict) else ""
    return replace(base, kind="scan", argument=result, text=result)


def _left(base: Incoming, said: Xml) -> Incoming | None:
    """Somebody was deleted from the company."""
    gone = word(said, "UserID")
    if word(said, "ChangeType") != "delete_user" or not gone:
        return None
    return replace(base, kind="left", sender=gone, conversation=gone)


EVENTS: Mapping[str, Callable[[Incoming, Xml], Incoming | None]] = {
    "template_card_event": _tapped,
    "click": _chosen,
    "scancode_push": _scanned,
    "scancode_waitmsg": _scanned,
    "unsubscribe": lambda base, _: replace(base, kind="unfollow"),
    "change_contact": _left,
}
