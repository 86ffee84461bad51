"""WeCom: one app of a company, whose members report and work in it.

Callbacks come signed and encrypted; messages leave over HTTP. Parsing and sending are ours, the cipher is wechatpy's;
the decision about libraries of chats in docs/decisions says why.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from urllib.parse import urlencode

from bot.channels import Channel, Proven, Symptom, Take, channel
from bot.channels import _wecom_menu as menu
from bot.channels import _wecom_messages as messages
from bot.channels._wecom_api import Api, numbered
from bot.channels._wecom_errors import NO_SUCH_CODE
from bot.channels._wecom_examination import examine
from bot.channels._wecom_seal import Seal, is_told
from bot.channels._wecom_sending import Sender
from bot.channels._weixin import sealed_part, signature
from bot.channels._weixin_xml import Xml, read_xml, word
from bot.messages import Answer, HookRequest, Incoming, Limits, Outgoing, SendError
from bot.proofs import page_proof
from bot.tokens import Tokens
from bot.voices import playable
from core import clock
from core.database import Database
from core.errors import Invalid, SettingsError
from core.quotas import Quota
from core.settings import Settings
from core.storage import Storage

PATIENCE = 20.0
BROWSER = "wxwork"
AUTHORIZE = "https://open.weixin.qq.com/connect/oauth2/authorize"
WHO = "/cgi-bin/auth/getuserinfo"
# To one member 30 a minute and 1,000 an hour, and what is more is dropped without a word:
# https://developer.work.weixin.qq.com/document/path/90454. One message of ours is at most two of theirs. It
# counts nothing within a second, and 10,000 requests a minute of all members.
PARTS = 2
A_MINUTE, AN_HOUR = timedelta(minutes=1), timedelta(hours=1)
NOTHING = Answer("", "text/plain")


class WeComChannel:
    """One app. Texts are kept short of the platform's 2,048 bytes, so that links below them have room."""

    name = messages.CHANNEL
    hooks: tuple[str, ...] = ("",)
    page_script = "https://res.wx.qq.com/open/js/jweixin-1.2.0.js"
    limits = Limits(
        text=1800, caption=480, unit="bytes", buttons=6, label=30, has_edits=True, reply_within=timedelta(seconds=4),
        redelivers=False, per_second=50, per_chat_second=10,
        quotas=(Quota(30 // PARTS, A_MINUTE, "person"), Quota(1000 // PARTS, AN_HOUR, "person")),
    )  # fmt: skip

    def __init__(
        self, seal: Seal, api: Api, storage: Storage, *, corp_id: str, base_url: str, public_url: str, token: str
    ) -> None:
        self.account = corp_id
        self._seal, self._api, self._token = seal, api, token
        self._base_url, self._public_url = base_url, public_url
        self._sender = Sender(api, storage, public_url)

    def is_welcome(self, request: HookRequest) -> bool:
        return is_told(request.query)

    def is_authentic(self, request: HookRequest) -> bool:
        """Whether WeCom has signed the encrypted part, which is found in the raw bytes without parsing them."""
        return self._seal.is_genuine(request.query, sealed_part(request.body))

    def handshake(self, request: HookRequest) -> Answer | None:
        """The question that comes when the address is saved; WeCom wants the decrypted text within a second."""
        asked = request.query.get("echostr", "").replace(" ", "+")  # a plus that was not escaped
        if request.method != "GET" or not self._seal.is_genuine(request.query, asked):
            return None
        try:
            return Answer(self._seal.opened(asked), "text/plain")
        except Invalid:
            return None

    def parse(self, request: HookRequest) -> list[Incoming]:
        found = messages.parse(self._read(request), self.account)
        return [found] if found is not None else []

    def answer(self, request: HookRequest, reply: Outgoing | None) -> Answer | None:
        """Nothing, or plain words in the answer itself; cards and pictures cannot be carried there."""
        if reply is None:
            return NOTHING
        if reply.buttons or reply.photo or reply.replaces or not reply.text:
            return None
        reader = word(self._read(request), "FromUserName")
        return Answer(self._seal.closed(reader, reply.text), "text/xml")

    async def send(self, conversation: str, message: Outgoing, key: str) -> str:
        return await self._sender.send(conversation, message)

    async def fetch(self, reference: str) -> bytes:
        """A photo or voice note, which WeCom keeps for three days."""
        return await asyncio.to_thread(playable, await self._api.download(reference))

    async def settle_tap(self, incoming: Incoming, notice: str) -> None:
        """Nobody waits for that: a card is changed by its answer."""

    async def listen(self, take: Take) -> None:
        """Everything comes by hook."""

    async def prepare(self) -> None:
        await menu.set_up(self._api, asyncio.sleep)

    def sign_in_url(self, state: str, redirect: str) -> str:
        """The page that asks nothing inside WeCom: https://developer.work.weixin.qq.com/document/path/91022."""
        asked = {
            "appid": self.account, "redirect_uri": redirect, "response_type": "code", "scope": "snsapi_base",
            "state": state, "agentid": str(self._api.agent),
        }  # fmt: skip
        return f"{AUTHORIZE}?{urlencode(asked)}#wechat_redirect"

    async def who(self, code: str) -> list[Proven]:
        """The member behind a code; nobody for a guest: https://developer.work.weixin.qq.com/document/path/91023."""
        try:
            told = await self._api.get(WHO, code=code)
        except SendError as error:
            if numbered(error) in NO_SUCH_CODE:
                return []
            raise
        member = told.get("userid")
        return [Proven(messages.SENDER, member, conversation=member)] if isinstance(member, str) and member else []

    def is_browser(self, agent: str) -> bool:
        return BROWSER in agent

    async def page_proof(self, url: str) -> dict[str, str]:
        return page_proof(self.account, await self._api.page_ticket(), url)

    async def examine(self) -> list[Symptom]:
        return await examine(self._api, self._base_url, self._public_url, self._question())

    async def close(self) -> None:
        await self._api.close()

    def _read(self, request: HookRequest) -> Xml:
        """The decrypted callback. Errors: Invalid, also for another company's or another app's."""
        said = read_xml(self._seal.opened(sealed_part(request.body)))
        is_ours = word(said, "AgentID") in ("", str(self._api.agent))
        if word(said, "ToUserName") != self.account or not is_ours:
            raise Invalid(field="field.body")
        return said

    def _question(self) -> tuple[str, str]:
        """Our own hook, asked as WeCom asks it, and the right answer."""
        word, stamp, nonce = clock.secret(64), str(int(clock.now().timestamp())), clock.secret(64)
        sealed = self._seal.sealed(word)
        query = {"timestamp": stamp, "nonce": nonce}
        proof = signature(self._token, query, sealed)
        asked = urlencode({"msg_signature": proof, **query, "echostr": sealed})
        return f"{self._public_url}/hooks/{self.name}?{asked}", word


@channel(messages.CHANNEL)
def open_wecom(settings: Settings, storage: Storage, database: Database) -> Channel | None:
    """The app of the settings. Errors: SettingsError for values that cannot be what they are called."""
    chosen = settings.wecom
    if not chosen.is_on:
        return None
    corp, agent, token = chosen.plain("corp_id"), chosen.plain("agent_id"), chosen.plain("token")
    if not (agent.isascii() and agent.isdecimal()):
        raise SettingsError(problem="GONGDAN_WECOM__AGENT_ID must be a number like 1000002")
    try:
        seal = Seal(token, chosen.plain("aes_key"), corp)
    except ValueError:
        raise SettingsError(problem="GONGDAN_WECOM__AES_KEY must be the 43 characters of EncodingAESKey") from None
    base_url = chosen.base_url.rstrip("/")
    tokens = Tokens(database, settings.key)
    api = Api(base_url, corp, int(agent), chosen.plain("secret"), tokens, PATIENCE)
    return WeComChannel(
        seal, api, storage, corp_id=corp, base_url=base_url, public_url=settings.public_url, token=token
    )
