"""DingTalk: an app's robot in private chats and groups, heard over the stream or by hook.

Numbers and limits: https://open.dingtalk.com/document/orgapp/types-of-messages-sent-by-robots
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from bot.calling import PATIENCE
from bot.channels import Channel, Proven, Symptom, Take, channel
from bot.channels._checking import check_robots
from bot.channels._dingtalk_api import Api, App
from bot.channels._dingtalk_examination import examine
from bot.channels._dingtalk_messages import CHANNEL, GROUP, parse_message, parse_tap, read_object
from bot.channels._dingtalk_proofs import card_secret, card_signed, signed
from bot.channels._dingtalk_robots import Robot, Robots, robot_of
from bot.channels._dingtalk_sending import MAX_LINKS, ROUTE, Sender
from bot.channels._dingtalk_sign_in import sign_in_url, who
from bot.channels._dingtalk_stream import PAUSE, Sleep, Stream
from bot.messages import Answer, HookRequest, Incoming, Limits, Outgoing, SendError
from bot.proofs import is_fresh, is_same
from bot.tokens import Tokens
from bot.voices import playable
from core.database import Database
from core.errors import SettingsError
from core.quotas import Quota
from core.settings import Settings
from core.storage import Storage

log = logging.getLogger(__name__)

CARDS = "cards"
PROOFS = {"": ("timestamp", "sign"), CARDS: ("x-ddpaas-signature-timestamp", "x-ddpaas-signature")}
WITHIN = timedelta(minutes=5)  # DingTalk means an hour, but what is signed is the time alone
A_SECOND = 1000
LONGEST_PAUSE = 600.0


class DingTalkChannel:
    """One app. `public_url`: where hooks come; empty while the stream is listened to.

    `template`: the interactive card with buttons; without one buttons are links, and nothing can be changed.
    """

    name = CHANNEL
    hooks: tuple[str, ...] = ("", CARDS)
    limits = Limits(
        text=3000, caption=3000, unit="characters", buttons=MAX_LINKS, label=30, has_taps=False, redelivers=False,
        per_second=16, per_chat_second=1.0, per_group_minute=16, group_prefix=GROUP,
        quotas=(Quota(20, timedelta(minutes=1), "group"),),
    )  # fmt: skip

    def __init__(
        self, app: App, storage: Storage, tokens: Tokens, *, base_url: str, public_url: str = "", template: str = "",
        robots: Mapping[str, Robot] | None = None, patience: float = PATIENCE, pause: float = PAUSE,
        sleep: Sleep = asyncio.sleep,
    ) -> None:  # fmt: skip
        self.account = app.client_id
        self._secrets = {"": app.secret, CARDS: card_secret(app.secret)}
        self._hook = f"{public_url}/hooks/{CHANNEL}/{CARDS}" if public_url else ""
        self._template = template
        self._pause = pause
        self._sleep = sleep
        self._api = Api(app, base_url, tokens, patience)
        self._robots = Robots(self._api.old, robots or {})
        self._sender = Sender(self._api, storage, self._robots, template, is_hooked=bool(self._hook))
        if template:
            self.limits = replace(self.limits, has_taps=True, has_edits=True, buttons=10)

    @property
    def is_polled(self) -> bool:
        return not self._hook

    def is_welcome(self, request: HookRequest) -> bool:
        """Whether a callback names its signature and was made just now; never true where the stream is heard."""
        stamp, sign = PROOFS.get(request.part, ("", ""))
        is_ours = bool(self._hook) and request.part in PROOFS
        return (
            is_ours and sign in request.headers and is_fresh(request.headers.get(stamp, ""), WITHIN, a_second=A_SECOND)
        )

    def is_authentic(self, request: HookRequest) -> bool:
        """Whether DingTalk knows our secret. The body is not signed: a repetition of it is found by its number."""
        if not self.is_welcome(request):
            return False
        stamp, sign = (request.headers[name] for name in PROOFS[request.part])
        make = card_signed if request.part == CARDS else signed
        return is_same(sign, make(stamp, self._secrets[request.part]))

    def parse(self, request: HookRequest) -> list[Incoming]:
        said = read_object(request.body)
        if request.part == CARDS:
            stamp = request.headers.get(PROOFS[CARDS][0], "")
            return parse_tap(said, self.account, hashlib.sha256(stamp.encode() + request.body).hexdigest())
        return parse_message(said, self.account, self._api.app.robot)

    def handshake(self, request: HookRequest) -> Answer | None:
        return None

    async def send(self, conversation: str, message: Outgoing, key: str) -> str:
        return await self._sender.send(conversation, message, key)

    async def fetch(self, reference: str) -> bytes:
        """A file as it came, but for a voice note, which browsers must be able to play."""
        return await asyncio.to_thread(playable, await self._api.download(reference))

    async def settle_tap(self, incoming: Incoming, notice: str) -> None:
        return

    async def listen(self, take: Take) -> None:
        if self.is_polled:
            await Stream(self._api, take, pause=self._pause, sleep=self._sleep).run()

    async def prepare(self) -> None:
        """Tell DingTalk where the taps of cards come, where they come by hook; again until it can be reached."""
        pause = self._pause
        while self._hook and self._template:
            try:
                await self._api.post("/v1.0/card/callbacks/register", self._wish(), is_repeatable=True)
            except SendError as error:
                log.warning("DingTalk was not told where cards call us: %s %s", error.code, error.said)
                if not error.retryable:
                    return
            else:
                return
            await self._sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def examine(self) -> list[Symptom]:
        return await examine(self._api, is_hooked=bool(self._hook), has_cards=bool(self._template))

    async def close(self) -> None:
        """Give the connections back."""
        await self._api.close()

    def rooms(self) -> dict[str, str]:
        """The groups of the robots that only speak, by conversation: where digests can go without being asked for."""
        return self._robots.rooms()

    def sign_in_url(self, state: str, redirect: str) -> str:
        return sign_in_url(self.account, state, redirect)

    async def who(self, code: str) -> list[Proven]:
        return await who(self._api, code)

    def _wish(self) -> dict[str, object]:
        """https://open.dingtalk.com/document/orgapp/register-card-callback-address"""
        known = {"callbackRouteKey": ROUTE, "callbackUrl": self._hook, "apiSecret": self._secrets[CARDS]}
        return {**known, "forceUpdate": True}


@channel(CHANNEL)
def open_dingtalk(settings: Settings, storage: Storage, database: Database) -> Channel | None:
    """The app of the settings; nothing is asked of DingTalk here."""
    chosen = settings.dingtalk
    if not chosen.is_on and chosen.robots:
        raise SettingsError(problem="GONGDAN_DINGTALK__ROBOTS needs an app: GONGDAN_DINGTALK__CLIENT_ID missing")
    if not chosen.is_on:
        return None
    app = App(chosen.plain("client_id"), chosen.plain("client_secret"), chosen.plain("robot_code"))
    robots = {name: robot_of(value.get_secret_value()) for name, value in chosen.robots.items()}
    check_robots("GONGDAN_DINGTALK__ROBOTS", {name: robot.token for name, robot in robots.items()})
    return DingTalkChannel(
        app, storage, Tokens(database, settings.key), base_url=chosen.base_url.rstrip("/"),
        public_url=settings.public_url if chosen.mode == "webhook" else "", template=chosen.card_template.strip(),
        robots=robots,
    )  # fmt: skip
