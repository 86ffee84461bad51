"""WeChat under the contract: its fake server behind, its sealed callbacks before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar

from bot.channels.wechat import Access, WeChatChannel
from bot.messages import HookRequest, Location, Media
from bot.tokens import Tokens
from core import clock
from core.database import Database
from core.storage import Storage
from tests.contracts.rigs import Case, Seen
from tests.fakes.wechat import SEND, FakeWeChat, Fault, says

LI, PUBLIC = "o-li", "https://fix.example"
FAULTS = {
    "throttled": says(45011), "timeout": Fault(pause=1.2), "refused": says(45002), "blocked": says(43004),
    "closed": says(45015),
}  # fmt: skip


def channel_of(
    wechat: FakeWeChat, database: Database, storage: Storage, *, patience: float = 1.0, **changes: Any
) -> WeChatChannel:
    known = {"secret": wechat.secret, "aes_key": wechat.aes_key, "base_url": wechat.url, "public_url": PUBLIC}
    access = Access(wechat.app_id, token=wechat.token, **(known | changes))
    return WeChatChannel(access, storage, Tokens(database, b"k"), patience=patience)


class Rig:
    lacks: ClassVar[Mapping[str, str]] = {"button": "an Official Account has no buttons: people reply with numbers"}
    conversation = LI

    def __init__(self, database: Database, storage: Storage) -> None:
        self.wechat = FakeWeChat()
        self.wechat.__enter__()
        self.wechat.text(LI, "hello")  # which opens the window
        self.channel = channel_of(self.wechat, database, storage)

    def incoming(self) -> Mapping[str, Case]:
        make = self.wechat
        spot = {"Location_X": "30.2", "Location_Y": "120.1", "Scale": "20", "Label": "3号楼"}
        return {
            "text": _case(make.text(LI, "电梯坏了"), kind="text", text="电梯坏了", takes_reply=True),
            "photo": _case(make.photo(LI, b"p"), kind="image", media=(Media("photo", _last(make)),)),
            "voice": _case(
                make.voice(LI, b"v", "漏水"), kind="voice", text="漏水", media=(Media("voice", _last(make)),)
            ),
            "location": _case(
                make.message(LI, "location", **spot), kind="location", location=Location(30.2, 120.1), text="3号楼"
            ),
            "scan": _case(make.event(LI, "SCAN", "A1B2", Ticket="t"), kind="scan", argument="A1B2"),
            "unknown": _case(make.message(LI, "dance", Content="x"), kind="unknown", takes_reply=True),
        }

    def forged(self) -> list[HookRequest]:
        """Wrong proofs, a proof of something else, and a message that is sealed for another account."""
        make = self.wechat
        xml = f"<xml><FromUserName>{LI}</FromUserName><MsgType>text</MsgType><Content>x</Content></xml>"
        wrong = [make.post(xml, **{name: value}) for name in ("signature", "msg_signature") for value in ("", "é", "0")]
        genuine, other = make.post(xml), make.post(xml.replace("x<", "y<"))
        make.app_id, mine = "wx0another0one00", make.app_id
        for_another = make.post(xml)
        make.app_id = mine
        bodies = [xml.encode(), other.body, genuine.body * 2, genuine.body[:-40], b"", b"x" * 2_000_000]
        return [*wrong, for_another, *(HookRequest("POST", body, {}, genuine.query) for body in bodies)]

    def stale(self) -> list[HookRequest]:
        stale = []
        for gap in (-timedelta(minutes=16), timedelta(minutes=6)):
            with clock.at(clock.now() + gap):
                stale.append(self.wechat.text(LI, "x"))
        return stale

    def garbage(self) -> list[HookRequest]:
        bodies = ("", "x", "<xml/>", "<a/>", "<xml><MsgType>text</MsgType></xml>", "<xml><MsgType><b/></MsgType></xml>")
        return [self.wechat.post(body) for body in bodies]

    def faults(self) -> Mapping[str, Callable[[], None]]:
        return {name: partial(self.wechat.fail, SEND, fault) for name, fault in FAULTS.items()}

    def seen(self) -> list[Seen]:
        """A picture stands below its words."""
        shown = self.wechat.seen(LI)
        photos = {place - 1 for place, one in enumerate(shown) if one.kind == "image"}
        return [Seen(one.text, [], place in photos) for place, one in enumerate(shown) if one.kind == "text"]

    def close(self, runner: asyncio.Runner) -> None:
        runner.run(self.channel.close())
        self.wechat.__exit__()


def _last(wechat: FakeWeChat) -> str:
    return list(wechat.media)[-1]


def _case(request: HookRequest, **expected: Any) -> Case:
    return Case(request, {"conversation": LI, "sender": LI, **expected})
