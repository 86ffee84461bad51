"""Messages to WeChat: words and pictures while a window is open, templates where none is, answers to callbacks.

https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage.html
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.channels._weixin import harmless
from bot.channels._weixin_calls import Calls
from bot.cutting import ending, shorten
from bot.messages import Outgoing, SendError
from core.errors import SettingsError
from core.storage import MissingFile, Storage, StorageUnavailable

log = logging.getLogger(__name__)

PURPOSES = ("work", "news", "survey", "digest", "notice")
SEND = "/cgi-bin/message/custom/send"
SEND_TEMPLATE = "/cgi-bin/message/template/send"
FIELDS = ("number", "category", "place", "thing", "time", "text", "moment", "state")
BY_DEFAULT = FIELDS[:5]
TEMPLATE_ID = re.compile(r"[A-Za-z0-9_-]{10,64}")
# How long a value may be by the kind of its keyword:
# https://developers.weixin.qq.com/doc/service/guide/product/template_message/Template_Message_Operation_Specifications.html
LENGTHS = {"thing": 20, "character_string": 32, "phrase": 5, "name": 10, "letter": 32, "number": 32}
EMPTY = "-"


@dataclass(frozen=True, slots=True)
class Template:
    """A template of the account. `slots`: which of our fields stands in each of its keywords."""

    id: str
    slots: Mapping[str, str]


def templates_of(chosen: Mapping[str, str], setting: str) -> dict[str, Template]:
    """The templates of a setting, by purpose. Raises SettingsError for a purpose or a template that is none."""
    if strange := sorted(set(chosen) - set(PURPOSES)):
        raise SettingsError(problem=f"{setting}: {', '.join(strange)} is none of {', '.join(PURPOSES)}")
    return {purpose: template_of(purpose, said, setting) for purpose, said in chosen.items()}


def template_of(purpose: str, said: str, setting: str = "GONGDAN_WECHAT__TEMPLATES") -> Template:
    """A template as the settings name it: its id and then `keyword=field` for each keyword.

    Without any, its keywords are called as our fields are. Raises SettingsError for what is none.
    """
    name, *pairs = said.split() or [""]
    slots = {key: value for key, equals, value in (pair.partition("=") for pair in pairs) if key and equals}
    if not TEMPLATE_ID.fullmatch(name):
        reason = "must begin with the id of a template, which has 10 to 64 letters, digits, - and _"
        raise SettingsError(problem=f"{setting}: {purpose} {reason}")
    if len(slots) != len(pairs) or not set(slots.values()) <= set(FIELDS):
        reason = f"must name what each keyword shows as keyword=field, the fields being {', '.join(FIELDS)}"
        raise SettingsError(problem=f"{setting}: {purpose} {reason}")
    return Template(name, slots or {field: field for field in BY_DEFAULT})


class Sender:
    """The sending half of the channel."""

    def __init__(self, calls: Calls, storage: Storage, templates: Mapping[str, Template]) -> None:
        self._calls = calls
        self._storage = storage
        self._templates = templates

    async def send(self, openid: str, message: Outgoing, key: str) -> str:
        """Send words, and a picture behind them; returns an id.

        The words go first: when the picture is one message too many, they have arrived. The picture is lent to WeChat
        before, because afterwards there is nothing that could be repeated.
        """
        if message.is_template:
            return await self._send_template(openid, message, key)
        picture = await self._lent(message.photo) if message.photo else ""
        if message.text or not picture:
            await self._calls.post(SEND, _said(openid, "text", content=harmless(message.text)))
        if picture:
            await self._show(openid, picture, is_alone=not message.text)
        return key

    async def _show(self, openid: str, picture: str, *, is_alone: bool) -> None:
        try:
            await self._calls.post(SEND, _said(openid, "image", media_id=picture))
        except SendError as error:
            if is_alone:
                raise
            log.warning("a picture did not go with its words: %s", error.code)

    async def _send_template(self, openid: str, message: Outgoing, key: str) -> str:
        """WeChat takes the same `client_msg_id` once in ten minutes."""
        template = self._templates.get(message.purpose)
        if template is None:
            raise SendError("refused")
        asked = {
            "touser": openid, "template_id": template.id, "url": message.url, "data": values_of(template, message),
            "client_msg_id": key.replace("-", "")[:32],
        }  # fmt: skip
        return str((await self._calls.post(SEND_TEMPLATE, asked)).get("msgid", key))

    async def _lent(self, key: str) -> str:
        """The media id of a picture; empty where it cannot be shown, so that its words go alone."""
        try:
            data = await asyncio.to_thread(self._storage.get, key)
        except StorageUnavailable:
            raise SendError("unreachable", retryable=True) from None
        except (MissingFile, ValueError):
            log.warning("a picture is not in the storage, its text goes alone")
            return ""
        is_png = key.endswith(".png")
        try:
            return await self._calls.upload(data, *(("p.png", "image/png") if is_png else ("p.jpg", "image/jpeg")))
        except SendError as error:
            if error.retryable:
                raise
            log.warning("WeChat does not take a picture (%s), its text goes alone", error.code)
            return ""


def values_of(template: Template, message: Outgoing) -> dict[str, dict[str, str]]:
    """What each keyword of a template shows of a message."""
    fields = dict(message.fields)
    return {word: {"value": _cut(word, field, fields.get(field, ""))} for word, field in template.slots.items()}


def _said(openid: str, kind: str, **content: str) -> dict[str, Any]:
    return {"touser": openid, "msgtype": kind, kind: content}


def _cut(keyword: str, field: str, value: str) -> str:
    """A value as its keyword takes it: on one line, within its length, and never empty."""
    most = LENGTHS.get(keyword.rstrip("0123456789"), 100)
    cut = ending if field == "place" else shorten
    return cut(" ".join(value.split()), most, "characters") or EMPTY
