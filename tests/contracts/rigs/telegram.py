"""Telegram under the contract: the fake Bot API behind, its updates before."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

from bot.channels.telegram import TelegramChannel
from bot.messages import HookRequest, Location, Media
from core.database import Database
from core.storage import Storage
from tests.contracts.rigs import Case, Seen
from tests.fakes.telegram import SECRET, TOKEN, FakeTelegram, Sender, blocked, refused, silence, throttled

LI = Sender(7, "Li", "zh-hans")


class Rig:
    lacks: ClassVar[Mapping[str, str]] = {
        "stale": "Telegram's secret proves the sender alone: a repetition is found by its update_id",
        "closed": "who has started a bot can be written to at any time",
    }
    conversation = "7"

    def __init__(self, database: Database, storage: Storage) -> None:
        self.platform = FakeTelegram().start()
        self.channel = TelegramChannel(TOKEN, storage, base_url=self.platform.base_url, secret=SECRET, patience=1.0)

    def incoming(self) -> Mapping[str, Case]:
        make = self.platform.updates
        photo, voice = (Media("photo", "p"),), (Media("voice", "v"),)
        return {
            "text": _case(make.text(LI, "电梯坏了"), kind="text", text="电梯坏了", locale="zh-hans"),
            "photo": _case(make.photo(LI, "p", "漏水"), kind="image", text="漏水", media=photo),
            "voice": _case(make.voice(LI, "v"), kind="voice", media=voice),
            "location": _case(make.location(LI, 30.2, 120.1), kind="location", location=Location(30.2, 120.1)),
            "button": _case(make.tap(LI, "t" * 40, message_id=5), kind="action", action="t" * 40, message="5"),
            "scan": _case(make.start(LI, "A1B2"), kind="command", command="start", argument="A1B2"),
            "unknown": _case(make.message(LI, dice={"value": 3}), kind="unknown"),
        }

    def forged(self) -> list[HookRequest]:
        body = self.incoming()["text"].request.body
        return [_hook(body, secret) for secret in ("", SECRET[:-1], f"{SECRET}, {SECRET}", "é")]

    def stale(self) -> list[HookRequest]:
        return []

    def garbage(self) -> list[HookRequest]:
        return [_hook(body) for body in (b"", b"x", b"[]", b'{"update_id":"1"}')]

    def faults(self) -> Mapping[str, Callable[[], None]]:
        known = {"throttled": throttled(5), "timeout": silence(), "refused": refused("no"), "blocked": blocked()}
        return {name: partial(self.platform.fail, "sendMessage", fault) for name, fault in known.items()}

    def seen(self) -> list[Seen]:
        return [Seen(m.text, m.labels, m.photo is not None) for m in self.platform.messages(7)]

    def close(self, runner: asyncio.Runner) -> None:
        runner.run(self.channel.close())
        self.platform.stop()


def _hook(body: bytes, secret: str = SECRET) -> HookRequest:
    return HookRequest("POST", body, {"x-telegram-bot-api-secret-token": secret})


def _case(update: dict[str, Any], **expected: Any) -> Case:
    return Case(_hook(json.dumps(update).encode()), {"conversation": "7", "sender": "7", **expected})
