"""News for open pages: one look at the database a second for a whole process, however many browsers wait.

A page waits with the mark that it has seen; as soon as anything happens, by whichever process, it gets the new one.
What waits is a coroutine: no thread and no connection to the database.
"""

from __future__ import annotations

import asyncio
import logging

from core.database import Database, DBAPIError
from core.tickets import board

log = logging.getLogger(__name__)

PAUSE = 1.0
MOST = 2000  # pages that wait at once; what comes on top is told to ask again later


class Watch:
    """The newest mark of a database. It looks while somebody waits, and rests otherwise."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.mark = ""
        self._waiting = 0
        self._news = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None

    async def after(self, seen: str, patience: float) -> str:
        """The mark, as soon as it is newer than the one seen, at the latest when the patience has ended.

        Marks grow. What was read last may be older than what the page has seen: that is no news.
        """
        if self._waiting >= MOST:
            return seen
        self._waiting += 1
        try:
            self._begin()
            async with asyncio.timeout(patience):
                while self.mark <= seen:
                    await self._news.wait()
        except TimeoutError:
            return seen
        finally:
            self._waiting -= 1
        return self.mark

    def _begin(self) -> None:
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())

    async def _look(self) -> None:
        self.mark = ""  # what happened while nobody looked is news
        while self._waiting:
            try:
                found = await asyncio.to_thread(self._read)
            except (DBAPIError, OSError):
                log.warning("the board cannot be read, its pages wait")
            else:
                self._tell(found)
            await asyncio.sleep(PAUSE)

    def _tell(self, found: str) -> None:
        if found != self.mark:
            self.mark = found
            self._news.set()
            self._news = asyncio.Event()

    def _read(self) -> str:
        with self.database.read_scope() as session:
            return board.mark(session)
