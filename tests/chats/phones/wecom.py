"""A technician in WeCom: cards whose buttons are changed in their place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial

from bot.messages import HookRequest
from tests.chats.drawing import Key, Line, Look, linked
from tests.chats.phones import PHONES, Phone
from tests.fakes.wecom import AES_KEY, AGENT, CORP, SECRET, TOKEN, FakeWeCom, Shown

CARDS = ("template_card", "textcard")
CONTENT = re.compile(r"<Content><!\[CDATA\[(.*)\]\]></Content>", re.DOTALL)
SCAN = "scancode_waitmsg"


@PHONES.register("wecom")
class WeComPhone(Phone):
    name, seat, address = "wecom", "technician", "wang"
    fake: FakeWeCom

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.fake = FakeWeCom()

    def environment(self) -> dict[str, str]:
        known = {
            "CORP_ID": CORP, "AGENT_ID": str(AGENT), "SECRET": SECRET, "TOKEN": TOKEN, "AES_KEY": AES_KEY,
            "BASE_URL": self.fake.url,
        }  # fmt: skip
        return {f"GONGDAN_WECOM__{name}": value for name, value in known.items()}

    def received(self) -> Sequence[Shown]:
        return self.fake.seen(self.address)

    def drawn(self, message: Shown) -> Line:
        is_card = message.kind in CARDS
        keys = tuple(
            Key(
                one["text"],
                url=one.get("url", ""),
                tap=partial(self._tap, message, one["key"]) if "key" in one else None,
            )
            for one in message.buttons
        )
        look: Look = "card" if is_card else "reply" if message.kind == "reply" else "text"
        return Line(
            look=look, pieces=linked(message.text), photo=message.photo,
            keys=() if message.is_used else keys, used=message.is_used, edits=message.edits,
        )  # fmt: skip

    def write(self, text: str) -> None:
        self._deliver(self.fake.says(self.address, text))

    def show(self, photo: bytes) -> None:
        self._deliver(self.fake.shows(self.address, photo))

    def read(self, address: str) -> None:
        code = {"ScanType": "qrcode", "ScanResult": address}
        self._deliver(self.fake.event(self.address, SCAN, EventKey="scan", ScanCodeInfo=code))

    def menu(self) -> Sequence[Key]:
        shown = self.fake.menu.get("button", [])
        return [Key(one["name"], tap=partial(self._click, one["key"])) for one in shown if one["type"] == "click"]

    def _click(self, key: str) -> None:
        self._deliver(self.fake.event(self.address, "click", EventKey=key))

    def _tap(self, card: Shown, key: str) -> None:
        self._deliver(self.fake.tap(self.address, card, key))

    def _deliver(self, request: HookRequest) -> None:
        """Ask the hook, and show what its answer itself says."""
        answer = self.call(request)
        if answer is not None and (found := CONTENT.search(self.fake.read_reply(answer.body) if answer.body else "")):
            self.fake.shown[self.address].append(Shown("reply", found[1]))
