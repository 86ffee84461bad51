"""A neighbour in Telegram: buttons below messages, which are edited."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from tests.chats.drawing import Key, Line, linked
from tests.chats.phones import PHONES, Phone
from tests.fakes.telegram import FakeTelegram, Sender, Sent


@PHONES.register("telegram")
class TelegramPhone(Phone):
    name, seat, address = "telegram", "neighbour", "7"
    fake: FakeTelegram

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.fake = FakeTelegram()
        self._sender = Sender(int(self.address), "Zhao")

    def environment(self) -> dict[str, str]:
        return self.fake.environment()

    def received(self) -> Sequence[Sent]:
        return self.fake.messages(self._sender.id)

    def drawn(self, message: Sent) -> Line:
        keys = tuple(self._key(message, button, place) for place, row in enumerate(message.buttons) for button in row)
        return Line(pieces=linked(message.text), photo=message.photo or b"", keys=keys, edits=message.edits)

    def _key(self, message: Sent, button: dict[str, Any], row: int) -> Key:
        if "callback_data" not in button:
            url = button.get("url") or button.get("web_app", {}).get("url", "")
            return Key(button["text"], url=url, row=row)
        return Key(button["text"], tap=partial(self._tap, message.message_id, button["callback_data"]), row=row)

    def write(self, text: str) -> None:
        self.fake.say(self._sender, text)

    def show(self, photo: bytes) -> None:
        self.fake.show(self._sender, photo)

    def read(self, address: str) -> None:
        """A code on a wall leads into Telegram by a deep link."""
        self.fake.push_update(self.fake.updates.start(self._sender, address.rpartition("/")[2]))

    def menu(self) -> Sequence[Key]:
        """The commands behind its menu button, in the language of the phone where there are some."""
        known = self.fake.api.commands
        shown = known.get(self._sender.language) or known.get("zh") or known.get("") or []
        return [Key(one["description"], tap=partial(self.say, f"/{one['command']}")) for one in shown]

    def _tap(self, message: int, token: str) -> None:
        self.fake.push_update(self.fake.updates.tap(self._sender, token, message_id=message))
