"""A WeChat mini program: who signs in there, what its people are told by subscribe messages, its customer service.

https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import quote

from bot.channels import Channel, Proven, Symptom, Take, channel
from bot.channels._checking import check_token
from bot.channels._weixin import SEALED, SEALED_IN_JSON
from bot.channels._weixin_calls import Calls, proven, text_of, unless_used
from bot.channels._weixin_examination import Account
from bot.channels._weixin_sealing import Envelope
from bot.channels._weixin_sending import Sender, Template, templates_of, values_of
from bot.channels._wxa_examination import examine
from bot.channels._wxa_messages import CHANNEL, read
from bot.messages import Answer, HookRequest, Incoming, Limits, Outgoing, SendError
from bot.tokens import Tokens
from core.database import Database
from core.errors import Invalid, SettingsError
from core.quotas import Quota, Window
from core.settings import Settings
from core.storage import Storage

SUBSCRIBE = "/cgi-bin/message/subscribe/send"
APP_ID = re.compile(r"wx[0-9a-zA-Z]{8,32}")
AES_KEY = re.compile(r"[A-Za-z0-9]{43}")
PATIENCE = 20.0
LONGEST_ECHO = 128
WRITTEN = ("text", "image", "unknown")


@dataclass(frozen=True, slots=True)
class Access:
    """What the console and the settings agree on. Without `token` and `aes_key` there are no callbacks.

    `page`: of a ticket in the mini program, with `{number}` in it.
    """

    app_id: str
    secret: str
    token: str = ""
    aes_key: str = ""
    base_url: str = "https://api.weixin.qq.com"
    public_url: str = ""
    templates: Mapping[str, Template] = field(default_factory=dict)
    page: str = "pages/ticket/index?number={number}"


class MiniProgram:
    """One mini program.

    Subscribe messages take one consent of the person each, and the account may send ten million a day; after words to
    the customer service five messages in 48 hours, after its chat was opened two in a minute.
    https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/customer-message/send.html
    Without callbacks nobody is heard there, so that none of these windows ever opens.
    """

    name = CHANNEL
    limits = Limits(
        text=2048, caption=2048, unit="bytes", label=60, has_taps=False, has_links=False, redelivers=False,
        has_consents=True,
        windows=(
            Window(WRITTEN, timedelta(hours=48), 5), Window(("scan",), timedelta(minutes=1), 2),
        ),
        quotas=(Quota(10_000_000, timedelta(days=1), "templates"),),
    )  # fmt: skip

    def __init__(self, access: Access, storage: Storage, tokens: Tokens, *, patience: float = PATIENCE) -> None:
        self.account = access.app_id
        self.limits = replace(self.limits, templates=tuple(access.templates))
        self.templates: Mapping[str, str] = {purpose: template.id for purpose, template in access.templates.items()}
        self.has_callbacks = bool(access.token)
        self.hooks: tuple[str, ...] = ("",) if self.has_callbacks else ()
        self._envelope = Envelope(access.app_id, access.token, access.aes_key, (SEALED, SEALED_IN_JSON))
        self._calls = Calls(access.app_id, access.secret, tokens, access.base_url, patience, CHANNEL)
        self._service = Sender(self._calls, storage, {})
        self._chosen = Account(access.base_url, access.public_url, is_plain=False, templates=access.templates)
        self._page = access.page.lstrip("/")  # WeChat takes no slash in front

    def is_welcome(self, request: HookRequest) -> bool:
        return self.has_callbacks and self._envelope.is_ours(request.query)

    def is_authentic(self, request: HookRequest) -> bool:
        """Whether WeChat sealed this lately, for this mini program."""
        return self.has_callbacks and self._envelope.opened(request) is not None

    def handshake(self, request: HookRequest) -> Answer | None:
        """What the console asks when the address is entered: the same text back, once its signature is right."""
        echo = request.query.get("echostr", "")
        if request.method != "GET" or not 0 < len(echo) <= LONGEST_ECHO or not self.is_welcome(request):
            return None
        return Answer(echo, "text/plain")

    def parse(self, request: HookRequest) -> list[Incoming]:
        content = self._envelope.opened(request)
        if content is None:
            raise Invalid(field="field.body")
        return read(content, self.account, {template: purpose for purpose, template in self.templates.items()})

    def answer(self, request: HookRequest, reply: Outgoing | None) -> Answer | None:
        """A mini program takes no words here; `success` ends WeChat's repetitions."""
        return Answer("success", "text/plain") if reply is None else None

    async def send(self, conversation: str, message: Outgoing, key: str) -> str:
        if not message.is_template:
            return await self._service.send(conversation, message, key)
        template = self._chosen.templates.get(message.purpose)
        if template is None:
            raise SendError("refused")
        asked = {"touser": conversation, "template_id": template.id, "data": values_of(template, message)}
        if number := dict(message.fields).get("number"):
            asked["page"] = self._page.replace("{number}", quote(number, safe=""))
        return str((await self._calls.post(SUBSCRIBE, asked)).get("msgid", key))

    async def fetch(self, reference: str) -> bytes:
        """Download a photo by its media id."""
        return await self._calls.media(reference)

    async def who(self, code: str) -> list[Proven]:
        """Who has opened the mini program, by a code of `wx.login`; nothing for one that is wrong, old or used.

        The session key that comes along opens what WeChat has encrypted for the client. Nothing of ours reads that, so
        it is not kept.
        https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-login/code2Session.html
        """
        return proven(await self._calls.behind_code("/sns/jscode2session", js_code=code))

    async def phone(self, code: str) -> str:
        """The telephone that a person has let WeChat tell us; empty for a code that is wrong, old or used.

        https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-info/phone-number/getPhoneNumber.html
        """
        told = await unless_used(self._calls.post("/wxa/business/getuserphonenumber", {"code": code}))
        info = told.get("phone_info")
        return text_of(info, "phoneNumber") if isinstance(info, dict) else ""

    async def settle_tap(self, incoming: Incoming, notice: str) -> None:
        """There are no taps to settle."""

    async def listen(self, take: Take) -> None:
        """What comes, comes by the hook."""

    async def prepare(self) -> None:
        await asyncio.sleep(0)  # the platform keeps nothing for us

    async def examine(self) -> list[Symptom]:
        return await examine(self._calls, self._chosen, has_callbacks=self.has_callbacks)

    async def close(self) -> None:
        await self._calls.close()


@channel(CHANNEL)
def open_wxa(settings: Settings, storage: Storage, database: Database) -> Channel | None:
    """The mini program of the settings; a key that cannot be one is refused at the start."""
    chosen = settings.wxa
    if not chosen.is_on:
        return None
    app_id, token, aes_key = (chosen.plain(name) for name in ("app_id", "token", "aes_key"))
    if not APP_ID.fullmatch(app_id):
        raise SettingsError(problem="GONGDAN_WXA__APP_ID does not look like wx0123456789abcdef")
    if token and not AES_KEY.fullmatch(aes_key):
        raise SettingsError(problem="GONGDAN_WXA__AES_KEY must have 43 letters and digits")
    if token:
        check_token("GONGDAN_WXA__TOKEN", token)
    if "{number}" not in chosen.page:
        raise SettingsError(problem="GONGDAN_WXA__PAGE must have {number} where the number of the ticket goes")
    templates = templates_of(chosen.templates, "GONGDAN_WXA__TEMPLATES")
    if len({template.id for template in templates.values()}) < len(templates):
        raise SettingsError(problem="GONGDAN_WXA__TEMPLATES: each purpose needs a template of its own")
    access = Access(
        app_id, chosen.plain("app_secret"), token, aes_key, chosen.base_url, settings.public_url, templates,
        chosen.page,
    )  # fmt: skip
    return MiniProgram(access, storage, Tokens(database, settings.key))
