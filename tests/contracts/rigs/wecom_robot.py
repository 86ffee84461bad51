"""Group robots of WeCom under the contract: they only speak."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import ClassVar

from bot.channels.wecom_robot import NOTHING, WeComRobotChannel
from bot.messages import HookRequest
from core.database import Database
from core.storage import Storage
from tests.contracts.rigs import Case, Seen
from tests.contracts.rigs.wecom import joined
from tests.fakes.wecom import ROBOT, SILENCE, FakeWeCom, error

DEAF = "a robot hears nothing"
HEARD = ("text", "photo", "voice", "location", "button", "scan", "unknown", "stale")
FAULTS = {
    "throttled": error(45009, "api freq out of limit"), "timeout": SILENCE, "refused": error(40058, "not allowed"),
    "blocked": error(93000, "invalid webhook url"),
}  # fmt: skip


class Rig:
    lacks: ClassVar[Mapping[str, str]] = {**dict.fromkeys(HEARD, DEAF), "closed": "a robot may post at any time"}
    conversation = "robot:ops"

    def __init__(self, database: Database, storage: Storage) -> None:
        self.platform = FakeWeCom().__enter__()
        self.channel = WeComRobotChannel(self.platform.url, {"ops": ROBOT}, storage, patience=0.5)

    def incoming(self) -> Mapping[str, Case]:
        return {}

    def forged(self) -> list[HookRequest]:
        return [self.platform.says("li", "x")]

    def stale(self) -> list[HookRequest]:
        return []

    def garbage(self) -> list[HookRequest]:
        return []

    def faults(self) -> Mapping[str, Callable[[], None]]:
        return {name: partial(self.platform.faults["webhook/send"].append, fault) for name, fault in FAULTS.items()}

    def seen(self) -> list[Seen]:
        found = joined(self.platform.robot)
        return [Seen(one.text.replace(NOTHING, ""), one.labels, bool(one.photo)) for one in found]

    def close(self, runner: asyncio.Runner) -> None:
        runner.run(self.channel.close())
        self.platform.__exit__()
