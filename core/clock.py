"""The only source of time and identifiers, so that a test or the demo can set both."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID

from uuid_utils.compat import uuid7

_frozen: datetime | None = None


def now() -> datetime:
    """The present instant, in UTC, with whole microseconds."""
    return _frozen or datetime.now(UTC)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let `now()` and new identifiers tell `moment` inside the block: history is made with it."""
    global _frozen
    before, _frozen = _frozen, moment
    try:
        yield
    finally:
        _frozen = before


def new_id() -> UUID:
    """A time-ordered UUIDv7, so that keys sort by creation and indexes grow at their end."""
    if _frozen is None:
        return uuid7()
    seconds, fraction = divmod(_frozen.timestamp(), 1)
    return uuid7(int(seconds), int(fraction * 1_000_000_000))


def secret(bits: int = 128) -> str:
    """A random token of at least `bits` bits in URL-safe characters."""
    return secrets.token_urlsafe((bits + 7) // 8)
