"""One-time codes that an app scans instead of its owner typing them."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from api.commands import opened
from assets.printing import modules
from bot.channels import Examined, Inviting, open_channels
from bot.messages import SendError
from core.errors import GongdanError, NotFound
from core.storage import open_storage

BLOCKS = {(0, 0): "\u2588", (0, 1): "\u2580", (1, 0): "\u2584", (1, 1): " "}  # of a pair: 0 is light
QUIET = 4  # modules around a code, without which no camera finds it


class NoScannableCode(GongdanError):
    """{channel} gave no code to scan ({code}). The code above can be typed; `gongdan doctor` says what is wrong."""


def scannable(name: str, secret: str, life: timedelta) -> str:
    """The QR code of a channel that joins whoever scans it, for a dark terminal."""
    settings, database = opened()
    try:
        channel = open_channels(settings, open_storage(settings.storage_url), database).get(name)
        if not isinstance(channel, Inviting):
            raise NotFound(what="word.channel")
        return _drawn(asyncio.run(_said(channel, secret, life)))
    except SendError as error:
        raise NoScannableCode(channel=name, code=error.code) from None
    finally:
        database.dispose()


async def _said(channel: Inviting, secret: str, life: timedelta) -> str:
    try:
        return await channel.joining_code(secret, life)
    finally:
        if isinstance(channel, Examined):
            await channel.close()


def _drawn(payload: str) -> str:
    """Two modules above each other are one character: light ones are drawn, dark ones are the ground."""
    dark = [[int(module == 0) for module in row] for row in modules(payload)]
    side = [0] * QUIET
    blank = [0] * (len(dark) + 2 * QUIET)
    rows = [blank] * QUIET + [side + row + side for row in dark] + [blank] * QUIET
    rows += [blank] * (len(rows) % 2)
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return "\n".join("".join(BLOCKS[pair] for pair in zip(above, below, strict=True)) for above, below in pairs)
