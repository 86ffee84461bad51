"""A technician in Feishu: cards that all their readers share, changed by the answer to a tap."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import count
from typing import Any

from tests.chats.drawing import Key, Line, Look, linked
from tests.chats.phones import PHONES, Phone
from tests.fakes.feishu import SECRET, FakeFeishu, Message
from tests.fakes.feishu_callbacks import APP_ID, ENCRYPT_KEY, TOKEN


@PHONES.register("feishu")
class FeishuPhone(Phone):
    name, seat, address = "feishu", "busy", "ou_technician"
    fake: FakeFeishu

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.fake = FakeFeishu()
        self._photos = count(1)

    def environment(self) -> dict[str, str]:
        known = {
            "APP_ID": APP_ID, "APP_SECRET": SECRET, "ENCRYPT_KEY": ENCRYPT_KEY, "VERIFICATION_TOKEN": TOKEN,
            "BASE_URL": self.fake.base_url,
        }  # fmt: skip
        return {f"GONGDAN_FEISHU__{name}": value for name, value in known.items()}

    def received(self) -> Sequence[Message]:
        return self.fake.messages(self.address)

    def drawn(self, message: Message) -> Line:
        rows = [one["actions"] for one in message.content.get("elements", ()) if one["tag"] == "action"]
        keys = tuple(self._key(message, button, row) for row, buttons in enumerate(rows) for button in buttons)
        photo = self.fake.picture(message.image) if message.has_photo else b""
        look: Look = "card" if message.kind == "interactive" else "text"
        return Line(look=look, pieces=linked(message.text), photo=photo, keys=keys, edits=message.edits)

    def _key(self, message: Message, button: dict[str, Any], row: int) -> Key:
        label = button["text"]["content"]
        if "url" in button:
            return Key(label, url=button["url"], row=row)
        return Key(label, tap=partial(self._tap, message.id, button["value"]), row=row)

    def write(self, text: str) -> None:
        self.call(self.fake.events.request(self.fake.events.text(self.address, text)))

    def show(self, photo: bytes) -> None:
        key = f"img_{next(self._photos)}"
        event = self.fake.events.picture(self.address, key)
        self.fake.keep(event["event"]["message"]["message_id"], key, photo)
        self.call(self.fake.events.request(event))

    def _tap(self, message: str, value: Any) -> None:
        """A tap, and what its answer changes in the card."""
        event = self.fake.events.tap(self.address, message, value)
        answer = self.call(self.fake.events.request(event, "cards"))
        if answer is not None:
            self.fake.take(event, answer)
