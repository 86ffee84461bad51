"""How the contract of channels reaches each platform: one file a channel, named like it, with a class `Rig`.

A rig opens the channel against its platform's fake, writes the platform's callbacks, makes the platform fail, and
tells what a person sees there.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from bot.channels import Channel
from bot.messages import HookRequest
from core.database import Database
from core.storage import Storage


@dataclass(frozen=True, slots=True)
class Case:
    """A callback and what must be in the message that is read from it."""

    request: HookRequest
    expected: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as a person sees it on the platform."""

    text: str
    labels: list[str]
    has_photo: bool


class Rig(Protocol):
    """`lacks`: the cases of the contract that the platform does not know, each with the reason."""

    lacks: ClassVar[Mapping[str, str]]
    channel: Channel
    conversation: str

    def __init__(self, database: Database, storage: Storage) -> None: ...

    def incoming(self) -> Mapping[str, Case]:
        """By case: text, photo, voice, location, button, scan, unknown."""
        ...

    def forged(self) -> list[HookRequest]:
        """Callbacks that the platform did not send."""
        ...

    def stale(self) -> list[HookRequest]:
        """Genuine callbacks of long ago; none where the platform's proof tells no time."""
        ...

    def garbage(self) -> list[HookRequest]:
        """Authentic requests that are no callback."""
        ...

    def faults(self) -> Mapping[str, Callable[[], None]]:
        """By case (throttled, timeout, refused, blocked, closed): make the platform answer the next message so."""
        ...

    def seen(self) -> list[Seen]: ...

    def close(self, runner: asyncio.Runner) -> None: ...


def rig_of(name: str) -> type[Rig]:
    """The rig of a channel. A channel without one is not finished: write tests/contracts/rigs/<name>.py."""
    found: type[Rig] = importlib.import_module(f"tests.contracts.rigs.{name}").Rig
    return found
