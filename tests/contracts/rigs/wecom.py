"""WeCom under the contract: the fake company behind, its encrypted callbacks before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar

from bot.channels._wecom_api import Api
from bot.channels._wecom_seal import Seal
from bot.channels.wecom import WeComChannel
from bot.messages import HookRequest, Location, Media
from bot.tokens import Tokens
from core import clock
from core.database import Database
from core.storage import Storage
from tests.contracts.rigs import Case, Seen
from tests.fakes.wecom import AES_KEY, AGENT, CORP, SECRET, SILENCE, TOKEN, FakeWeCom, Shown, error

SEND = "message/send"
FAULTS = {
    "throttled": error(45009, "api freq out of limit"), "timeout": SILENCE, "refused": error(40058, "not allowed"),
    "blocked": {**error(0, "ok"), "invaliduser": "li"},
}  # fmt: skip


def opened(
    fake: FakeWeCom, database: Database, storage: Storage, public_url: str = "https://fix.example"
) -> WeComChannel:
    """The app of the fake company."""
    api = Api(fake.url, CORP, AGENT, SECRET, Tokens(database, b"k"), 0.5)
    known = {"corp_id": CORP, "base_url": fake.url, "public_url": public_url, "token": TOKEN}
    return WeComChannel(Seal(TOKEN, AES_KEY, CORP), api, storage, **known)


class Rig:
    lacks: ClassVar[Mapping[str, str]] = {"closed": "an app may write to its members at any time"}
    conversation = "li"

    def __init__(self, database: Database, storage: Storage) -> None:
        self.platform = FakeWeCom().__enter__()
        self.channel = opened(self.platform, database, storage)

    def incoming(self) -> Mapping[str, Case]:
        say, report = partial(self.platform.message, "li"), partial(self.platform.event, "li")
        spot = {"Location_X": "30.2", "Location_Y": "120.1", "Scale": "20", "Label": "A楼"}
        tap = {"EventKey": "t" * 40, "TaskId": "x", "CardType": "button_interaction", "ResponseCode": "code-9"}
        code = {"ScanType": "qrcode", "ScanResult": "https://fix.example/q/A1B2"}
        photo, voice = (Media("photo", "p"),), (Media("voice", "v"),)
        return {
            "text": _case(say("text", Content="电梯坏了 <b>]] &"), kind="text", text="电梯坏了 <b>]] &"),
            "photo": _case(say("image", PicUrl="http://x", MediaId="p"), kind="image", media=photo),
            "voice": _case(say("voice", MediaId="v", Format="amr"), kind="voice", media=voice),
            "location": _case(say("location", **spot), kind="location", text="A楼", location=Location(30.2, 120.1)),
            "button": _case(report("template_card_event", **tap), kind="action", action="t" * 40, message="code-9"),
            "scan": _case(report("scancode_waitmsg", EventKey="scan", ScanCodeInfo=code), argument=code["ScanResult"]),
            "unknown": _case(say("link", Title="x", Url="http://x"), kind="unknown"),
        }

    def forged(self) -> list[HookRequest]:
        genuine = self.incoming()["text"].request
        query, body = genuine.query, genuine.body
        odd = [{}, {**query, "msg_signature": ""}, {**query, "msg_signature": "é"}, {**query, "nonce": "1"}]
        odd += [{**query, "timestamp": str(int(query["timestamp"]) + 1)}]
        plain = b"<xml><MsgType>text</MsgType><FromUserName>li</FromUserName></xml>"
        bodies = [b"", plain, body[:-40], body * 2, body.replace(b"<Encrypt><![CDATA[", b"<Encrypt><![CDATA[A")]
        other = Seal("another token", AES_KEY, CORP)
        assert not other.is_genuine(query, "x")
        return [replace(genuine, query=one) for one in odd] + [replace(genuine, body=one) for one in bodies]

    def stale(self) -> list[HookRequest]:
        found = []
        for away in (timedelta(minutes=-16), timedelta(minutes=6)):
            with clock.at(clock.now() + away):
                found.append(self.incoming()["text"].request)
        return found

    def garbage(self) -> list[HookRequest]:
        texts = [
            "",
            "x",
            "<xml/>",
            "<xml></xml>",
            "<a><MsgType>text</MsgType></a>",
            "<xml><MsgType>text</MsgType></xml>",
        ]
        bomb = '<!DOCTYPE x [<!ENTITY a "aaa">]><xml><MsgType>&a;</MsgType></xml>'
        genuine = "<xml><ToUserName>{}</ToUserName><FromUserName>li</FromUserName><MsgType>text</MsgType>{}</xml>"
        texts += [bomb, genuine.format("another", ""), genuine.format(CORP, "<AgentID>7</AgentID>")]
        return [self.platform.wrapped(one) for one in texts] + [self.platform.wrapped("<xml/>", "another company")]

    def faults(self) -> Mapping[str, Callable[[], None]]:
        return {name: partial(self.platform.faults[SEND].append, fault) for name, fault in FAULTS.items()}

    def seen(self) -> list[Seen]:
        return [Seen(one.text, one.labels, bool(one.photo)) for one in joined(self.platform.seen("li"))]

    def close(self, runner: asyncio.Runner) -> None:
        runner.run(self.channel.close())
        self.platform.__exit__()


def joined(shown: list[Shown]) -> list[Shown]:
    """Messages of ours: a picture goes with what comes after it, and words with the card that has their beginning."""
    found: list[Shown] = []
    for one in shown:
        last = found[-1] if found else None
        if last is not None and last.kind == "image":
            found[-1] = replace(one, photo=last.photo)
        elif last is not None and one.text.endswith("…") and last.text.startswith(one.text[:-1]):
            found[-1] = replace(last, buttons=one.buttons)
        else:
            found.append(one)
    return found


def _case(request: HookRequest, **expected: Any) -> Case:
    return Case(request, {"conversation": "li", "sender": "li", "sender_kind": "corp_userid", **expected})
