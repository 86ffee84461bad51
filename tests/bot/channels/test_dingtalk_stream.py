"""The stream: what comes is stored before it is acknowledged, in its order, whatever happens to the connection."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from bot.channels._dingtalk_stream import is_trusted
from bot.channels.dingtalk import DingTalkChannel
from bot.messages import Incoming
from core.database import Database
from core.storage import Storage
from tests.bot.channels.conftest import Naps
from tests.bot.channels.dingtalk_office import CANARY, Office, office_of
from tests.fakes.dingtalk import FakeDingTalk, Member, refused
from tests.fakes.dingtalk_http import Told

LI = Member("li01", "Li")


@pytest.fixture
def office(sqlite_db: Database, storage: Storage, runner: asyncio.Runner) -> Iterator[Office]:
    with office_of(sqlite_db, storage, runner) as found:
        yield found


class Inbox:
    """Where messages are stored. `refusals`: what the next storings raise, one each."""

    def __init__(self, dingtalk: FakeDingTalk, *refusals: Exception) -> None:
        self.dingtalk, self.refusals = dingtalk, list(refusals)
        self.stored: list[Incoming] = []
        self.acknowledged: list[int] = []

    async def take(self, messages: list[Incoming]) -> None:
        await asyncio.sleep(0)
        if self.refusals:
            raise self.refusals.pop(0)
        self.acknowledged.append(len(self.dingtalk.acknowledged))
        self.stored += messages

    @property
    def texts(self) -> list[str]:
        return [one.text for one in self.stored]


def listen(
    office: Office, take: Callable[[list[Incoming]], Awaitable[None]], *until: Callable[[], bool], **given: Any
) -> None:
    """Listen until everything is so, one after the other."""
    channel: DingTalkChannel = office.open(**given)

    async def run() -> None:
        task = asyncio.create_task(channel.listen(take))
        try:
            for one in until:
                await asyncio.to_thread(office.dingtalk.wait_for, one)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    office.runner.run(run())


def test_messages_are_stored_in_their_order_and_then_acknowledged(office: Office) -> None:
    dingtalk, inbox = office.dingtalk, Inbox(office.dingtalk)
    frames = [dingtalk.push(dingtalk.callbacks.text(LI, str(number))) for number in range(8)]
    listen(office, inbox.take, lambda: len(dingtalk.acknowledged) == 8)
    assert inbox.texts == [str(number) for number in range(8)]
    assert all(before <= place for place, before in enumerate(inbox.acknowledged))
    assert [one["headers"]["messageId"] for one in dingtalk.acknowledged] == [f["headers"]["messageId"] for f in frames]
    assert {(one["code"], one["data"]) for one in dingtalk.acknowledged} == {(200, '{"response": {}}')}
    [opened] = dingtalk.called("connections/open")
    assert {one["topic"] for one in opened.content["subscriptions"]} == {
        "/v1.0/im/bot/messages/get", "/v1.0/card/instances/callback", "*",
    }  # fmt: skip


def test_what_cannot_be_stored_is_tried_again_and_never_acknowledged_before(office: Office, naps: Naps) -> None:
    dingtalk, inbox = office.dingtalk, Inbox(office.dingtalk, OSError("disk"), OSError("disk"))
    dingtalk.push(dingtalk.callbacks.text(LI, "a"))
    dingtalk.push(dingtalk.callbacks.text(LI, "b"))
    listen(office, inbox.take, lambda: len(dingtalk.acknowledged) == 2, sleep=naps)
    assert (inbox.texts, naps.taken, inbox.acknowledged[0]) == (["a", "b"], [1.0, 2.0], 0)


def test_what_is_never_stored_is_told_so_and_brought_again(office: Office, naps: Naps) -> None:
    dingtalk, inbox = office.dingtalk, Inbox(office.dingtalk, *[OSError("disk")] * 5)
    frame = dingtalk.push(dingtalk.callbacks.text(LI, "a"))
    listen(office, inbox.take, lambda: len(dingtalk.acknowledged) == 1, sleep=naps)
    assert [one["code"] for one in dingtalk.acknowledged] == [500]
    listen(office, inbox.take, lambda: dingtalk.is_acknowledged(frame))
    assert inbox.texts == ["a"]


def test_a_lost_connection_is_opened_again_and_a_frame_is_the_same_message(office: Office) -> None:
    dingtalk, inbox = office.dingtalk, Inbox(office.dingtalk)
    dingtalk.push(dingtalk.callbacks.text(LI, "a"))

    def hung_up() -> bool:
        if len(inbox.stored) == 1 and len(dingtalk.called("connections/open")) == 1:
            dingtalk.hang_up()
            dingtalk.push(dingtalk.callbacks.text(LI, "b"))
        return inbox.texts[-1:] == ["b"]

    listen(office, inbox.take, hung_up)
    assert len(dingtalk.called("connections/open")) >= 2
    assert sorted(set(inbox.texts)) == ["a", "b"]
    assert len({one.dedupe_key for one in inbox.stored}) == 2


def test_a_disconnect_of_the_platform_is_obeyed_and_a_ping_answered(office: Office) -> None:
    dingtalk, inbox = office.dingtalk, Inbox(office.dingtalk)
    make = dingtalk.callbacks
    ping, leave = (make.frame({"opaque": topic}, "SYSTEM", topic) for topic in ("ping", "disconnect"))
    dingtalk.push_frame(ping)
    dingtalk.push_frame(leave)
    listen(office, inbox.take, lambda: len(dingtalk.called("connections/open")) > 1)
    assert [json.loads(one["data"])["opaque"] for one in dingtalk.acknowledged[:2]] == ["ping", "disconnect"]


def test_what_is_no_frame_or_no_callback_holds_up_nothing(office: Office) -> None:
    dingtalk, inbox = office.dingtalk, Inbox(office.dingtalk)
    make = dingtalk.callbacks
    broken = [{**make.frame(make.text(LI, "x")), "data": data} for data in ("", "[]", "{", None)]
    broken += [{"type": "CALLBACK"}, {}, make.frame({"eventType": "user_leave_org"}, "EVENT", "*")]

    def pushed() -> bool:
        if not inbox.refusals:
            return True
        inbox.refusals.clear()
        for raw in ("x", "[]", "7", "null", *map(json.dumps, broken)):
            dingtalk.push_raw(raw)
        return bool(dingtalk.push(make.text(LI, "good")))

    inbox.refusals.append(OSError())
    listen(office, inbox.take, lambda: bool(dingtalk.called("connections/open")), pushed, lambda: bool(inbox.stored))
    assert inbox.texts == ["good"]


def test_what_has_come_is_stored_also_when_we_leave(office: Office) -> None:
    dingtalk, kept = office.dingtalk, []
    begun = asyncio.Event()

    async def slow(messages: list[Incoming]) -> None:
        begun.set()
        await asyncio.sleep(0.05)
        kept.extend(messages)

    async def run() -> None:
        task = asyncio.create_task(office.links.listen(slow))
        await begun.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()

    dingtalk.push(dingtalk.callbacks.text(LI, "a"))
    office.runner.run(run())
    assert [one.text for one in kept] == ["a"]


def test_a_stream_that_is_not_opened_is_asked_for_again_and_no_secret_is_told(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    dingtalk, inbox = office.dingtalk, Inbox(office.dingtalk)
    elsewhere = {"endpoint": "wss://dingtalk.com.example.org/connect", "ticket": "canary-ticket"}
    closed = {"endpoint": "ws://127.0.0.1:1/connect", "ticket": "canary-ticket"}
    dingtalk.fail("connections/open", refused(status=503), Told(elsewhere), Told(closed), Told({}))
    dingtalk.push(dingtalk.callbacks.text(LI, "a"))
    listen(office, inbox.take, lambda: bool(inbox.stored))
    assert len(dingtalk.called("connections/open")) == 5
    told = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith(("bot", "dingtalk")))
    assert CANARY not in told + caplog.text.replace("DEBUG", "")
    assert "stream" in told


@pytest.mark.parametrize(
    ("endpoint", "base", "is_fine"),
    [
        ("wss://wss-open-connection.dingtalk.com:443/connect", "https://api.dingtalk.com", True),
        ("ws://wss-open-connection.dingtalk.com/connect", "https://api.dingtalk.com", False),
        ("wss://dingtalk.com.example.org/connect", "https://api.dingtalk.com", False),
        ("wss://relay.example.org/connect", "https://relay.example.org", True),
        ("ws://127.0.0.1:8/connect", "http://127.0.0.1:9", True),
        ("None", "https://api.dingtalk.com", False),
    ],
)
def test_only_dingtalks_addresses_and_the_relays_are_connected_to(endpoint: str, base: str, *, is_fine: bool) -> None:
    assert is_trusted(endpoint, base) == is_fine


def test_who_is_called_by_hook_listens_to_nothing(office: Office) -> None:
    hooked = office.open(public_url="https://fix.example")
    office.runner.run(hooked.listen(Inbox(office.dingtalk).take))
    assert (hooked.is_polled, office.links.is_polled, office.dingtalk.asked) == (False, True, [])
