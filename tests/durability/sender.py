"""A process that only sends, so that it may be killed.

`python -m tests.durability.sender DATABASE PLATFORM ADDRESS FOLDER PACE PATIENCE` delivers what is in the outbox to the
simulator of a platform, so many messages a second (0: as our channel does), and waits so many seconds for an answer;
nothing of the server runs beside it.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from pydantic import SecretStr

import assets.models  # noqa: F401 - the tables that the outbox points at
from bot.channels import Channel
from bot.delivery import Delivery
from core.database import open_database
from core.settings import Settings
from core.storage import open_storage
from tests.durability.simulators import SIMULATORS


async def deliver(address: str, platform: str, url: str, folder: str, pace: str, patience: str) -> None:
    database, storage = open_database(address), open_storage(f"file://{folder}/media")
    opened = SIMULATORS[platform].opened(url, database, storage, float(patience))
    channels: dict[str, Channel] = {one.name: one for one in opened}
    for channel in channels.values():
        channel.limits = replace(channel.limits, per_second=float(pace) or channel.limits.per_second)
    settings = Settings(secret_key=SecretStr("k" * 40), data_dir=Path(folder))
    await Delivery(database, settings, channels, storage).run()


if __name__ == "__main__":
    asyncio.run(deliver(*sys.argv[1:]))
