"""The mini program under the contract: its fake server behind, its sealed callbacks before."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar

from bot.channels.wxa import Access, MiniProgram
from bot.messages import HookRequest, Media
from bot.tokens import Tokens
from core import clock
from core.database import Database
from core.storage import Storage
from tests.contracts.rigs import Case, Seen
from tests.fakes.wechat import SEND, Fault, says
from tests.fakes.wxa import FakeMiniProgram

LI, PUBLIC = "o-li", "https://fix.example"
NONE_THERE = "the chat with a mini program's customer service takes words, photos and cards"
FAULTS = {
    "throttled": says(45011), "timeout": Fault(pause=1.2), "refused": says(45002), "blocked": says(43004),
    "closed": says(45015),
}  # fmt: skip


def program_of(wxa: FakeMiniProgram, database: Database, storage: Storage, **changes: Any) -> MiniProgram:
    known = {
        "secret": wxa.secret, "token": wxa.token, "aes_key": wxa.aes_key, "base_url": wxa.url, "public_url": PUBLIC,
    }  # fmt: skip
    access = Access(wxa.app_id, **(known | changes))
    return MiniProgram(access, storage, Tokens(database, b"k"), patience=1.0)


class Rig:
    lacks: ClassVar[Mapping[str, str]] = dict.fromkeys(("voice", "location", "button"), NONE_THERE)
    conversation = LI

    def __init__(self, database: Database, storage: Storage) -> None:
        self.wxa = FakeMiniProgram()
        self.wxa.__enter__()
        self.wxa.message(LI, "text", Content="hello")  # which opens the window
        self.channel = program_of(self.wxa, database, storage)

    def incoming(self) -> Mapping[str, Case]:
        make, card = self.wxa, {"Title": "t", "AppId": "wx", "ThumbUrl": "http://203.0.113.1/x", "ThumbMediaId": "m"}
        media = make.keep("image/jpeg", b"p")
        return {
            "text": _case(make.message(LI, "text", Content="电梯坏了"), kind="text", text="电梯坏了"),
            "photo": _case(
                make.message(LI, "image", MediaId=media, PicUrl="http://203.0.113.1/never-called"),
                kind="image", media=(Media("photo", media),),
            ),
            "scan": _case(
                make.message(LI, "miniprogrampage", PagePath="pages/q?code=A1B2&x=1", **card),
                kind="scan", argument="A1B2",
            ),
            "unknown": _case(make.message(LI, "miniprogrampage", PagePath="pages/index", **card), kind="unknown"),
        }  # fmt: skip

    def forged(self) -> list[HookRequest]:
        """Wrong proofs, a proof of something else, a seal of another mini program, and a message in clear."""
        make = self.wxa
        said = json.dumps({"FromUserName": LI, "MsgType": "text", "Content": "x"})
        wrong = [
            make.post(said, **{name: value}) for name in ("signature", "msg_signature") for value in ("", "é", "0")
        ]
        genuine, other = make.post(said), make.post(said.replace("x", "y"))
        make.app_id, mine = "wx0another0one00", make.app_id
        for_another = make.post(said)
        make.app_id = mine
        bodies = [said.encode(), other.body, genuine.body * 2, genuine.body[:-40], b"", b"x" * 2_000_000]
        return [*wrong, for_another, *(HookRequest("POST", body, {}, genuine.query) for body in bodies)]

    def stale(self) -> list[HookRequest]:
        stale = []
        for gap in (-timedelta(minutes=16), timedelta(minutes=6)):
            with clock.at(clock.now() + gap):
                stale.append(self.wxa.message(LI, "text", Content="x"))
        return stale

    def garbage(self) -> list[HookRequest]:
        bodies = [
            "",
            "x",
            "<xml/>",
            "<xml><MsgType>text</MsgType></xml>",
            "{}",
            "[1]",
            '{"MsgType": "text"}',
            "{" * 5000,
        ]
        lone = json.dumps({"FromUserName": LI, "MsgType": "text", "CreateTime": "never"})
        return [self.wxa.post(body) for body in [*bodies, lone, '{"a": ' * 5000]]

    def faults(self) -> Mapping[str, Callable[[], None]]:
        return {name: partial(self.wxa.fail, SEND, fault) for name, fault in FAULTS.items()}

    def seen(self) -> list[Seen]:
        """A picture stands below its words."""
        shown = self.wxa.seen(LI)
        photos = {place - 1 for place, one in enumerate(shown) if one.kind == "image"}
        return [Seen(one.text, [], place in photos) for place, one in enumerate(shown) if one.kind == "text"]

    def close(self, runner: asyncio.Runner) -> None:
        runner.run(self.channel.close())
        self.wxa.__exit__()


def _case(request: HookRequest, **expected: Any) -> Case:
    return Case(request, {"conversation": LI, "sender": LI, **expected})
