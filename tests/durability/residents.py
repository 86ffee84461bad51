"""Residents in Telegram: each reads what the bot says and taps as a person would, until the report is settled.

The platform between them and the bot behaves like the real one: an update that was not acknowledged with 200 is
posted again, and what follows it in the same chat waits.
"""

from __future__ import annotations

import http.client
import re
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from tests.durability.nyc311 import Row
from tests.fakes.telegram import FakeTelegram, Sender, Sent

FIRST_CHAT = 10_000
AT_ONCE = 48
NUMBER = re.compile(r"\bWX\d*-\d{6}-\d+\b")

ME_TOO, THE_SAME, ANOTHER = "Yes, keep me posted", "Yes, the same", "No, mine is different"
WRONG, MORE = "Wrong category", "More…"
WHERE, JOINED, CHANGED, TAKEN, ALARMED = "Where is it?", "You are on board", "changed to", "Got it:", "emergency"
Update = dict[str, Any]


@dataclass(slots=True)
class Post:
    """The way of updates to the hook. `sent`: every update that was acknowledged, in order."""

    telegram: FakeTelegram
    patience: float = 60
    sent: list[Update] = field(default_factory=list)
    refused: int = 0

    def deliver(self, update: Update) -> None:
        """Post an update until it is acknowledged."""
        ends = time.monotonic() + self.patience
        while not self._is_taken(update):
            assert time.monotonic() < ends, f"not acknowledged in {self.patience} s: {update}"
            self.refused += 1
            time.sleep(0.1)
        self.sent.append(update)

    def _is_taken(self, update: Update) -> bool:
        try:
            answer = self.telegram.push_update(update)
        except (OSError, http.client.HTTPException):
            return False
        assert answer is not None
        assert answer.status in (200, 503), f"{answer.status} {answer.body!r} for {update}"
        return answer.status == 200


@dataclass(slots=True)
class Resident:
    """The person of one row. `number`: the ticket that stands for the report in the end."""

    row: Row
    code: str
    post: Post
    photo: bytes = b""
    patience: float = 60
    number: str = ""
    is_joined: bool = False
    is_alarmed: bool = False
    _seen: int = 0

    @property
    def chat(self) -> int:
        return FIRST_CHAT + self.row.index

    @property
    def telegram(self) -> FakeTelegram:
        return self.post.telegram

    def report(self) -> None:
        """Say it, answer what is asked, and stop when there is a ticket of the row's category, or one was joined."""
        self._seen = self._count()
        self._say_it()
        if not self.row.address:
            self._await(lambda: self._newest(WHERE))
            self._send("text", self.row.borough)
        self._await(self._answer)
        while not self._is_settled():
            self._tap()
        if self.photo and not self.row.index % 2:
            self._show()

    def _say_it(self) -> None:
        who = self._sender()
        if self.row.address:
            self.post.deliver(self.telegram.updates.start(who, self.code))
        if self.photo and self.row.index % 2:
            self._show(self.row.text)
        else:
            self._send("text", self.row.text)

    def _show(self, caption: str = "") -> None:
        """Send the photo: every other person with the report itself, the others when it is settled."""
        file = self.telegram.keep(self.photo)
        self.post.deliver(self.telegram.updates.photo(self._sender(), file, caption))

    def _send(self, kind: str, content: str) -> None:
        builder: Callable[..., Update] = getattr(self.telegram.updates, kind)
        self.post.deliver(builder(self._sender(), content))

    def _sender(self) -> Sender:
        return Sender(self.chat, f"Resident {self.row.index}", "en")

    def _count(self) -> int:
        return len(self.telegram.messages(self.chat))

    def _face(self) -> list[tuple[int, str, list[str]]]:
        """What the chat looks like since this report began."""
        return [(m.message_id, m.text, m.labels) for m in self.telegram.messages(self.chat)[self._seen :]]

    def _newest(self, part: str) -> Sent | None:
        shown = self.telegram.messages(self.chat)[self._seen :]
        return next((message for message in reversed(shown) if part in message.text), None)

    def _answer(self) -> Sent | None:
        """The newest message that settles it, else the newest that asks something.

        A question may come twice, the second time after its answer: a killed server cannot know that it had sent it.
        """
        shown = self.telegram.messages(self.chat)[self._seen :][::-1]
        settling = next((message for message in shown if self._settles(message)), None)
        return settling or next((message for message in shown if self._next(message)), None)

    def _settles(self, message: Sent) -> bool:
        is_right = any(f"{word} {self.row.kind}" in message.text for word in (TAKEN, CHANGED))
        return is_right or JOINED in message.text or ALARMED in message.text

    def _is_settled(self) -> bool:
        message = self._answer()
        if message is None or not self._settles(message):
            return False
        self.number = NUMBER.findall(message.text)[0]
        self.is_joined = JOINED in message.text
        self.is_alarmed = ALARMED in message.text
        return True

    def _next(self, message: Sent) -> str:
        """The button that this person would tap: "me too" unless the place is a whole borough."""
        same = (ME_TOO, THE_SAME) if self.row.address else (ANOTHER,)
        wanted = (*same, self.row.kind, WRONG, MORE)
        return next((label for label in wanted if label in message.labels), "")

    def _tap(self) -> None:
        """Tap what the newest question asks for, and wait until something has come of it."""
        before, message = self._looks(), self._answer()
        assert message is not None
        label = self._next(message)
        button = next(b for row in message.buttons for b in row if b["text"] == label)
        who = self._sender()
        self.post.deliver(self.telegram.updates.tap(who, button["callback_data"], self.chat, message.message_id))
        self._await(lambda: self._looks() != before)

    def _looks(self) -> tuple[int, str, list[str]] | None:
        """How the newest message that settles or asks something reads now."""
        message = self._answer()
        return (message.message_id, message.text, message.labels) if message else None

    def _await(self, condition: Callable[[], Any]) -> None:
        ends = time.monotonic() + self.patience
        while not condition():
            assert time.monotonic() < ends, f"{self.row} waits in vain; the bot said {self._face()}"
            time.sleep(0.05)


def all_report(residents: Sequence[Resident]) -> None:
    """Let everybody report: side by side, those of one thing one after another, as the file has them."""
    by_thing: dict[tuple[str, str], list[Resident]] = defaultdict(list)
    for resident in residents:
        by_thing[resident.row.thing].append(resident)
    with ThreadPoolExecutor(AT_ONCE) as crowd:
        for done in [crowd.submit(_one_after_another, group) for group in by_thing.values()]:
            done.result()


def _one_after_another(group: list[Resident]) -> None:
    for resident in group:
        resident.report()
