"""Messages to Feishu: words as a post, choices as a card, both without markup, so that nothing a person wrote is one.

https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/reference/im-v1/message/create
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import groupby
from typing import Any
from urllib.parse import quote

import orjson

from bot.calling import Caller, PlatformError
from bot.channels._feishu_events import GROUP
from bot.cutting import fitted, size
from bot.messages import Button, Outgoing, SendError
from bot.tokens import Fetch, Tokens
from core.platform_tokens import Name
from core.storage import MissingFile, Storage, StorageUnavailable

log = logging.getLogger(__name__)

MESSAGES, IMAGES = "/open-apis/im/v1/messages", "/open-apis/im/v1/images"
MOST = 30_000  # bytes of a card or post as it is sent: 30 KB
MOST_TAIL = 2_000
MOST_GROWTH = 7  # what becomes of a control character
MOST_IMAGE = 10 * 1024 * 1024  # https://open.feishu.cn/document/server-docs/im-v1/image/create
LINK = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*[A-Za-z0-9/=_~#-]")
AS_JSON = {"content-type": "application/json; charset=utf-8"}  # Feishu asks for the charset, too
AFTER_TAP = 1.0  # seconds: a card that changes before its tap was answered may be set back to what it was
Json = dict[str, Any]
Sleep = Callable[[float], Awaitable[None]]


class Sender:
    """The sending half of the channel. `log_in` fetches an access token."""

    def __init__(
        self, caller: Caller, tokens: Tokens, name: Name, log_in: Fetch, storage: Storage, sleep: Sleep = asyncio.sleep
    ) -> None:
        self._caller = caller
        self._tokens = tokens
        self._name = name
        self._log_in = log_in
        self._storage = storage
        self._sleep = sleep

    async def send(self, conversation: str, message: Outgoing, key: str) -> str:
        """Send a message, or put it in the place of an own one; returns its id.

        With the same `key` Feishu sends once in an hour; what it answers to the second time is the first one's id.
        """
        image = await self._uploaded(message.photo) if message.photo else ""
        if message.replaces:
            await self._sleep(AFTER_TAP)
            if await self._is_replaced(message, card(message, conversation, image)):
                return message.replaces
        is_card = bool(message.buttons or message.replaces)
        content = card(message, conversation, image) if is_card else post(message.text, image)
        told = {
            "receive_id": conversation, "msg_type": "interactive" if is_card else "post", "content": content,
            "uuid": key,
        }  # fmt: skip
        kind = "chat_id" if conversation.startswith(GROUP) else "open_id"
        answer = await self.using(partial(self._create, told, kind))
        sent = (answer.get("data") or {}).get("message_id")
        if not isinstance(sent, str) or not sent:  # who names no message may have made none
            raise SendError("unreachable", is_unknown=True)
        return sent

    async def using(self, call: Callable[[str], Awaitable[Any]]) -> Any:
        """What a request answers that needs an access token."""
        return await self._tokens.using(self._name, self._log_in, call)

    async def _create(self, told: Json, kind: str, token: str) -> Json:
        headers = AS_JSON | bearer(token)
        return await self._caller.post(MESSAGES, told, query={"receive_id_type": kind}, headers=headers)

    async def _is_replaced(self, message: Outgoing, content: str) -> bool:
        """Change an own card; False where it can't be any more: after 14 days, or once it was taken back.

        https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/reference/im-v1/message/patch
        """
        path = f"{MESSAGES}/{quote(message.replaces, safe='')}"
        try:
            await self.using(partial(self._patch, path, content))
        except PlatformError as error:
            if error.code != "refused":
                raise
            log.warning("a card could not be changed (%s), a new message goes out", error.number)
            return False
        return True

    async def _patch(self, path: str, content: str, token: str) -> Json:
        headers = AS_JSON | bearer(token)
        return await self._caller.post(path, {"content": content}, headers=headers, is_repeatable=True, method="PATCH")

    async def _uploaded(self, photo: str) -> str:
        """The key of a picture at Feishu; nothing for one that was erased since, or that Feishu will not take."""
        try:
            data = await asyncio.to_thread(self._storage.get, photo)
        except StorageUnavailable:
            raise SendError("unreachable", retryable=True) from None
        except (MissingFile, ValueError):
            log.warning("a picture is not in the storage, its text goes alone")
            return ""
        if len(data) > MOST_IMAGE:
            log.warning("a picture is too large for Feishu, its text goes alone")
            return ""
        try:
            answer = await self.using(partial(self._upload, data))
        except PlatformError as error:
            if error.retryable:
                raise
            log.warning("Feishu refused a picture, its text goes alone")
            return ""
        return str((answer.get("data") or {}).get("image_key") or "")

    async def _upload(self, data: bytes, token: str) -> Json:
        """A picture that is uploaded twice harms nobody: what counts is the message that shows it."""
        files = {"image": ("photo.jpg", data, "image/jpeg")}
        told = {"image_type": "message"}
        return await self._caller.post(IMAGES, told, files=files, headers=bearer(token), is_repeatable=True)


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def post(text: str, image: str = "") -> str:
    """Words and a picture as Feishu's rich text, of which only links are made."""

    def made(words: str) -> Json:
        lines = [[{"tag": "img", "image_key": image}]] if image else []
        return {"zh_cn": {"content": [*lines, *([_pieces(words)] if words else [])]}}

    return _within(text, made)


def card(message: Outgoing, conversation: str, image: str = "") -> str:
    """Words, a picture and buttons as a card that all its readers share, so that it can be changed.

    https://open.feishu.cn/document/uAjLw4CM/ukzMukzMukzM/feishu-cards/card-json-structure
    """
    rows = [
        [_button(one, conversation, image) for one in row] for _, row in groupby(message.buttons, lambda one: one.row)
    ]

    def made(words: str) -> Json:
        shown: list[Json] = []
        if image:
            shown.append({"tag": "img", "img_key": image, "alt": _plain("")})
        if words:
            shown.append({"tag": "div", "text": _plain(words)})
        shown += [{"tag": "action", "layout": "flow", "actions": row} for row in rows]
        config = {"wide_screen_mode": True, "update_multi": True, "enable_forward": False}
        return {"config": config, "elements": shown}

    return _within(message.text, made)


def card_object(message: Outgoing, conversation: str, image: str) -> Json:
    """The same as an object, for the answer to a tap."""
    found: Json = orjson.loads(card(message, conversation, image))
    return found


def _within(text: str, made: Callable[[str], Json]) -> str:
    """The content as a text of JSON, which stands in JSON once more; where it is too much, words are cut.

    The limits leave room enough, but for a text of quotation marks and their like, which grow. What stands
    in its last line, an address or numbers, is kept.
    """
    content, room = orjson.dumps(made(text)), size(text, "bytes")
    prose, _, tail = text.rpartition("\n")
    if not prose or size(tail, "bytes") > MOST_TAIL:
        prose, tail = text, ""
    while (over := len(orjson.dumps(content.decode())) - MOST) > 0 and room > MOST_TAIL:
        room -= max(over // MOST_GROWTH, 64)
        content = orjson.dumps(made(fitted(prose, tail, room, "bytes")))
    return content.decode()


def _button(button: Button, conversation: str, image: str) -> Json:
    """A link, or a tap that brings back where it stood: its callback tells groups from people no more than pictures."""
    said: Json = {"tag": "button", "text": _plain(button.label), "type": "default"}
    if button.url:
        return {**said, "url": button.url}
    value = {"token": button.token, "chat": conversation}
    return {**said, "value": {**value, "image": image} if image else value}


def _plain(text: str) -> Json:
    return {"tag": "plain_text", "content": text}


def _pieces(text: str) -> list[Json]:
    """Words as they are, addresses as links."""
    pieces, at = [], 0
    for found in LINK.finditer(text):
        pieces += [{"tag": "text", "text": text[at : found.start()]}] if found.start() > at else []
        pieces.append({"tag": "a", "text": found[0], "href": found[0]})
        at = found.end()
    return [*pieces, {"tag": "text", "text": text[at:]}] if at < len(text) else pieces
