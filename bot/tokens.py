"""A platform's access token, whoever asks for it: fetched once at a time by all processes, and early.

Many platforms end the token before with each new one, so that two who fetch at once make each other's worthless.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeGuard, TypeVar

from bot.messages import SendError
from core import clock, leases, platform_tokens
from core.database import Database, Session
from core.platform_tokens import Held, Name

T = TypeVar("T")

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
PATIENCE = 25.0  # seconds for a fetch: less than the lease, after which another would fetch beside us
PAUSE = 0.1
TRIES = 100


class SpentToken(SendError):
    """The platform does not take our token, although its time has not come: another fetch has ended it."""

    def __init__(self) -> None:
        super().__init__("bad_token", retryable=True, after=timedelta(minutes=10))


@dataclass(frozen=True, slots=True)
class Fetched:
    """A fresh token and how long the platform says that it lives."""

    value: str = field(repr=False)
    life: timedelta


Fetch = Callable[[], Awaitable[Fetched]]


class Tokens:
    """The tokens of all accounts. `key`: the server's secret, which seals them."""

    def __init__(
        self, database: Database, key: bytes, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._database = database
        self._key = key
        self._sleep = sleep
        self._me = leases.name_of_this_process()
        self._locks: defaultdict[Name, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def using(self, name: Name, fetch: Fetch, call: Callable[[str], Awaitable[T]]) -> T:
        """Call the platform with a token; where it says that the token is spent, once more with a fresh one."""
        value = await self.token(name, fetch)
        try:
            return await call(value)
        except SpentToken:
            return await call(await self.token(name, fetch, refused=value))

    async def token(self, name: Name, fetch: Fetch, *, refused: str = "") -> str:
        """A token that is good. `refused`: one that the platform does not take, whatever we know of it.

        1. The one that is kept, while it is young.
        2. Else a fresh one: a lock in this process, a lease over all. Whoever has both looks again, then fetches.
        3. While another fetches, or where fetching fails, the one that is kept as long as it lives.
        """
        found = await asyncio.to_thread(self._held, name)
        if _is_young(found, refused):
            return found.value
        async with self._locks[name]:
            return await self._fresh(name, fetch, refused)

    async def _fresh(self, name: Name, fetch: Fetch, refused: str) -> str:
        for _ in range(TRIES):
            found = await asyncio.to_thread(self._held, name)
            if _is_young(found, refused):
                return found.value
            if await asyncio.to_thread(self._database.write, lambda session: self._take(session, name)):
                return await self._renewed(name, fetch, refused)
            if _is_alive(found, refused):
                return found.value
            await self._sleep(PAUSE)
        raise SendError("unreachable", retryable=True)

    async def _renewed(self, name: Name, fetch: Fetch, refused: str) -> str:
        """Fetch under the lease, after one more look: another may have fetched before it was ours."""
        try:
            found = await asyncio.to_thread(self._held, name)
            if _is_young(found, refused):
                return found.value
            try:
                fetched = await _in_time(fetch)
            except SendError as error:
                if not _is_alive(found, refused):
                    raise
                log.warning("no fresh token for %s yet: %s", name, error.code)
                return found.value
            await asyncio.to_thread(self._database.write, lambda session: self._keep(session, name, fetched))
            return fetched.value
        finally:
            await asyncio.to_thread(self._database.write, lambda session: self._let_go(session, name))

    def _held(self, name: Name) -> Held | None:
        with self._database.read_scope() as session:
            return platform_tokens.held(session, name, self._key)

    def _take(self, session: Session, name: Name) -> bool:
        return leases.hold(session, f"token {name}", self._me, LEASE, leases.shared_now(session)) is not None

    def _let_go(self, session: Session, name: Name) -> None:
        leases.let_go(session, f"token {name}", self._me, leases.shared_now(session))

    def _keep(self, session: Session, name: Name, fetched: Fetched) -> None:
        platform_tokens.keep(session, name, fetched.value, fetched.life, self._key, clock.now())


async def _in_time(fetch: Fetch) -> Fetched:
    """A fresh token, or a SendError while the lease is still ours."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await fetch()
    except TimeoutError:
        raise SendError("timeout", retryable=True) from None


def _is_young(found: Held | None, refused: str) -> TypeGuard[Held]:
    return found is not None and found.value != refused and clock.now() < found.renew_at


def _is_alive(found: Held | None, refused: str) -> TypeGuard[Held]:
    return found is not None and found.value != refused and clock.now() < found.expires_at
