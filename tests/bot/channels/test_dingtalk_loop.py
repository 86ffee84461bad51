"""What the main job has of DingTalk's own: a report in one message, taps that come twice, and links over the stream.

The whole job is played in test_two_platforms.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from bot.messages import HookRequest, Incoming
from core import access, clock
from core.database import Database
from core.storage import Storage
from tests.bot.channels.dingtalk_office import Office, office_of
from tests.bot.channels.seats import A_MOMENT, DingTalkSeat, Server
from tests.bot.flows.chat import SETTINGS
from tests.fakes.dingtalk import TEMPLATE, Member
from tests.personas import Cast
from tests.pictures import corners, encoded

LI, WANG = Member("li01", "Li"), Member("wang", "Wang")
SAID = {
    "en": {
        "fault": "The lamp in our kitchen flickers", "accept": "Accept", "taken": "Got it", "decline": "Decline",
        "work": "/work",
    },
    "zh_CN": {"fault": "厨房的灯一直闪", "accept": "接单", "taken": "已收到", "decline": "退单", "work": "任务"},
}  # fmt: skip


@pytest.fixture
def office(db: Database, storage: Storage, runner: asyncio.Runner) -> Iterator[Office]:
    with office_of(db, storage, runner) as found:
        yield found


@contextmanager
def hooked(office: Office, db: Database, cast: Cast, locale: str, template: str) -> Iterator[Server]:
    """A server that is called by hook, with or without cards, and knows both people."""
    office.dingtalk.api.registered = {"callbackRouteKey": "gongdan"}
    seat = DingTalkSeat(office.dingtalk, office.open(public_url=SETTINGS.public_url, template=template))
    server = Server(db, office.storage, office.runner, cast, {"dingtalk": seat})
    server.join("dingtalk", LI.userid, cast.resident, locale)
    server.join("dingtalk", WANG.userid, cast.technician, locale)
    yield server


def report(server: Server, office: Office, words: dict[str, str]) -> HookRequest:
    """Words and a picture in one message."""
    office.dingtalk.keep("c1", encoded(corners(), "JPEG"))
    seat = server.seats["dingtalk"]
    assert isinstance(seat, DingTalkSeat)
    return seat.hook(office.dingtalk.callbacks.rich(LI, words["fault"], "c1"))


@pytest.mark.parametrize("locale", SAID)
def test_a_report_in_one_message_and_a_tap_that_comes_twice(
    office: Office, db: Database, cast: Cast, locale: str
) -> None:
    words = SAID[locale]
    with hooked(office, db, cast, locale, TEMPLATE) as server:
        server.hear("dingtalk", lambda _: report(server, office, words))
        assert words["taken"] in server.seen("dingtalk", LI.userid)[-1].text
        assert (server.ticket().state, server.attached()) == ("assigned", ["report"])
        tap = office.dingtalk.press(WANG.userid, words["accept"])
        server.hear("dingtalk", lambda seat: seat.hook(tap, "cards"))
        assert (server.ticket().state, office.dingtalk.messages(WANG.userid)[-1].edits > 0) == ("accepted", True)
        told, said = len(server.seen("dingtalk", LI.userid)), len(office.dingtalk.api.sent)
        server.hear("dingtalk", lambda seat: seat.hook(tap, "cards"))  # nothing changes, and nobody else hears of it
        assert (server.ticket().state, len(server.seen("dingtalk", LI.userid))) == ("accepted", told)
        assert len(office.dingtalk.api.sent) <= said + 1


@pytest.mark.parametrize("locale", SAID)
def test_links_and_numbers_serve_where_there_are_no_cards_and_the_stream_brings_what_is_said(
    office: Office, db: Database, cast: Cast, locale: str
) -> None:
    words = SAID[locale]
    with hooked(office, db, cast, locale, "") as server:
        server.hear("dingtalk", lambda _: report(server, office, words))
        offer = office.dingtalk.messages(WANG.userid)[-1]
        assert offer.labels == [words["accept"], words["decline"]]
        assert opened_by(db, offer.buttons[0][1], server.now) == (server.ticket().id, cast.technician)
        for typed in (words["work"], "1"):
            overhear(office, server, office.dingtalk.callbacks.text(WANG, typed))
        assert words["fault"] in server.seen("dingtalk", WANG.userid)[-1].text
        server.act(server.ticket().number, "accept", cast.technician)
        assert "Wang Wei" in server.seen("dingtalk", LI.userid)[-1].text
        assert {one.track for one in office.dingtalk.api.sent} == {""}


def overhear(office: Office, server: Server, data: dict[str, Any]) -> None:
    """What the stream brings to a channel that listens."""
    server.now += A_MOMENT
    channel, frame = office.open(), office.dingtalk.push(data)

    async def take(messages: list[Incoming]) -> None:
        await asyncio.to_thread(server.take, messages)

    async def listen() -> None:
        task = asyncio.create_task(channel.listen(take))
        await asyncio.to_thread(office.dingtalk.wait_for, lambda: office.dingtalk.is_acknowledged(frame))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    with clock.at(server.now):
        office.runner.run(listen(), context=copy_context())
    server.work()


def opened_by(db: Database, url: str, now: datetime) -> tuple[UUID | None, UUID]:
    """Which ticket a link opens, and as whom."""
    with db.read_scope() as session:
        found = access.look_up(session, "page", url.rpartition("/")[2], now)
        assert found is not None
        return found.ticket_id, found.person_id
