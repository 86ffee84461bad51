"""A supervisor in DingTalk: interactive cards over the stream."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from tests.chats.drawing import Key, Line, Look, linked
from tests.chats.phones import PHONES, Phone
from tests.fakes.dingtalk import TEMPLATE, FakeDingTalk, Member
from tests.fakes.dingtalk_api import Sent


@PHONES.register("dingtalk")
class DingTalkPhone(Phone):
    name, seat, address = "dingtalk", "supervisor", "manager01"
    fake: FakeDingTalk

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.fake = FakeDingTalk()
        self._member = Member(self.address, "Wang")
        self._photos = 0

    def environment(self) -> dict[str, str]:
        return self.fake.environment(template=TEMPLATE)

    def received(self) -> Sequence[Sent]:
        return self.fake.messages(self.address)

    def drawn(self, message: Sent) -> Line:
        keys = tuple(
            Key(label, tap=partial(self._tap, message.track, behind))
            if message.track and not behind.startswith("http")
            else Key(label, url=behind)
            for label, behind in message.buttons
        )
        look: Look = "text" if message.kind in ("sampleText", "sampleMarkdown") else "card"
        photo = self.fake.api.media.get(message.photo, b"")
        return Line(look=look, pieces=linked(message.text), photo=photo, keys=keys, edits=message.edits)

    def write(self, text: str) -> None:
        self.fake.push(self.fake.callbacks.text(self._member, text))

    def show(self, photo: bytes) -> None:
        self._photos += 1
        code = self.fake.keep(f"photo-{self._photos}", photo)
        self.fake.push(self.fake.callbacks.picture(self._member, code))

    def _tap(self, track: str, action: str) -> None:
        self.fake.push(self.fake.callbacks.tap(self._member, track, action))
