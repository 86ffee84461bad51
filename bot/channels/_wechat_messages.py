"""WeChat's messages and events as our messages. Pure; wechatpy reads the XML, which it does without entities.

Whatever a person sends becomes a message, of kind `unknown` where we cannot read it. What only happens (a page of the
menu was opened, a template arrived, a phone reports its position by itself) becomes nothing: an answer would be noise.
https://developers.weixin.qq.com/doc/service/guide/product/message/Receiving_standard_messages.html
"""

from __future__ import annotations

import hashlib
import logging
import re
from dataclasses import replace
from typing import Any
from xml.parsers.expat import ExpatError

from bot.channels._weixin_calls import SENDER
from bot.messages import Incoming, Location, Media
from bot.proofs import moment_of
from core.errors import Invalid

log = logging.getLogger(__name__)

CHANNEL = "wechat"
MENU = "gongdan."  # how the keys of our menu begin
COMMAND = re.compile(r"[a-z_]{1,32}")
REFUSED_TEMPLATE = "user block"  # the person takes nothing more from this account
NOT_DELIVERED = "undelivered"
LONGEST_ID, LONGEST_STATUS = 128, 200
SHAPES = (AttributeError, KeyError, TypeError, ValueError, IndexError, ExpatError, RecursionError)


def read(xml: str, account: str) -> list[Incoming]:
    """The message of a callback, if a person sent one. Raises Invalid for anything that is no callback."""
    message, base = _opened(xml, account)
    try:
        found = _said(base, message)
    except SHAPES:
        log.warning("a message of an unknown shape was taken as unknown: %s", message.type)
        found = base
    return [found] if found else []


def parties(xml: str) -> tuple[str, str]:
    """Who wrote, and the account that was written to, by the name that answers need."""
    message, base = _opened(xml, "")
    return base.sender, str(message.target or "")


def _opened(xml: str, account: str) -> tuple[Any, Incoming]:
    """The parsed callback, and who wrote when, as a message that says nothing yet."""
    from wechatpy.parser import parse_message  # type: ignore[import-untyped]  # noqa: PLC0415 - only where on

    try:
        message = parse_message(xml)
        sender, stamp = message.source, str(message.time)
        key = str(message.id) if message.id else _key_of(message)
    except SHAPES:
        raise Invalid(field="field.body") from None
    if not isinstance(sender, str) or not 0 < len(sender) <= LONGEST_ID:
        raise Invalid(field="field.body")
    return message, Incoming(
        CHANNEL, account, key, "unknown", sender, sender, SENDER, sent_at=moment_of(stamp), takes_reply=True
    )


def _key_of(message: Any) -> str:
    """Events have no number: WeChat says to know a repetition by sender and time; two events may share those."""
    parts = [_field(message, name) for name in ("FromUserName", "CreateTime", "Event", "EventKey", "MsgID")]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def _field(message: Any, name: str) -> str:
    """A value that wechatpy gives no name to."""
    return str(message._data.get(name) or "")  # noqa: SLF001


def _said(base: Incoming, message: Any) -> Incoming | None:
    found: Incoming | None = base
    match message.type:
        case "event":
            found = _happened(base, message)
        case "text" if message.content:
            found = replace(base, kind="text", text=message.content)
        case "image":
            found = replace(base, kind="image", media=(Media("photo", _media_id(message)),))
        case "voice":
            note = (Media("voice", _media_id(message)),)
            found = replace(base, kind="voice", text=message.recognition or "", media=note)
        case "location":
            spot = Location(float(message.location_x), float(message.location_y))
            found = replace(base, kind="location", text=message.label or "", location=spot)
        case "video" | "shortvideo":
            found = replace(base, kind="file")
        case "unknown" if _is_event(message):
            found = None
    return found


def _is_event(message: Any) -> bool:
    """Whether something happened that neither wechatpy nor we know."""
    return _field(message, "MsgType").lower().startswith(("event", "device_"))


def _media_id(message: Any) -> str:
    """Photos are fetched by it from WeChat alone; the address beside it (PicUrl) is never called."""
    if not isinstance(message.media_id, str) or not message.media_id:
        raise ValueError("no media id")
    return message.media_id


def _happened(base: Incoming, message: Any) -> Incoming | None:
    found: Incoming | None = None
    match message.event:
        case "subscribe" | "subscribe_scan_product":
            found = replace(base, kind="follow")
        case "subscribe_scan" | "scan":
            found = replace(base, kind="scan", argument=str(message.scene_id))
        case "scancode_waitmsg":
            found = replace(base, kind="scan", argument=str(message.scan_result))
        case "click":
            found = _chosen(base, str(message.key))
        case "unsubscribe":
            found = replace(base, kind="unfollow", takes_reply=False)
        case "templatesendjobfinish":
            found = _delivered(base, message)
    return found


def _chosen(base: Incoming, key: str) -> Incoming:
    """A click in the menu: one of our commands; a button that somebody else has made there shows what can be done."""
    name = key.removeprefix(MENU)
    known = key.startswith(MENU) and COMMAND.fullmatch(name)
    return replace(base, kind="command", command=name if known else "help")


def _delivered(base: Incoming, message: Any) -> Incoming:
    """How a template fared. Whoever takes none is as good as gone, until they write again."""
    status = str(message.status)
    failed = "blocked" if REFUSED_TEMPLATE in status else NOT_DELIVERED
    return replace(
        base, kind="delivery_report", message=_field(message, "MsgID"), text=status[:LONGEST_STATUS], takes_reply=False,
        refusal="" if status == "success" else failed,
    )  # fmt: skip
