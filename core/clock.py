"""The only source of time and identifiers, so that a test or the demo can set both."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from itertools import count
from uuid import UUID

from uuid_utils.compat import uuid7

_frozen: ContextVar[datetime | None] = ContextVar("_frozen", default=None)
_counter = count(1)


def now() -> datetime:
    """The present instant, in UTC, with whole microseconds."""
    return _frozen.get() or datetime.now(UTC)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let `now()` and new identifiers tell `moment` inside the block: history is made with it.

    It holds for the thread or task that asked, and for what `asyncio.to_thread` runs for it.
    """
    before = _frozen.set(moment)
    try:
        yield
    finally:
        _frozen.reset(before)


def new_id() -> UUID:
    """A time-ordered UUIDv7, so that keys sort by creation and indexes grow at their end."""
    moment = _frozen.get()
    return uuid7() if moment is None else _id_at(moment)


def _id_at(moment: datetime) -> UUID:
    """A UUIDv7 of an injected moment; a counter in place of the sub-millisecond bits keeps the order of making."""
    milliseconds = int(moment.timestamp() * 1000)
    place = next(_counter) & 0x3FFFFFFF
    high = (milliseconds << 16) | 0x7000 | (place >> 18)
    low = (0b10 << 62) | ((place & 0x3FFFF) << 44) | secrets.randbits(44)
    return UUID(int=(high << 64) | low)


def first_id(moment: datetime) -> UUID:
    """The least identifier that a thing made at `moment` or later can have, to find by key what a period brought."""
    high = (int(moment.timestamp() * 1000) << 16) | 0x7000
    return UUID(int=(high << 64) | (0b10 << 62))


def secret(bits: int = 128) -> str:
    """A random token of at least `bits` bits in URL-safe characters."""
    return secrets.token_urlsafe((bits + 7) // 8)
