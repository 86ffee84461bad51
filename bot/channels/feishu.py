"""Feishu (Lark abroad): an app with a bot, whose events and taps come by hook. No library of theirs, only HTTP.

docs/decisions/0017-libraries-of-chats.md says why.
"""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import orjson

from bot.calling import MAX_MEDIA, PATIENCE, Caller, PlatformError
from bot.channels import Channel, Proven, Symptom, Take, channel
from bot.channels._feishu_callbacks import CARDS, Callbacks, is_at_once
from bot.channels._feishu_errors import UNKNOWN_CODES, VERDICTS
from bot.channels._feishu_events import CHANNEL, GROUP, SENDER, image_of, parse_event
from bot.channels._feishu_examination import examine
from bot.channels._feishu_sending import AS_JSON, MESSAGES, Sender, Sleep, bearer, card_object
from bot.messages import Answer, HookRequest, Incoming, Limits, Outgoing, SendError
from bot.tokens import Fetched, Tokens
from core.database import Database
from core.errors import SettingsError
from core.platform_tokens import Name
from core.quotas import Quota
from core.settings import Settings
from core.storage import Storage

SHORTEST_KEY = 32  # Feishu takes any; whoever guesses it can forge callbacks
LOG_IN = "/open-apis/auth/v3/tenant_access_token/internal"
AUTHORIZE, REDEEM = "/open-apis/authen/v1/authorize", "/open-apis/authen/v2/oauth/token"
WHO = "/open-apis/authen/v1/user_info"
REFERENCE = re.compile(r"(image|file):([A-Za-z0-9_=-]{1,128}):([A-Za-z0-9_=-]{1,256})")


class FeishuChannel:
    """One app. `base_url`: open.feishu.cn, open.larksuite.com or a relay of your own.

    A card or post may have 30 KB as it is sent, in which quotation marks and lines take several bytes: 12,000 bytes of
    words and 40 buttons always fit, but for words of quotation marks alone. Paces are 80 % of 50 messages a second,
    5 a second to a person or group, 1,000 a minute; what is sent to a group counts for all bots in it. Of two messages
    with one key Feishu shows the first within an hour, so that what may have arrived is sent again without harm.
    https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/reference/im-v1/message/create
    """

    name = CHANNEL
    hooks: tuple[str, ...] = ("", CARDS)
    limits = Limits(
        text=12_000, caption=12_000, unit="bytes", buttons=40, label=100, has_edits=True,
        reply_within=timedelta(seconds=2.5), per_second=40, per_chat_second=4, per_group_minute=240,
        group_prefix=GROUP, quotas=(Quota(1000, timedelta(minutes=1), "account"),), is_repeatable=True,
    )  # fmt: skip

    def __init__(
        self, app_id: str, secret: str, callbacks: Callbacks, tokens: Tokens, storage: Storage, *, base_url: str,
        public_url: str = "", patience: float = PATIENCE, sleep: Sleep = asyncio.sleep,
    ) -> None:  # fmt: skip
        self.account = app_id
        self._secret = secret
        self._callbacks = callbacks
        self._base_url = base_url.rstrip("/")
        self._public_url = public_url
        secrets = [secret, callbacks.encrypt_key, callbacks.token]
        self._caller = Caller(self._base_url, VERDICTS, secrets=secrets, patience=patience)
        self._sender = Sender(self._caller, tokens, Name(CHANNEL, app_id), self._log_in, storage, sleep)

    def is_welcome(self, request: HookRequest) -> bool:
        return self._callbacks.is_welcome(request)

    def is_authentic(self, request: HookRequest) -> bool:
        return self._callbacks.is_authentic(request)

    def handshake(self, request: HookRequest) -> Answer | None:
        """Feishu asks by POST, when an address is entered in its console."""
        challenge = self._callbacks.challenge(request)
        return Answer(orjson.dumps({"challenge": challenge}).decode()) if challenge else None

    def parse(self, request: HookRequest) -> list[Incoming]:
        """The message of a callback. A tap is of now or of nobody, also where the hook of events brings it."""
        found = parse_event(self._callbacks.event(request.body), self.account)
        return [one for one in found if not one.takes_reply or is_at_once(request)]

    def answer(self, request: HookRequest, reply: Outgoing | None) -> Answer | None:
        """The new card where a tap changes its own one: there at once, with the picture. All else is sent as usual.

        https://open.feishu.cn/document/uAjLw4CM/ukzMukzMukzM/feishu-cards/handle-card-callbacks
        """
        if reply is None:
            return Answer()
        said = self._callbacks.event(request.body)
        tap = next(iter(parse_event(said, self.account)), None)
        if tap is None or not reply.replaces or reply.replaces != tap.message or reply.photo:
            return None
        shown = {"type": "raw", "data": card_object(reply, tap.conversation, image_of(said))}
        return Answer(orjson.dumps({"card": shown}).decode())

    async def send(self, conversation: str, message: Outgoing, key: str) -> str:
        return await self._sender.send(conversation, message, key)

    async def fetch(self, reference: str) -> bytes:
        """Download a file of a message, from Feishu's own address only.

        https://open.feishu.cn/document/server-docs/im-v1/message/get-2
        """
        found = REFERENCE.fullmatch(reference)
        if found is None:
            raise SendError("gone")
        kind, message, key = found.groups()
        path = f"{MESSAGES}/{quote(message, safe='')}/resources/{quote(key, safe='')}"
        data: bytes = await self._sender.using(partial(self._download, path, kind))
        return data

    async def _download(self, path: str, kind: str, token: str) -> bytes:
        return await self._caller.download(path, {"type": kind}, bearer(token), most=MAX_MEDIA)

    async def settle_tap(self, incoming: Incoming, notice: str) -> None:
        """The answer to its callback has settled it."""

    async def listen(self, take: Take) -> None:
        return

    async def prepare(self) -> None:
        """Addresses, events and permissions are set by hand in Feishu's console: docs/feishu.md."""

    async def examine(self) -> list[Symptom]:
        hook = f"{self._public_url}/hooks/{CHANNEL}" if self._public_url else ""
        return await examine(self._caller, self._fresh, self._callbacks, self._base_url, hook)

    async def close(self) -> None:
        """Give the connections back."""
        await self._caller.close()

    def sign_in_url(self, state: str, redirect: str) -> str:
        """https://open.feishu.cn/document/common-capabilities/sso/api/obtain-oauth-code"""
        asked = {"client_id": self.account, "redirect_uri": redirect, "response_type": "code", "state": state}
        return f"{_accounts(self._base_url)}{AUTHORIZE}?{urlencode(asked)}"

    async def who(self, code: str) -> list[Proven]:
        """https://open.feishu.cn/document/uAjLw4CM/ukTMukTMukTM/authentication-management/access-token/get-user-access-token"""
        told = {
            "grant_type": "authorization_code", "client_id": self.account, "client_secret": self._secret, "code": code,
        }  # fmt: skip
        if self._public_url:
            told["redirect_uri"] = f"{self._public_url}/sign-in/{CHANNEL}/back"
        try:
            answer = await self._caller.post(REDEEM, told, headers=AS_JSON)
        except PlatformError as error:
            if error.number in UNKNOWN_CODES:
                return []
            raise
        known = await self._caller.get(WHO, headers=bearer(str(answer.get("access_token"))))
        open_id = (known.get("data") or {}).get("open_id")
        return [Proven(SENDER, open_id, open_id)] if isinstance(open_id, str) and open_id else []

    async def _log_in(self) -> Fetched:
        """https://open.feishu.cn/document/ukTMukTMukTM/ukDNz4SO0MjL5QzM/auth-v3/auth/tenant_access_token_internal"""
        told: dict[str, Any] = {"app_id": self.account, "app_secret": self._secret}
        answer = await self._caller.post(LOG_IN, told, headers=AS_JSON, is_repeatable=True)
        value, seconds = answer.get("tenant_access_token"), answer.get("expire")
        if not isinstance(value, str) or not isinstance(seconds, int):
            raise SendError("bad_token", retryable=True)
        return Fetched(value, timedelta(seconds=seconds))

    async def _fresh(self) -> str:
        return (await self._log_in()).value


def _accounts(base_url: str) -> str:
    """Where people sign in: Lark's own page for Lark, Feishu's for all else."""
    is_lark = (urlsplit(base_url).hostname or "").endswith(".larksuite.com")
    return "https://accounts.larksuite.com" if is_lark else "https://accounts.feishu.cn"


@channel(CHANNEL)
def open_feishu(settings: Settings, storage: Storage, database: Database) -> Channel | None:
    """The app of the settings."""
    chosen = settings.feishu
    if not chosen.is_on:
        return None
    app_id, key = chosen.plain("app_id"), chosen.plain("encrypt_key")
    if len(key) < SHORTEST_KEY:
        raise SettingsError(problem=f"GONGDAN_FEISHU__ENCRYPT_KEY must have at least {SHORTEST_KEY} characters")
    callbacks = Callbacks(app_id, key, chosen.plain("verification_token"))
    tokens = Tokens(database, settings.key)
    return FeishuChannel(
        app_id, chosen.plain("app_secret"), callbacks, tokens, storage, base_url=chosen.base_url,
        public_url=settings.public_url,
    )  # fmt: skip
