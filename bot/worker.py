"""The loops of a worker: delivery, downloads, kept messages, pollers, presence, the scheduler."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

from bot import presence
from bot.channels import Channel
from bot.delivery import Delivery
from bot.fetching import Fetching
from bot.messages import Incoming
from bot.presence import Presence
from bot.router import Router
from core import registry
from core.database import Database
from core.errors import Busy
from core.scheduler import Scheduler
from core.settings import Settings
from core.storage import Storage

log = logging.getLogger(__name__)

RETRY_PAUSE = 1.0
RESTART_PAUSE = 5.0


class Worker:
    """Everything that happens without somebody asking for it. Any number may run on PostgreSQL."""

    def __init__(
        self, database: Database, settings: Settings, storage: Storage, channels: dict[str, Channel], router: Router
    ) -> None:
        self.router = router
        self.channels = channels
        self.delivery = Delivery(database, settings, channels, storage)
        self.fetching = Fetching(database, settings, storage, channels)
        self.scheduler = Scheduler(database, settings)
        self.presence = Presence(database, presence.polled(channels))

    async def run(self) -> None:
        """Run until cancelled. A loop that fails is started again; none takes another down."""
        registry.load("assets.triggers")
        await asyncio.to_thread(self.presence.beat)  # before time takes back an offer whose answer was lost
        self.scheduler.start()
        try:
            async with asyncio.TaskGroup() as group:
                for loop in self._loops():
                    group.create_task(_for_ever(loop))
        finally:
            await asyncio.to_thread(self.scheduler.stop)

    def _loops(self) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        loops = [self.delivery.run, self.fetching.run, self.presence.run, self._retry]
        for channel in self.channels.values():
            loops += [channel.prepare, partial(channel.listen, self._take)]
        return loops

    async def _retry(self) -> None:
        """Handle kept messages and silent conversations, once a second."""
        while True:
            await asyncio.to_thread(self.router.retry_pending)
            await asyncio.to_thread(self.router.wake_silent)
            await asyncio.sleep(RETRY_PAUSE)

    async def _take(self, messages: list[Incoming]) -> None:
        """Take polled messages in order; returns only when each is stored."""
        for incoming in messages:
            await _stored(self.router, incoming)
            self.delivery.nudge()
            if incoming.callback:
                await self.channels[incoming.channel].settle_tap(incoming, "")


async def _stored(router: Router, incoming: Incoming) -> None:
    while True:
        with suppress(Busy):
            await asyncio.to_thread(router.take, incoming)
            return
        await asyncio.sleep(RETRY_PAUSE)


async def _for_ever(loop: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a loop; one that returns has nothing more to do, one that fails starts again after a pause."""
    while True:
        try:
            await loop()
        except Exception:
            log.exception("a loop of the worker failed and starts again")
            await asyncio.sleep(RESTART_PAUSE)
        else:
            return
