"""Platforms of our own, and a Telegram bot with short patience and pauses that pass at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.channels.telegram import TelegramChannel
from core.storage import Storage, open_storage
from tests.fakes.feishu import FakeFeishu
from tests.fakes.telegram import SECRET, TOKEN, FakeTelegram
from tests.fakes.wecom import FakeWeCom

PATIENCE = 1.0


class Naps:
    """Pauses that are noted instead of slept through."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)
        await asyncio.sleep(0)


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    with FakeTelegram() as fake:
        yield fake


@pytest.fixture
def wecom() -> Iterator[FakeWeCom]:
    with FakeWeCom() as fake:
        yield fake


@pytest.fixture
def feishu() -> Iterator[FakeFeishu]:
    with FakeFeishu() as fake:
        yield fake


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return open_storage(f"file://{tmp_path}/media")


@pytest.fixture
def naps() -> Naps:
    return Naps()


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def bot(telegram: FakeTelegram, storage: Storage, naps: Naps, runner: asyncio.Runner) -> Iterator[TelegramChannel]:
    """A bot that polls."""
    channel = TelegramChannel(TOKEN, storage, base_url=telegram.base_url, patience=PATIENCE, sleep=naps)
    yield channel
    runner.run(channel.close())


@pytest.fixture
def hooked(telegram: FakeTelegram, storage: Storage, naps: Naps, runner: asyncio.Runner) -> Iterator[TelegramChannel]:
    """A bot that is called by hook."""
    channel = TelegramChannel(
        TOKEN, storage, base_url=telegram.base_url, secret=SECRET, public_url="https://fix.example.org",
        patience=PATIENCE, sleep=naps,
    )  # fmt: skip
    yield channel
    runner.run(channel.close())
