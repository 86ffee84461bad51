"""That platforms are listened to, written once a minute by whoever does: the worker polls, the web takes hooks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import Protocol, runtime_checkable

from bot.channels import Channel
from core import absences, leases
from core.database import Database, Session

log = logging.getLogger(__name__)


@runtime_checkable
class Polling(Protocol):
    """A channel that may fetch its messages itself. `is_polled`: whether it does so now."""

    @property
    def is_polled(self) -> bool: ...


def is_polled(channel: Channel) -> bool:
    """Whether the worker listens to a channel; one that says nothing of it is told by its hook."""
    return isinstance(channel, Polling) and channel.is_polled


def polled(channels: Mapping[str, Channel]) -> list[Channel]:
    """The channels that the worker listens to."""
    return [one for one in channels.values() if is_polled(one)]


def hooked(channels: Mapping[str, Channel]) -> list[Channel]:
    """The channels whose messages come to the web. Our own web chat has neither: its page sends again by itself."""
    return [one for one in channels.values() if one.hooks and not is_polled(one)]


class Presence:
    """The sign of life of one process for the channels that it receives from."""

    def __init__(self, database: Database, channels: Iterable[Channel]) -> None:
        self._database = database
        self._channels = list(channels)

    async def run(self) -> None:
        while True:
            await asyncio.to_thread(self.beat)
            await asyncio.sleep(absences.EVERY.total_seconds())

    def beat(self) -> None:
        """Say it for every channel now. One that cannot be said is said a minute later."""
        for channel in self._channels:
            try:
                self._database.write(lambda session, channel=channel: _beat(session, channel))  # type: ignore[misc]
            except Exception:
                log.exception("the presence at %s could not be written", channel.name)


def _beat(session: Session, channel: Channel) -> None:
    now = leases.shared_now(session)
    absence = absences.beat(session, channel.name, channel.account, now, redelivers=channel.limits.redelivers)
    if absence is not None:
        log.warning("nobody listened to %s from %s to %s", channel.name, absence.begun_at, absence.ended_at)
