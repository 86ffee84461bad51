"""What a mini program's callbacks tell, as our messages: words to the customer service, consents, deliveries. Pure.

WeChat posts JSON or XML, as was chosen in the console; both say the same.
https://developers.weixin.qq.com/miniprogram/dev/framework/server-ability/message-push.html
https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/subscribe-message.html
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qs

import orjson

from bot.channels._weixin_calls import SENDER
from bot.channels._weixin_xml import Xml, checked, read_xml, word
from bot.messages import Incoming, Media
from bot.proofs import moment_of
from core.errors import Invalid

CHANNEL = "wxa"
LONGEST_ID = 128
NOT_DELIVERED = "undelivered"
LABEL = re.compile(r"(?!link-)[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
LISTS = {
    "subscribe_msg_popup_event": "SubscribeMsgPopupEvent", "subscribe_msg_change_event": "SubscribeMsgChangeEvent",
    "subscribe_msg_sent_event": "SubscribeMsgSentEvent",
}  # fmt: skip


def read(content: str, account: str, purposes: Mapping[str, str]) -> list[Incoming]:
    """The messages of a callback. `purposes`: by template, what it is for. Raises Invalid for what is no callback."""
    said = _fields(content)
    base = _base(said, account)
    kind, event = word(said, "MsgType").lower(), word(said, "Event").lower()
    if kind != "event":
        return [_said(base, said, kind)]
    if event == "user_enter_tempsession":
        return _entered(base, word(said, "SessionFrom"))
    if event == "subscribe_msg_sent_event":
        return [_delivered(base, one, place) for place, one in enumerate(_listed(said, event))]
    consents = _consents(said, event, purposes) if event in LISTS else ()
    return [replace(base, kind="consent", consents=consents)] if consents else []


def _fields(content: str) -> Xml:
    if not content.lstrip().startswith("{"):
        return read_xml(content)
    try:
        return checked(orjson.loads(content))  # which refuses halves of characters, as no database keeps them
    except orjson.JSONDecodeError:
        raise Invalid(field="field.body") from None


def _base(said: Xml, account: str) -> Incoming:
    sender, moment = word(said, "FromUserName"), moment_of(word(said, "CreateTime"))
    if len(sender) > LONGEST_ID or moment is None:
        raise Invalid(field="field.body")
    return Incoming(CHANNEL, account, _key(said), "unknown", sender, sender, SENDER, sent_at=moment)


def _key(said: Xml) -> str:
    """What is the same in every repetition: the message's number; events have none, so all that they tell does."""
    if number := word(said, "MsgId"):
        return number
    told = json.dumps(said, sort_keys=True, ensure_ascii=True)
    return f"event-{hashlib.sha256(told.encode()).hexdigest()[:40]}"


def _said(base: Incoming, said: Xml, kind: str) -> Incoming:
    text, media = word(said, "Content"), word(said, "MediaId")
    if kind == "text" and text:
        return replace(base, kind="text", text=text)
    if kind == "image" and media:
        return replace(base, kind="image", media=(Media("photo", media),))
    if kind == "miniprogrampage":
        return _at_code(base, word(said, "PagePath").partition("?")[2], otherwise=base)
    return base


def _entered(base: Incoming, said: str) -> list[Incoming]:
    """Who opens the chat has said nothing yet, unless its button stands for a thing.

    Nobody is greeted: WeChat takes two messages then, and the note on privacy and the question need them.
    """
    return [one for one in [_at_code(base, said, otherwise=base)] if one.kind == "scan"]


def _at_code(base: Incoming, query: str, *, otherwise: Incoming) -> Incoming:
    """A card or button of a page that stands for a thing: its query names the code, as `code=7KQ4M2XP95`.

    Nothing else is taken from it. Cards are handed on, and a code that joins chats would make whoever opens the
    customer service from one somebody else's, without a word of theirs.
    """
    code = parse_qs(query).get("code", [""])[0]
    return replace(base, kind="scan", argument=code) if LABEL.fullmatch(code) else otherwise


def _listed(said: Xml, event: str) -> list[Xml]:
    """What happened to each template. In XML the list has a name around it, and one alone is no list."""
    within = said.get(LISTS[event])
    found = (within if isinstance(within, dict) else said).get("List", within)
    return [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict)]


def _consents(said: Xml, event: str, purposes: Mapping[str, str]) -> tuple[tuple[str, int], ...]:
    """One more message for what was allowed; none at all for what was forbidden in the settings.

    Who says no when asked keeps what was allowed before, and who allows in the settings is still to be asked each time.
    """
    wanted, count = ("accept", 1) if event == "subscribe_msg_popup_event" else ("reject", 0)
    chosen = [word(one, "TemplateId") for one in _listed(said, event) if word(one, "SubscribeStatusString") == wanted]
    return tuple((purposes[template], count) for template in dict.fromkeys(chosen) if template in purposes)


def _delivered(base: Incoming, one: Xml, place: int) -> Incoming:
    refusal = "" if word(one, "ErrorCode") == "0" else NOT_DELIVERED
    return replace(
        base, kind="delivery_report", dedupe_key=f"{base.dedupe_key}-{place}", message=word(one, "MsgID"),
        refusal=refusal, text=word(one, "ErrorStatus"),
    )  # fmt: skip
