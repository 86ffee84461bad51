"""Polled updates: nothing is forgotten by Telegram before it is stored here."""

from __future__ import annotations

import asyncio
import logging

import pytest

from bot.channels.telegram import TelegramChannel
from bot.messages import Incoming
from tests.bot.channels.conftest import Naps
from tests.fakes.telegram import FakeTelegram, Fault, Sender, conflict, reset, server_error, throttled, unauthorized

LI = Sender(7)


class Store:
    """Takes messages, and is full for the first `refusals` times."""

    def __init__(self, refusals: int = 0) -> None:
        self.refusals = refusals
        self.grew = asyncio.Event()
        self.taken: list[str] = []
        self.batches: list[int] = []

    async def __call__(self, messages: list[Incoming]) -> None:
        if self.refusals:
            self.refusals -= 1
            raise OSError("the disk is full")
        self.taken += [message.text for message in messages]
        self.batches.append(len(messages))
        self.grew.set()


async def listen_until(telegram: FakeTelegram, bot: TelegramChannel, store: Store, texts: int) -> None:
    """Listen until so many messages are taken and forgotten by Telegram, then stop in the middle of a request."""
    task = asyncio.create_task(bot.listen(store))
    while len(store.taken) < texts:
        await asyncio.wait_for(store.grew.wait(), 10)
        store.grew.clear()
    await asyncio.to_thread(telegram.wait_for, lambda: not telegram.api.queue)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def offsets(telegram: FakeTelegram) -> list[int | None]:
    """The offsets of the answered requests."""
    found = [call.params.get("offset") for call in telegram.called("getUpdates")]
    return [None if offset is None else int(offset) for offset in found]


def test_what_waited_is_taken_in_order_and_then_forgotten(
    telegram: FakeTelegram, bot: TelegramChannel, runner: asyncio.Runner
) -> None:
    telegram.push_update(telegram.updates.channel_post("News"))
    for text in ("一", "二", "三"):
        telegram.say(LI, text)
    store = Store()
    runner.run(listen_until(telegram, bot, store, 3))
    assert (store.taken, store.batches) == (["一", "二", "三"], [3])
    telegram.stop()
    assert offsets(telegram) == [None, 1004]
    assert telegram.api.queue == []


def test_a_hook_that_was_set_before_is_removed_without_losing_what_waits(
    telegram: FakeTelegram, bot: TelegramChannel, runner: asyncio.Runner
) -> None:
    telegram.say(LI, "一")
    telegram.api.webhook = {"url": "https://old.example.org"}
    store = Store()
    runner.run(listen_until(telegram, bot, store, 1))
    assert store.taken == ["一"]
    assert telegram.called("deleteWebhook")[0].params.get("drop_pending_updates", "false") == "false"


def test_what_could_not_be_stored_is_asked_for_again(
    telegram: FakeTelegram, bot: TelegramChannel, runner: asyncio.Runner, naps: Naps, caplog: pytest.LogCaptureFixture
) -> None:
    telegram.say(LI, "一")
    store = Store(refusals=2)
    runner.run(listen_until(telegram, bot, store, 1))
    assert store.taken == ["一"]
    assert offsets(telegram)[:3] == [None, None, None]
    assert naps.taken == [1, 2]
    assert "could not be stored" in caplog.text


@pytest.mark.parametrize(
    ("faults", "pauses"),
    [([server_error()] * 8, [1, 2, 4, 8, 16, 32, 60, 60]), ([reset()], [1]), ([throttled(9)], [9]),
     ([conflict()], [30]), ([unauthorized()], [600]), ([Fault(answer=b"<html>")], [1])],
    ids=["5xx", "reset", "throttled", "conflict", "token", "stranger"],
)  # fmt: skip
def test_polling_pauses_and_goes_on(
    telegram: FakeTelegram, bot: TelegramChannel, runner: asyncio.Runner, naps: Naps, faults: list[Fault],
    pauses: list[float],
) -> None:  # fmt: skip
    telegram.say(LI, "一")
    telegram.fail("getUpdates", *faults)
    store = Store()
    runner.run(listen_until(telegram, bot, store, 1))
    assert (store.taken, naps.taken) == (["一"], pauses)


def test_a_second_poller_is_named_in_the_log(
    telegram: FakeTelegram, bot: TelegramChannel, runner: asyncio.Runner, caplog: pytest.LogCaptureFixture
) -> None:
    telegram.say(LI, "一")
    telegram.fail("getUpdates", conflict())
    with caplog.at_level(logging.WARNING):
        runner.run(listen_until(telegram, bot, Store(), 1))
    assert "another process polls with the same token" in caplog.text


def test_polling_starts_although_telegram_cannot_be_reached_at_first(
    telegram: FakeTelegram, bot: TelegramChannel, runner: asyncio.Runner, naps: Naps
) -> None:
    telegram.say(LI, "一")
    telegram.fail("deleteWebhook", reset(), server_error())
    store = Store()
    runner.run(listen_until(telegram, bot, store, 1))
    assert (store.taken, naps.taken) == (["一"], [1, 2])


def test_with_a_hook_there_is_nothing_to_poll(
    telegram: FakeTelegram, hooked: TelegramChannel, runner: asyncio.Runner
) -> None:
    runner.run(asyncio.wait_for(hooked.listen(Store()), 1))
    assert telegram.calls == []
