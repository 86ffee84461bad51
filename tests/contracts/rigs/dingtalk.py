"""DingTalk under the contract: the fake behind, its signed callbacks before, a card for what is pressed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar

from bot.channels._dingtalk_api import App
from bot.channels._dingtalk_proofs import card_secret
from bot.channels.dingtalk import DingTalkChannel
from bot.messages import HookRequest, Media
from bot.tokens import Tokens
from core import clock
from core.database import Database
from core.storage import Storage
from tests.contracts.rigs import Case, Seen
from tests.fakes.dingtalk import CLIENT, ROBOT, SECRET, TEMPLATE, FakeDingTalk, Member, refused, silence, throttled

LI = Member("li01", "Li")
CARDS = card_secret(SECRET)


class Rig:
    lacks: ClassVar[Mapping[str, str]] = {
        "location": "DingTalk brings a robot words, pictures, voice, video and files only",
        "scan": "a link into a chat with a robot carries nothing; a code is typed or photographed",
        "closed": "a member of the organisation can be written to at any time",
    }
    conversation = "li01"

    def __init__(self, database: Database, storage: Storage) -> None:
        self.platform = FakeDingTalk().__enter__()
        self.channel = DingTalkChannel(
            App(CLIENT, SECRET, ROBOT), storage, Tokens(database, b"k"), base_url=self.platform.url, patience=0.7,
            public_url="https://fix.example", template=TEMPLATE,
        )  # fmt: skip
        self.platform.api.registered = {"callbackRouteKey": "gongdan"}

    def incoming(self) -> Mapping[str, Case]:
        make = self.platform.callbacks
        photo, voice = (Media("photo", "c1"),), (Media("voice", "c2"),)
        tap = {"message": "card:row-1", "action": "t" * 40}
        return {
            "text": self._case(make.text(LI, "电梯坏了"), kind="text", text="电梯坏了", sender_name="Li"),
            "photo": self._case(make.rich(LI, "漏水", "c1"), kind="image", text="漏水", media=photo),
            "voice": self._case(make.audio(LI, "c2", "电梯不动"), kind="voice", text="电梯不动", media=voice),
            "button": self._case(make.tap(LI, "row-1", "t" * 40), part="cards", kind="action", **tap),
            "unknown": self._case(make.message(LI, "dance", content={"steps": 3}), kind="unknown"),
        }

    def forged(self) -> list[HookRequest]:
        """Other secrets, no proof, the proof of the other hook, a path of nobody, and the event callback of others."""
        body, make = self.incoming()["text"].request.body, self.platform.callbacks
        good = make.headers()
        wrong = [{}, make.headers("x"), {**good, "sign": ""}, {**good, "sign": "é"}, {**good, "timestamp": "1"}]
        wrong += [make.card_headers(CARDS), {"timestamp": good["timestamp"]}, {**good, "sign": good["sign"] + ", "}]
        others = [HookRequest("POST", body, good, part="cards"), HookRequest("POST", body, good, part="x")]
        others.append(HookRequest("POST", body, make.card_headers(SECRET), part="cards"))
        return [HookRequest("POST", body, headers) for headers in wrong] + others

    def stale(self) -> list[HookRequest]:
        with clock.at(clock.now() - timedelta(minutes=6)):
            old = self.incoming()
            return [old["text"].request, old["button"].request]

    def garbage(self) -> list[HookRequest]:
        bodies = (b"", b"x", b"[]", b"{}", b'{"msgId":"1"}', b'{"senderId":"1"}', b'{"msgId":1,"senderId":[]}')
        return [self._hook(body, part) for body in bodies for part in ("", "cards")]

    def faults(self) -> Mapping[str, Callable[[], None]]:
        known = {"throttled": throttled(), "timeout": silence(), "refused": refused()}
        faults = {name: partial(self.platform.fail, "batchSend", fault) for name, fault in known.items()}
        return {**faults, "blocked": partial(self.platform.api.left.add, "li01")}

    def seen(self) -> list[Seen]:
        return [Seen(one.text, one.labels, bool(one.photo)) for one in self.platform.messages("li01")]

    def close(self, runner: asyncio.Runner) -> None:
        runner.run(self.channel.close())
        self.platform.__exit__()

    def _case(self, data: dict[str, Any], part: str = "", **expected: Any) -> Case:
        known = {"conversation": "li01", "sender": "li01", "sender_kind": "ding_userid"}
        return Case(self._hook(json.dumps(data).encode(), part), {**known, **expected})

    def _hook(self, body: bytes, part: str = "") -> HookRequest:
        make = self.platform.callbacks
        return HookRequest("POST", body, make.card_headers(CARDS) if part else make.headers(), part=part)
