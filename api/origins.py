"""Whose pages may embed the web chat: those of the settings and those that a desk has allowed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from core.database import Database, DBAPIError
from core.errors import Busy
from core.upkeep import policies

FRESH = 15.0  # seconds: every view of the chat asks


class Origins:
    """Read again now and then. What cannot be read is as it was."""

    def __init__(self, database: Database, always: Sequence[str]) -> None:
        self._database = database
        self._always = tuple(always)
        self._read_at = -FRESH
        self._known: tuple[str, ...] = ()

    async def now(self) -> tuple[str, ...]:
        if time.monotonic() - self._read_at >= FRESH:
            self._read_at = time.monotonic()
            self._known = await asyncio.to_thread(self._read)
        return tuple(dict.fromkeys([*self._always, *self._known]))

    def forget(self) -> None:
        """Read anew with the next view."""
        self._read_at = -FRESH

    def _read(self) -> tuple[str, ...]:
        try:
            with self._database.read_scope() as session:
                return tuple(policies.chat_origins(session))
        except (DBAPIError, Busy, OSError):
            return self._known
