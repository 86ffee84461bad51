"""The phones: one file for each platform, with a person in front of it and the platform's fake behind it.

What a person does goes through the fake in the platform's own wire format to the server's hook or stream; what the
fake has received is drawn.
"""

from __future__ import annotations

import http.client
import re
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlencode

from bot.messages import Answer, HookRequest
from core import registry
from tests.chats.drawing import Key, Line

SEATS = ("resident", "neighbour", "busy", "technician", "supervisor")  # as they stand side by side
PATIENCE = 30
NEAR = 6  # so many messages at the end of a chat are what is talked about
PHONES: registry.Registry[type[Phone]] = registry.Registry("phone")


class NothingToChoose(LookupError):
    """A phone shows neither a button nor a number of that name."""


class Phone(ABC):
    """One person's chat on one platform. `seat`: who sits there; `address`: who that is on the platform."""

    name: ClassVar[str]
    seat: ClassVar[str]
    address: ClassVar[str]
    fake: AbstractContextManager[Any]

    def __init__(self, port: int) -> None:
        self._port = port
        self._lines: list[Any] = []
        self._known = 0
        self._lock = threading.RLock()

    # What a platform's file says

    @abstractmethod
    def environment(self) -> dict[str, str]:
        """The settings of a server that talks to this fake."""

    @abstractmethod
    def received(self) -> Sequence[Any]:
        """What the fake has for this person, oldest first; a message may change in its place."""

    @abstractmethod
    def drawn(self, message: Any) -> Line:
        """A received message as the platform shows it now."""

    @abstractmethod
    def write(self, text: str) -> None: ...

    @abstractmethod
    def show(self, photo: bytes) -> None: ...

    def read(self, address: str) -> None:
        """Point the camera at a code: where a platform has no camera in its chat, what the code says is sent."""
        self.write(address)

    def menu(self) -> Sequence[Key]:
        return ()

    def come_in(self, code: str) -> None:
        """Join this chat to its person by a one-time code."""
        self._mine(Line(is_mine=True, pieces=(("/link …", ""),)))
        self.write(f"/link {code}")

    # What the person does

    def say(self, text: str) -> None:
        self._mine(Line(is_mine=True, pieces=((text, ""),)))
        self.write(text)

    def send_photo(self, photo: bytes) -> None:
        self._mine(Line(is_mine=True, photo=photo))
        self.show(photo)

    def scan(self, address: str) -> None:
        self._mine(Line(is_mine=True, pieces=((f"QR · {address.rpartition('/')[2]}", address),)))
        self.read(address)

    def choose(self, label: str, about: str = "") -> None:
        """Tap the newest button of that label; where there are no buttons, write its number."""
        found = self.choice(label, about)
        if found is None:
            raise NothingToChoose(label)
        found()

    def choice(self, label: str, about: str = "") -> Callable[[], None] | None:
        """What choosing that means at the end of the chat; None where it is not offered there.

        `about`: the number of a ticket that the message must name, where several may be offered at once.
        """
        for line in reversed([one for one in self.lines() if not one.is_mine and about in one.text][-NEAR:]):
            tap = next((key.tap for key in line.keys if key.tap and key.label == label), None)
            if tap is not None:
                return tap
            if number := _number(label, line.text):
                return partial(self.say, number)
        return None

    def press(self, line: int, key: int) -> None:
        """Tap what stands there now."""
        tap = self.lines()[line].keys[key].tap
        if tap is not None:
            tap()

    def lines(self) -> list[Line]:
        """Everything that was said here, in its order."""
        with self._lock:
            self._notice()
            return [line if isinstance(line, Line) else self.drawn(line) for line in self._lines]

    def call(self, request: HookRequest) -> Answer | None:
        """What our hook answers; None where it refuses."""
        place = "/".join(filter(None, ("/hooks", self.name, request.part)))
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        try:
            connection.request(
                request.method, f"{place}?{urlencode(request.query)}", request.body, dict(request.headers)
            )
            answer = connection.getresponse()
            told = answer.read().decode()
        finally:
            connection.close()
        return Answer(told, answer.headers.get("content-type", "")) if answer.status == http.client.OK else None

    def _mine(self, line: Line) -> None:
        with self._lock:
            self._notice()
            self._lines.append(line)

    def _notice(self) -> None:
        found = list(self.received())
        self._lines += found[self._known :]
        self._known = len(found)


def _number(label: str, text: str) -> str:
    """The number of a choice in a text: before it, or the one that it begins with, as "5 ★" does."""
    own, end = re.match(r"(\d+)[ .]", label), r"(?= /|\n|$)"
    before = "" if own else r"(\d+) "
    found = re.search(rf"(?:^|[ \n]){before}{re.escape(label)}{end}", text)
    return (own or found)[1] if found else ""


def phones(port: int) -> list[Phone]:
    """All of them, as they stand side by side."""
    registry.load(__name__)
    made = [kind(port) for _, kind in PHONES.items()]
    return sorted(made, key=lambda one: SEATS.index(one.seat))
