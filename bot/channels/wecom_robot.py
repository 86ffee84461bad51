"""Group robots of WeCom: they post digests into a chat of several people, and hear nothing.

https://developer.work.weixin.qq.com/document/path/91770. Whoever has a robot's key can post as it: the key is the whole
secret, and stands in the address of every request, which is never logged.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.calling import Caller
from bot.channels import Channel, Take, channel
from bot.channels._checking import check_robots
from bot.channels._wecom_errors import VERDICTS
from bot.cutting import fitted
from bot.messages import Answer, HookRequest, Incoming, Limits, Outgoing, SendError
from core.database import Database
from core.errors import Invalid
from core.quotas import Quota
from core.settings import Settings
from core.storage import MissingFile, Storage, StorageUnavailable

log = logging.getLogger(__name__)

NAME = "wecom_robot"
PREFIX = "robot:"
POST = "/cgi-bin/webhook/send"
PATIENCE = 20.0
TEXT, MARKDOWN, PICTURE = 2048, 4096, 2 * 1024 * 1024  # bytes
# 20 a minute to one group; a message of ours is at most two of theirs: its picture and its words.
POSTS, PARTS = 20, 2
MARK = re.compile(r"(?m)^(?=[#>\-+|]|\d+\.)|(?<=[*_`<\[\]~])")
NOTHING = "\u200b"  # behind it a sign of markup is a sign
Json = dict[str, Any]


class WeComRobotChannel:
    """All robots of the settings. `keys`: by the name that the deployer has given."""

    name = NAME
    account = "robots"
    hooks: tuple[str, ...] = ()
    limits = Limits(
        text=3000, caption=3000, unit="bytes", has_taps=False, has_replies=False, buttons=6,
        group_prefix=PREFIX, per_group_minute=POSTS // PARTS * 4 // 5, redelivers=False,
        quotas=(Quota(POSTS // PARTS, timedelta(minutes=1), "group"),),
    )  # fmt: skip

    def __init__(self, base_url: str, keys: Mapping[str, str], storage: Storage, patience: float = PATIENCE) -> None:
        self._keys = {f"{PREFIX}{name}": key for name, key in keys.items()}
        self._caller = Caller(base_url, VERDICTS, secrets=[*self._keys.values()], patience=patience)
        self._storage = storage

    def rooms(self) -> dict[str, str]:
        return {conversation: conversation.removeprefix(PREFIX) for conversation in self._keys}

    def is_welcome(self, request: HookRequest) -> bool:
        """A robot hears nothing."""
        return False

    def is_authentic(self, request: HookRequest) -> bool:
        return False

    def handshake(self, request: HookRequest) -> Answer | None:
        return None

    def parse(self, request: HookRequest) -> list[Incoming]:
        raise Invalid(field="field.body")

    async def send(self, conversation: str, message: Outgoing, key: str) -> str:
        """A picture first, then its words. WeCom gives no number to a message of a robot."""
        robot = self._keys.get(conversation)
        if robot is None:  # taken out of the settings
            raise SendError("gone", stop_contact=True)
        picture = await self._picture(message.photo) if message.photo else None
        for form in filter(None, [picture, _words(message)]):
            await self._caller.post(POST, form, query={"key": robot})
        return "-"

    async def fetch(self, reference: str) -> bytes:
        raise SendError("gone")

    async def settle_tap(self, incoming: Incoming, notice: str) -> None:
        """Nothing is tapped there."""

    async def listen(self, take: Take) -> None:
        """Nothing is said there."""

    async def prepare(self) -> None:
        """Whoever is of the group has set the robot up."""

    async def close(self) -> None:
        await self._caller.close()

    async def _picture(self, key: str) -> Json | None:
        """A picture as a robot posts it; None for one that is not there, or too large."""
        try:
            data = await asyncio.to_thread(self._storage.get, key)
        except StorageUnavailable:
            raise SendError("unreachable", retryable=True) from None
        except (MissingFile, ValueError):
            data = b""
        if not 0 < len(data) <= PICTURE:
            log.warning("a picture is missing or too large for a group, its text goes alone")
            return None
        digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
        return {"msgtype": "image", "image": {"base64": base64.b64encode(data).decode(), "md5": digest}}


def _words(message: Outgoing) -> Json | None:
    """Words as text; with links, or too long for that, as markdown in which nothing that people wrote is markup."""
    if not message.text:
        return None
    if not message.buttons and len(message.text.encode()) <= TEXT:
        return {"msgtype": "text", "text": {"content": message.text}}
    links = "\n".join(f"[{MARK.sub(NOTHING, one.label)}]({one.url})" for one in message.buttons)
    content = fitted(MARK.sub(NOTHING, message.text), links, MARKDOWN, "bytes")
    return {"msgtype": "markdown", "markdown": {"content": content}}


@channel(NAME)
def open_wecom_robots(settings: Settings, storage: Storage, database: Database) -> Channel | None:
    """On where the settings name a robot, with or without an app."""
    chosen = settings.wecom
    keys = {name: key.get_secret_value().strip() for name, key in chosen.robots.items()}
    if not keys:
        return None
    check_robots("GONGDAN_WECOM__ROBOTS", keys)
    return WeComRobotChannel(chosen.base_url, keys, storage)
