"""WeChat: an Official Account. Its people write in the chat; news reach them as templates.

https://developers.weixin.qq.com/doc/service/guide/
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlencode

from bot.channels import Channel, Proven, Symptom, Take, channel
from bot.channels._checking import check_token
from bot.channels._wechat_examination import examine
from bot.channels._wechat_menu import Sleep, show
from bot.channels._wechat_messages import parties, read
from bot.channels._weixin import answer_xml
from bot.channels._weixin_calls import CHANNEL, Calls, proven
from bot.channels._weixin_examination import Account
from bot.channels._weixin_sealing import Envelope
from bot.channels._weixin_sending import Sender, Template, templates_of
from bot.cutting import size
from bot.messages import Answer, HookRequest, Incoming, Limits, Outgoing
from bot.proofs import page_proof
from bot.tokens import Tokens
from bot.voices import playable
from core.database import Database
from core.errors import Invalid, SettingsError
from core.quotas import Quota, Window
from core.settings import Settings
from core.storage import Storage

log = logging.getLogger(__name__)

AUTHORIZE = "https://open.weixin.qq.com/connect/oauth2/authorize"
APP_ID = re.compile(r"wx[0-9a-zA-Z]{8,32}")
AES_KEY = re.compile(r"[A-Za-z0-9]{43}")
PATIENCE = 20.0
LONGEST_ECHO = 128
BROWSER, WECOM = "MicroMessenger", "wxwork"
WRITTEN = ("text", "image", "voice", "location", "file", "unknown")


@dataclass(frozen=True, slots=True)
class Access:
    """What the account's console and the settings agree on. Without an `aes_key`: plain mode."""

    app_id: str
    secret: str
    token: str
    aes_key: str = ""
    base_url: str = "https://api.weixin.qq.com"
    public_url: str = ""
    templates: Mapping[str, Template] | None = None


class WeChatChannel:
    """One account.

    The limits are those of the platform: 2,048 bytes a text; five messages in the 48 hours after what a person has
    written, three in the minute after a tap in the menu, a scan or a subscription; 100,000 templates a day.
    https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage.html
    WeChat waits five seconds for an answer; two of them are left to the way there and back.
    """

    name = CHANNEL
    hooks: tuple[str, ...] = ("",)
    page_script = "https://res.wx.qq.com/open/js/jweixin-1.6.0.js"
    limits = Limits(
        text=2048, caption=2048, unit="bytes", label=60, has_taps=False, has_links=False, redelivers=False,
        reply_within=timedelta(seconds=3),
        windows=(
            Window(WRITTEN, timedelta(hours=48), 5), Window(("command",), timedelta(minutes=1), 3),
            Window(("scan",), timedelta(minutes=1), 3), Window(("follow",), timedelta(minutes=1), 3),
        ),
        quotas=(Quota(100_000, timedelta(days=1), "templates"),),
    )  # fmt: skip

    def __init__(
        self, access: Access, storage: Storage, tokens: Tokens, *, patience: float = PATIENCE,
        sleep: Sleep = asyncio.sleep,
    ) -> None:  # fmt: skip
        templates = access.templates or {}
        self.limits = replace(self.limits, templates=tuple(templates))
        self.account = access.app_id
        self._sleep = sleep
        self._envelope = Envelope(access.app_id, access.token, access.aes_key)
        self._calls = Calls(access.app_id, access.secret, tokens, access.base_url, patience)
        self._sender = Sender(self._calls, storage, templates)
        self._chosen = Account(access.base_url, access.public_url, not access.aes_key, templates)

    def is_welcome(self, request: HookRequest) -> bool:
        return self._envelope.is_ours(request.query)

    def is_authentic(self, request: HookRequest) -> bool:
        """Whether WeChat signed this content lately, for this account."""
        return self._envelope.opened(request) is not None

    def handshake(self, request: HookRequest) -> Answer | None:
        """What the console asks when the address is entered: the same text back, once its signature is right.

        https://developers.weixin.qq.com/doc/service/guide/dev/push/
        """
        echo = request.query.get("echostr", "")
        if request.method != "GET" or not 0 < len(echo) <= LONGEST_ECHO or not self._envelope.is_ours(request.query):
            return None
        return Answer(echo, "text/plain")

    def parse(self, request: HookRequest) -> list[Incoming]:
        return read(self._content(request), self.account)

    def answer(self, request: HookRequest, reply: Outgoing | None) -> Answer | None:
        """Words go back at once; a picture has to be sent. Without words, `success` ends WeChat's repetitions."""
        if reply is None:
            return Answer("success", "text/plain")
        is_carried = reply.text and not reply.photo and size(reply.text, self.limits.unit) <= self.limits.text
        if not is_carried:
            return None
        sender, account = parties(self._content(request))
        return Answer(self._envelope.sealed(answer_xml(sender, account, reply.text)), "text/xml")

    async def send(self, conversation: str, message: Outgoing, key: str) -> str:
        return await self._sender.send(conversation, message, key)

    async def fetch(self, reference: str) -> bytes:
        """Download a photo or voice note by its media id, voice notes as what browsers play."""
        return await asyncio.to_thread(playable, await self._calls.media(reference))

    async def settle_tap(self, incoming: Incoming, notice: str) -> None:
        """There are no taps to settle."""

    async def listen(self, take: Take) -> None:
        """Everything comes by the hook."""

    async def prepare(self) -> None:
        await show(self._calls, self._sleep)

    async def examine(self) -> list[Symptom]:
        return await examine(self._calls, self._chosen)

    async def close(self) -> None:
        await self._calls.close()

    def sign_in_url(self, state: str, redirect: str) -> str:
        """WeChat's silent sign-in: it asks nobody anything and tells nothing but the id.

        https://developers.weixin.qq.com/doc/service/guide/h5/auth.html
        """
        asked = {
            "appid": self.account, "redirect_uri": redirect, "response_type": "code", "scope": "snsapi_base",
            "state": state,
        }  # fmt: skip
        return f"{AUTHORIZE}?{urlencode(asked)}#wechat_redirect"

    async def who(self, code: str) -> list[Proven]:
        told = await self._calls.behind_code("/sns/oauth2/access_token", code=code)
        # Who has only opened a preview of the page is named with an id that nobody else has, and never again.
        return [] if told.get("is_snapshotuser") else proven(told)

    async def joining_code(self, secret: str, life: timedelta) -> str:
        """What a QR code must say that joins whoever scans it to the person of a one-time code.

        Scanned with WeChat it opens the chat and sends the code there, also for who was no subscriber before.
        https://developers.weixin.qq.com/doc/service/api/qrcode/qrcodes/api_createqrcode.html
        """
        scene = {"scene": {"scene_str": f"link-{secret}"}}
        asked = {"expire_seconds": int(life.total_seconds()), "action_name": "QR_STR_SCENE", "action_info": scene}
        return str((await self._calls.post("/cgi-bin/qrcode/create", asked, is_repeatable=True))["url"])

    def is_browser(self, agent: str) -> bool:
        """WeCom's browser calls itself by this name, too, and then by its own."""
        return BROWSER in agent and WECOM not in agent

    async def page_proof(self, url: str) -> dict[str, str]:
        return page_proof(self.account, await self._calls.page_ticket(), url)

    def _content(self, request: HookRequest) -> str:
        content = self._envelope.opened(request)
        if content is None:
            raise Invalid(field="field.body")
        return content


@channel(CHANNEL)
def open_wechat(settings: Settings, storage: Storage, database: Database) -> Channel | None:
    """The account of the settings; a key that cannot be one is refused at the start."""
    chosen = settings.wechat
    if not chosen.is_on:
        return None
    app_id, aes_key = chosen.plain("app_id"), chosen.plain("aes_key") if chosen.mode == "safe" else ""
    if not APP_ID.fullmatch(app_id):
        raise SettingsError(problem="GONGDAN_WECHAT__APP_ID does not look like wx0123456789abcdef")
    if chosen.mode == "safe" and not AES_KEY.fullmatch(aes_key):
        raise SettingsError(problem="GONGDAN_WECHAT__AES_KEY must have 43 letters and digits")
    check_token("GONGDAN_WECHAT__TOKEN", chosen.plain("token"))
    templates = templates_of(chosen.templates, "GONGDAN_WECHAT__TEMPLATES")
    if chosen.mode == "plain":
        log.warning("WeChat runs in plain mode: its signature covers no message. Whoever overhears one can forge more.")
    access = Access(
        app_id, chosen.plain("app_secret"), chosen.plain("token"), aes_key, chosen.base_url, settings.public_url,
        templates,
    )  # fmt: skip
    return WeChatChannel(access, storage, Tokens(database, settings.key))
