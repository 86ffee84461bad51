"""Feishu under the contract: the fake platform behind, its callbacks before."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar

from bot.messages import HookRequest, Location, Media
from core.database import Database
from core.storage import Storage
from tests.contracts.rigs import Case, Seen
from tests.fakes.feishu import FakeFeishu, says, silence
from tests.fakes.feishu_callbacks import TOKEN, Callbacks, seal, signed

LI = "ou_li"
FAULTS = {"throttled": says(230020), "timeout": silence(), "refused": says(230022), "blocked": says(230053)}


class Rig:
    lacks: ClassVar[Mapping[str, str]] = {
        "scan": "no link leads into a chat with a payload: codes open our page, or are photographed or typed",
        "closed": "whoever may use the app can be written to at any time",
    }
    conversation = LI

    def __init__(self, database: Database, storage: Storage) -> None:
        self.platform = FakeFeishu().start()
        self.channel = self.platform.channel(database, storage)

    def incoming(self) -> Mapping[str, Case]:
        make = Callbacks()
        photo = make.picture(LI, "img_v3_1", "漏水")
        of_photo = photo["event"]["message"]["message_id"]
        voice = make.message(LI, "audio", {"file_key": "file_v2_1", "duration": 2000})
        of_voice = voice["event"]["message"]["message_id"]
        spot = {"name": "3号楼", "longitude": "120.1", "latitude": "30.2"}
        return {
            "text": _case(make.text(LI, "电梯坏了"), kind="text", text="电梯坏了"),
            "photo": _case(
                photo, kind="image", text="漏水", media=(Media("photo", f"image:{of_photo}:img_v3_1"),),
            ),
            "voice": _case(voice, kind="voice", media=(Media("voice", f"file:{of_voice}:file_v2_1"),)),
            "location": _case(
                make.message(LI, "location", spot), kind="location", text="3号楼", location=Location(30.2, 120.1)
            ),
            "button": _case(
                make.tap(LI, "om_5", {"token": "t" * 40, "chat": LI}), "cards",
                kind="action", action="t" * 40, message="om_5", takes_reply=True,
            ),
            "unknown": _case(make.message(LI, "sticker", {"file_key": "x"}), kind="unknown"),
        }  # fmt: skip

    def forged(self) -> list[HookRequest]:
        """Without a proof, with half of one, with that of another body, of another nonce, cut off."""
        genuine = self.incoming()["text"].request
        wrong = [
            {}, {**genuine.headers, "x-lark-signature": ""}, {**genuine.headers, "x-lark-signature": "é"},
            {**genuine.headers, "x-lark-request-nonce": "nonce-2"}, {**genuine.headers, "x-lark-request-timestamp": ""},
            {**genuine.headers, "x-lark-signature": "0" * 64},
        ]  # fmt: skip
        bodies = [genuine.body[:-1], genuine.body + b" ", b""]
        return [HookRequest("POST", genuine.body, headers) for headers in wrong] + [
            HookRequest("POST", body, genuine.headers) for body in bodies
        ]

    def stale(self) -> list[HookRequest]:
        """An event may come again for hours, a tap never does; neither comes from tomorrow."""
        make = Callbacks()
        tap = make.tap(LI, "om_5", {"token": "t" * 40})
        return [
            make.request(make.text(LI, "x"), age=timedelta(hours=9)),
            make.request(tap, "cards", age=timedelta(minutes=6)),
            make.request(make.text(LI, "x"), age=-timedelta(minutes=6)),
        ]

    def garbage(self) -> list[HookRequest]:
        headless: list[Any] = [[], 1, {}, {"header": {}, "event": {}}, {"header": {"token": TOKEN}, "event": {}}]
        whole = Callbacks().text(LI, "x")
        strangers = [{**whole, "header": {**whole["header"], name: "x"}} for name in ("token", "app_id")]
        sealed = [seal(json.dumps(one).encode()) for one in [*headless, *strangers]]
        broken = [b'{"encrypt":"x"}', b'{"encrypt":"eA=="}', b'{"encrypt":1}', seal(b"x"), seal(b"", "another key")]
        plain = json.dumps(whole).encode()
        return [signed(body) for body in (b"", b"x", b"[]", b"{}", plain, *broken, *sealed)]

    def faults(self) -> Mapping[str, Callable[[], None]]:
        return {name: partial(self.platform.fail, "send", fault) for name, fault in FAULTS.items()}

    def seen(self) -> list[Seen]:
        return [Seen(one.text, one.labels, one.has_photo) for one in self.platform.messages(LI)]

    def close(self, runner: asyncio.Runner) -> None:
        runner.run(self.channel.close())
        self.platform.stop()


def _case(event: dict[str, Any], part: str = "", **expected: Any) -> Case:
    return Case(Callbacks().request(event, part), {"conversation": LI, "sender": LI, **expected})
