"""An app at the fake DingTalk, as the tests of the channel use it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bot.channels._dingtalk_api import App
from bot.channels._dingtalk_robots import Robot
from bot.channels.dingtalk import DingTalkChannel
from bot.messages import Outgoing
from bot.tokens import Tokens
from core.database import Database
from core.storage import Storage
from tests.fakes.dingtalk import CLIENT, ROBOT, ROBOT_SECRET, ROBOT_TOKEN, SECRET, TEMPLATE, FakeDingTalk

CANARY = "canary"
KEY = "00000000-0000-7000-8000-000000000001"


class Office:
    """`links`: the channel without a template; `cards`: with one."""

    def __init__(self, dingtalk: FakeDingTalk, database: Database, storage: Storage, runner: asyncio.Runner) -> None:
        self.dingtalk, self.runner, self.storage = dingtalk, runner, storage
        self._tokens = Tokens(database, b"the key of the tests")
        self._opened: list[DingTalkChannel] = []
        self.links = self.open()
        self.cards = self.open(template=TEMPLATE)

    def open(self, secret: str = SECRET, **given: Any) -> DingTalkChannel:
        app, robots = App(CLIENT, secret, ROBOT), {"desk": Robot(ROBOT_TOKEN, ROBOT_SECRET)}
        known = {"base_url": self.dingtalk.url, "patience": 2.0, "pause": 0.01, "robots": robots, **given}
        self._opened.append(DingTalkChannel(app, self.storage, self._tokens, **known))
        return self._opened[-1]

    def send(self, message: Outgoing, to: str = "li01", channel: DingTalkChannel | None = None, key: str = KEY) -> str:
        return self.runner.run((channel or self.links).send(to, message, key))

    def close(self) -> None:
        for channel in self._opened:
            self.runner.run(channel.close())


@contextmanager
def office_of(database: Database, storage: Storage, runner: asyncio.Runner) -> Iterator[Office]:
    with FakeDingTalk() as dingtalk:
        office = Office(dingtalk, database, storage, runner)
        try:
            yield office
        finally:
            office.close()
