"""A resident in WeChat: an Official Account, where numbers stand for buttons."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

from bot.messages import Answer, HookRequest
from tests.chats.drawing import Key, Line, Look, anchored, linked
from tests.chats.phones import PHONES, Phone
from tests.fakes.wechat import FakeWeChat, Shown

NEWS = "TM00018-news"
KEYWORDS = ("character_string1", "thing2", "thing3")


@PHONES.register("wechat")
class WeChatPhone(Phone):
    name, seat, address = "wechat", "resident", "o-resident"
    fake: FakeWeChat

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.fake = FakeWeChat()
        self.fake.templates = {NEWS: "".join(f"{{{{{word}.DATA}}}}" for word in KEYWORDS)}

    def environment(self) -> dict[str, str]:
        slots = " ".join(
            f"{word}={field}" for word, field in zip(KEYWORDS, ("number", "thing", "category"), strict=True)
        )
        known = {
            "APP_ID": self.fake.app_id, "APP_SECRET": self.fake.secret, "TOKEN": self.fake.token,
            "AES_KEY": self.fake.aes_key, "BASE_URL": self.fake.url,
            "TEMPLATES": json.dumps({"news": f"{NEWS} {slots}", "survey": f"{NEWS} {slots}"}),
        }  # fmt: skip
        return {f"GONGDAN_WECHAT__{name}": value for name, value in known.items()}

    def received(self) -> Sequence[Shown]:
        while self.fake.happened:  # WeChat tells later how a template fared
            self.call(self.fake.happened.pop(0))
        return self.fake.seen(self.address)

    def drawn(self, message: Shown) -> Line:
        if message.kind == "template":
            opens = tuple(Key("", url=url) for url in message.links if url)
            return Line(look="template", fields=tuple(message.values.items()), keys=opens)
        if message.kind == "system":
            return Line(pieces=linked(message.text), used=message.text)
        look: Look = "reply" if message.is_reply else "text"
        return Line(look=look, pieces=anchored(message.text), photo=message.media)

    def write(self, text: str) -> None:
        self._deliver(self.fake.text(self.address, text))

    def show(self, photo: bytes) -> None:
        self._deliver(self.fake.photo(self.address, photo))

    def read(self, address: str) -> None:
        key = next((item["key"] for item in self._items() if item["type"].startswith("scancode")), "scan")
        self._deliver(self.fake.scan(self.address, key, address))

    def come_in(self, code: str) -> None:
        self._deliver(self.fake.event(self.address, "subscribe", f"qrscene_link-{code}"))

    def menu(self) -> Sequence[Key]:
        """Its pages and what stands in them, but the camera, which every phone has."""
        return [
            Key(item["name"], tap=partial(self._click, item["key"]))
            for item in self._items()
            if item["type"] == "click"
        ]

    def _items(self) -> list[dict[str, Any]]:
        rows = self.fake.menu.get("button", [])
        return [item for row in rows for item in row.get("sub_button", [row])]

    def _click(self, key: str) -> None:
        self._deliver(self.fake.event(self.address, "CLICK", key))

    def _deliver(self, request: HookRequest) -> None:
        self.fake.deliver(self._hook, request)

    def _hook(self, request: HookRequest) -> Answer | None:
        return self.call(request)
