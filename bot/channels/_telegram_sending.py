"""Messages to Telegram: plain text without markup, so that nothing a person wrote can be read as markup.

Where Telegram will not take a part of a message (a picture, a link on a button, an edit of an old message), the
rest still goes out.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions

from bot.channels._telegram_errors import Refused, translated
from bot.cutting import shorten
from bot.messages import Button, Limits, Outgoing, SendError
from core.storage import MissingFile, Storage, StorageUnavailable

log = logging.getLogger(__name__)

MAX_TOKEN = 64  # bytes: https://core.telegram.org/bots/api#inlinekeyboardbutton
MAX_ROW = 8
UNCHANGED = "message is not modified"
HAS_PHOTO = "no text in the message"
UNEDITABLE = ("message to edit not found", "message can't be edited", "message_id_invalid", "message_too_old")
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class Sender:
    """The sending half of the channel."""

    def __init__(self, bot: Bot, storage: Storage, limits: Limits) -> None:
        self._bot = bot
        self._storage = storage
        self._limits = limits

    async def send(self, conversation: str, message: Outgoing) -> str:
        """Send a message and return its id. Links that Telegram takes on no button are sent as words."""
        try:
            return await self._send(conversation, message)
        except Refused as refusal:
            log.warning("Telegram refused a message: %s", refusal.reason)
            if "url" in refusal.reason and any(button.url for button in message.buttons):
                return await self._send(conversation, self._with_links_as_words(message))
            raise

    async def _send(self, conversation: str, message: Outgoing) -> str:
        keyboard = _keyboard(message.buttons)
        is_edit = message.replaces.isdecimal() and not message.photo
        if is_edit and await self._edit(conversation, message, keyboard):
            return message.replaces
        if message.photo and (photo := await self._picture(message.photo)):
            return await self._send_photo(conversation, message, photo, keyboard)
        return await self._send_text(conversation, message.text, keyboard)

    async def _send_text(self, conversation: str, text: str, keyboard: InlineKeyboardMarkup | None) -> str:
        request = self._bot.send_message(conversation, text, reply_markup=keyboard, link_preview_options=NO_PREVIEW)
        return str((await translated(request)).message_id)

    async def _send_photo(
        self, conversation: str, message: Outgoing, photo: bytes, keyboard: InlineKeyboardMarkup | None
    ) -> str:
        """A picture with its caption; where the text is longer than a caption may be, the text follows."""
        is_caption = shorten(message.text, self._limits.caption, self._limits.unit) == message.text
        request = self._bot.send_photo(
            conversation, photo, caption=message.text if is_caption else None,
            reply_markup=keyboard if is_caption else None, filename="photo.jpg",
        )  # fmt: skip
        try:
            sent = await translated(request)
        except Refused as refusal:
            if "url" in refusal.reason:
                raise
            log.warning("Telegram refused a picture, its text goes alone: %s", refusal.reason)
            is_caption = False
        else:
            if is_caption:
                return str(sent.message_id)
        return await self._send_text(conversation, message.text, keyboard)

    async def _picture(self, key: str) -> bytes | None:
        """The bytes of a picture; None for one that was erased since the message was written."""
        try:
            return await asyncio.to_thread(self._storage.get, key)
        except StorageUnavailable:
            raise SendError("unreachable", retryable=True) from None
        except (MissingFile, ValueError):
            log.warning("a picture is not in the storage, its text goes alone")
            return None

    async def _edit(self, conversation: str, message: Outgoing, keyboard: InlineKeyboardMarkup | None) -> bool:
        """Put a message in the place of an own one; False where that one can no longer be changed."""
        try:
            await self._edit_part(conversation, message, keyboard)
        except Refused as refusal:
            if any(sign in refusal.reason for sign in UNEDITABLE):
                return False
            if UNCHANGED not in refusal.reason:
                raise
        return True

    async def _edit_part(self, conversation: str, message: Outgoing, keyboard: InlineKeyboardMarkup | None) -> None:
        """The words with the buttons; the buttons alone where there are no words; a picture's words lie elsewhere."""
        where: dict[str, Any] = {
            "chat_id": conversation, "message_id": int(message.replaces), "reply_markup": keyboard,
        }  # fmt: skip
        if not message.text:
            await translated(self._bot.edit_message_reply_markup(**where), is_repeatable=True)
            return
        request = self._bot.edit_message_text(message.text, link_preview_options=NO_PREVIEW, **where)
        try:
            await translated(request, is_repeatable=True)
        except Refused as refusal:
            if HAS_PHOTO not in refusal.reason:
                raise
            caption = shorten(message.text, self._limits.caption, self._limits.unit)
            await translated(self._bot.edit_message_caption(caption=caption, **where), is_repeatable=True)

    def _with_links_as_words(self, message: Outgoing) -> Outgoing:
        links = "\n".join(f"{button.label}: {button.url}" for button in message.buttons if button.url)
        room = self._limits.caption if message.photo else self._limits.text
        text = shorten(message.text, room - len(links) - 1, self._limits.unit)
        taps = tuple(button for button in message.buttons if not button.url)
        return replace(message, text=f"{text}\n{links}", buttons=taps)


def _keyboard(buttons: Sequence[Button]) -> InlineKeyboardMarkup | None:
    """The buttons in their rows, none longer than Telegram shows."""
    rows = [list(row) for _, row in groupby(map(_button, buttons), key=lambda pair: pair[0])]
    shown = [[button for _, button in row[at : at + MAX_ROW]] for row in rows for at in range(0, len(row), MAX_ROW)]
    return InlineKeyboardMarkup(shown) if shown else None


def _button(button: Button) -> tuple[int, InlineKeyboardButton]:
    """A tap or a link, with its row. Telegram's own client library would send a token that is too long."""
    if button.url:
        return button.row, InlineKeyboardButton(button.label, url=button.url)
    if not 1 <= len(button.token.encode()) <= MAX_TOKEN:
        raise Refused("the token of a button must have 1 to 64 bytes")
    return button.row, InlineKeyboardButton(button.label, callback_data=button.token)
