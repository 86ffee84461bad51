"""Telegram: the Bot API through the typed requests of python-telegram-bot, and nothing else of that library.

Its dispatcher and its conversations acknowledge what is not stored yet; ours never do.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

import httpx
from telegram import Bot, BotCommand

from bot.calling import certificates
from bot.channels import Channel, Symptom, Take, channel
from bot.channels._telegram_errors import Request, translated
from bot.channels._telegram_examination import examine
from bot.channels._telegram_init_data import verify_init_data
from bot.channels._telegram_polling import Sleep, insist, poll
from bot.channels._telegram_sending import Sender
from bot.channels._telegram_updates import CHANNEL, MAX_DOWNLOAD, parse_update, read_body
from bot.cutting import shorten
from bot.messages import Answer, HookRequest, Incoming, Limits, Outgoing, SendError
from bot.proofs import is_same
from core import i18n
from core.database import Database
from core.errors import SettingsError
from core.quotas import Quota
from core.settings import Settings
from core.storage import Storage

__all__ = ["TelegramChannel", "verify_init_data"]

SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 (the name of a header)
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")  # https://core.telegram.org/bots/api#setwebhook
UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
COMMANDS = ("report", "mine", "work", "link", "language", "help", "cancel")
LANGUAGES = {"": "en", "en": "en", "zh": "zh_CN"}  # Telegram's code (empty: everyone else) and ours
MAX_NOTICE = 200  # https://core.telegram.org/bots/api#answercallbackquery
MAX_CONNECTIONS = 20
LONG_POLL = 25
PATIENCE = 20.0
DOWNLOAD_TIME = 90.0


class TelegramChannel:
    """One bot. `base_url`: without the trailing `/bot`. `secret`: set in webhook mode, where updates come by hook.

    The limits are those of the platform (text and caption counted in the stricter of its two ways), its paces at
    80 %, which delivery makes of the quota: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
    """

    name = CHANNEL
    hooks: tuple[str, ...] = ("",)
    limits = Limits(
        text=4096, caption=1024, unit="utf16", buttons=100, label=64, has_edits=True,
        per_second=24, per_chat_second=0.8, per_group_minute=16, group_prefix="-",
        quotas=(Quota(20, timedelta(minutes=1), "group"),),
    )  # fmt: skip

    def __init__(
        self, token: str, storage: Storage, *, base_url: str, secret: str = "", public_url: str = "",
        patience: float = PATIENCE, sleep: Sleep = asyncio.sleep, per_second: float = limits.per_second,
        per_chat_second: float = limits.per_chat_second,
    ) -> None:  # fmt: skip
        self.limits = replace(self.limits, per_second=per_second, per_chat_second=per_chat_second)
        self.account = token.partition(":")[0]
        self.username = ""
        self._secret = secret
        self._hook = f"{public_url}/hooks/{CHANNEL}"
        self._sleep = sleep
        self._patience = patience
        self._request = Request(
            read_timeout=patience, write_timeout=patience, connect_timeout=min(patience, 10), pool_timeout=patience,
            httpx_kwargs={"verify": certificates()},
        )  # fmt: skip
        self._bot = Bot(
            token, base_url=f"{base_url}/bot", base_file_url=f"{base_url}/file/bot",
            request=self._request, get_updates_request=self._request,
        )  # fmt: skip
        self._sender = Sender(self._bot, storage, self.limits)

    @property
    def is_polled(self) -> bool:
        return not self._secret

    def is_welcome(self, request: HookRequest) -> bool:
        return self.is_authentic(request)

    def is_authentic(self, request: HookRequest) -> bool:
        """Whether the secret that we gave to Telegram came back; never true while updates are polled."""
        given = request.headers.get(SECRET_HEADER, "")
        return is_same(given, self._secret)

    def parse(self, request: HookRequest) -> list[Incoming]:
        return self._parsed(read_body(request.body))

    def handshake(self, request: HookRequest) -> Answer | None:
        return None

    async def send(self, conversation: str, message: Outgoing, key: str) -> str:
        return await self._sender.send(conversation, message)

    async def settle_tap(self, incoming: Incoming, notice: str) -> None:
        """End the spinner on a pressed button. One that is too old has ended already."""
        if not incoming.callback:
            return
        text = shorten(notice, MAX_NOTICE, self.limits.unit)
        try:
            await translated(self._bot.answer_callback_query(incoming.callback, text or None), is_repeatable=True)
        except SendError as error:
            if error.code != "refused":
                raise

    async def fetch(self, reference: str) -> bytes:
        """Download a file; `too_large` beyond what Telegram promises, whatever size it claimed."""
        file = await translated(self._bot.get_file(reference), is_repeatable=True)
        if (file.file_size or 0) > MAX_DOWNLOAD:
            raise SendError("too_large")
        try:
            async with asyncio.timeout(DOWNLOAD_TIME):
                return await self._download(file.file_path or "")
        except TimeoutError:
            raise SendError("timeout", retryable=True) from None
        except (httpx.HTTPError, httpx.InvalidURL):
            raise SendError("unreachable", retryable=True) from None

    async def listen(self, take: Take) -> None:
        if self._secret:
            return
        await insist(self._forget_hook, "remove the webhook", self._sleep)
        await poll(self._updates, self._parsed, take, self._sleep)

    async def prepare(self) -> None:
        await insist(self._learn_name, "ask for the bot's name", self._sleep)
        if self._secret:
            await insist(self._register_hook, f"register {self._hook}", self._sleep)
        for language, locale in LANGUAGES.items():
            await insist(partial(self._list_commands, language, locale), "list the commands", self._sleep)

    async def examine(self) -> list[Symptom]:
        return await examine(self._bot, self._hook if self._secret else "")

    async def close(self) -> None:
        """Give the connections back."""
        await self._request.shutdown()

    def _parsed(self, update: dict[str, Any]) -> list[Incoming]:
        return parse_update(update, self.account, self.username)

    async def _download(self, url: str) -> bytes:
        """The file itself. Its address is made from our own base address, never taken from a message."""
        visitor = httpx.AsyncClient(timeout=self._patience, verify=certificates())
        async with visitor as client, client.stream("GET", url) as answer:
            if answer.status_code != httpx.codes.OK:
                raise SendError("gone" if answer.is_client_error else "unreachable", retryable=answer.is_server_error)
            data = bytearray()
            async for part in answer.aiter_bytes():
                data += part
                if len(data) > MAX_DOWNLOAD:
                    raise SendError("too_large")
            return bytes(data)

    async def _updates(self, offset: int | None) -> list[dict[str, Any]]:
        """What came after the offset, as plain JSON: the library's own call fails on a whole batch when one is odd."""
        wishes: dict[str, Any] = {"timeout": LONG_POLL, "allowed_updates": json.dumps(UPDATES)}
        if offset is not None:
            wishes["offset"] = offset
        address = f"{self._bot.base_url}/getUpdates?{urlencode(wishes)}"
        answer: Any = await translated(
            self._request.post(address, read_timeout=LONG_POLL + self._patience), is_repeatable=True
        )
        return list(answer)

    async def _forget_hook(self) -> None:
        await translated(self._bot.delete_webhook(drop_pending_updates=False), is_repeatable=True)

    async def _learn_name(self) -> None:
        self.username = (await translated(self._bot.get_me(), is_repeatable=True)).username or ""

    async def _register_hook(self) -> None:
        request = self._bot.set_webhook(
            self._hook, secret_token=self._secret, allowed_updates=UPDATES, max_connections=MAX_CONNECTIONS
        )
        await translated(request, is_repeatable=True)

    async def _list_commands(self, language: str, locale: str) -> None:
        commands = [BotCommand(name, i18n.translate(f"command.{name}", locale)) for name in COMMANDS]
        await translated(self._bot.set_my_commands(commands, language_code=language or None), is_repeatable=True)


@channel(CHANNEL)
def open_telegram(settings: Settings, storage: Storage, database: Database) -> Channel | None:
    """The bot of the settings. What fetches for it must not log: every address holds the token."""
    chosen = settings.telegram
    if not chosen.is_on:
        return None
    token = chosen.plain("token")
    number, colon, rest = token.partition(":")
    if not (number.isdecimal() and colon and rest):
        raise SettingsError(problem="GONGDAN_TELEGRAM__TOKEN does not look like 123456:ABC…")
    for library in ("httpx", "httpcore", "telegram"):
        logging.getLogger(library).setLevel(logging.WARNING)
    secret = chosen.plain("secret") if chosen.mode == "webhook" else ""
    if secret and not SECRET.fullmatch(secret):
        raise SettingsError(problem="GONGDAN_TELEGRAM__SECRET may hold 1 to 256 letters, digits, _ and - only")
    base_url = chosen.base_url.rstrip("/")
    return TelegramChannel(
        token, storage, base_url=base_url, secret=secret, public_url=settings.public_url, per_second=chosen.per_second,
        per_chat_second=chosen.per_chat_second,
    )  # fmt: skip
