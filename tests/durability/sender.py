"""A process that only sends, so that it may be killed.

`python -m tests.durability.sender DATABASE PLATFORM FOLDER PACE` delivers what is in the outbox to a fake Telegram, so
many messages a second; nothing of the server runs beside it.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from pydantic import SecretStr

import assets.models  # noqa: F401 - the tables that the outbox points at
from bot.channels.telegram import TelegramChannel
from bot.delivery import Delivery
from core.database import open_database
from core.settings import Settings
from core.storage import open_storage
from tests.fakes.telegram import TOKEN

PATIENCE = 1.0


async def deliver(database: str, platform: str, folder: str, pace: str) -> None:
    storage = open_storage(f"file://{folder}/media")
    channel = TelegramChannel(TOKEN, storage, base_url=platform, patience=PATIENCE, per_second=float(pace))
    settings = Settings(secret_key=SecretStr("k" * 40), data_dir=Path(folder))
    await Delivery(open_database(database), settings, {channel.name: channel}, storage).run()


if __name__ == "__main__":
    asyncio.run(deliver(*sys.argv[1:]))
