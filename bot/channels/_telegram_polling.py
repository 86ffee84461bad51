"""Telegram asked for news, where it cannot reach us. The offset moves only when everything before it is stored."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from bot.channels import Take
from bot.messages import Incoming, SendError

log = logging.getLogger(__name__)

FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=1)
Update = dict[str, Any]
Sleep = Callable[[float], Awaitable[None]]


async def poll(
    fetch: Callable[[int | None], Awaitable[list[Update]]], parse: Callable[[Update], list[Incoming]], take: Take,
    sleep: Sleep,
) -> None:  # fmt: skip
    """Fetch and take updates until cancelled.

    1. Ask for what comes after the offset; the first time for everything that waits.
    2. Take it; only then move the offset, because the next request tells Telegram to forget what lies before it.
    3. After a failure ask again for the same, after a growing pause or the one that Telegram wishes.
    """
    offset: int | None = None
    pause = FIRST_PAUSE
    while True:
        try:
            updates = await fetch(offset)
            if messages := [message for update in updates for message in parse(update)]:
                await take(messages)
        except SendError as error:
            rest = error.after or pause
            log.warning("no updates (%s); asking again in %.0f s", _REASONS.get(error.code, error.code), rest.seconds)
        except Exception:
            log.exception("updates could not be stored and are asked for again")
            rest = pause
        else:
            offset = updates[-1]["update_id"] + 1 if updates else offset
            pause = FIRST_PAUSE
            continue
        await sleep(rest.total_seconds())
        pause = min(pause * 2, LONGEST_PAUSE)


async def insist(step: Callable[[], Awaitable[object]], purpose: str, sleep: Sleep) -> None:
    """Do a step of the set-up, again until the platform can be reached; what it refuses is told, not repeated."""
    pause = FIRST_PAUSE
    while True:
        try:
            await step()
        except SendError as error:
            if not error.retryable:
                log.warning("Telegram refused to %s: %s", purpose, getattr(error, "reason", error.code))
                return
            log.warning("could not %s yet: %s", purpose, _REASONS.get(error.code, error.code))
            await sleep((error.after or pause).total_seconds())
            pause = min(pause * 2, LONGEST_PAUSE)
        else:
            return


_REASONS = {
    "conflict": "another process polls with the same token, or a webhook is set",
    "bad_token": "Telegram does not know this token",
    "unreachable": "Telegram cannot be reached",
    "timeout": "Telegram did not answer",
}
