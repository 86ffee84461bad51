"""The whole loop through Feishu, in both languages: reported with a photo, accepted by a tap, told, done, rated."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextvars import copy_context
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from bot import flows
from bot.channels.feishu import FeishuChannel
from bot.delivery import Delivery
from bot.fetching import Fetching
from bot.messages import Answer
from bot.replying import Replying
from bot.router import Router
from core import access, clock, people
from core.database import Database
from core.outbox import OutboxMessage
from core.people import Person
from core.sendings import Sending
from core.storage import Storage
from core.tickets import actions, queries
from tests.bot.flows.chat import SETTINGS
from tests.fakes.feishu import FakeFeishu, Message
from tests.personas import NOW, Cast, play
from tests.pictures import corners, encoded

LI, WANG = "ou_li", "ou_wang"
NUMBER = "WX-261120-001"


class Town:
    """A server with Feishu in front of it. Its clock stands at `now`."""

    def __init__(
        self, db: Database, cast: Cast, feishu: FakeFeishu, app: FeishuChannel, storage: Storage, runner: asyncio.Runner
    ) -> None:
        self.db, self.cast, self.feishu, self.app, self.now, self.runner = db, cast, feishu, app, NOW, runner
        channels: dict[str, Any] = {app.name: app}
        self.delivery = Delivery(db, SETTINGS, channels, storage)
        self.fetching = Fetching(db, SETTINGS, storage, channels)

    def enter(self, person: UUID, open_id: str, locale: str) -> None:
        with self.db.write_scope() as session:
            mine = ("feishu", self.app.account, "feishu_open_id", open_id)
            people.add_identity(session, person, *mine, conversation=open_id, via="test")
            row = session.get_one(Person, person)
            row.locale, row.informed_at = locale, self.now

    def hear(self, event: dict[str, Any], part: str = "") -> Answer:
        """A callback as the hook takes it; then everything that is due leaves."""
        self.now += timedelta(seconds=1)
        with clock.at(self.now):
            request = self.feishu.events.request(event, part)
            assert self.app.is_welcome(request)
            assert self.app.is_authentic(request)
            messages = self.app.parse(request)
            for incoming in messages:
                Router(self.db, SETTINGS).take(incoming)
            replying = Replying(self.db, SETTINGS)
            told = replying.to(self.app, request, messages, is_late=False)
            self.feishu.take(event, told.answer)
            replying.settle(told)
            self._move()
        return told.answer

    def tap(self, person: str, label: str) -> Answer:
        return self.hear(self.feishu.tap(person, label), "cards")

    def _move(self) -> None:
        """In a context that has the clock of this moment, on the one loop that the connections belong to."""
        self.runner.run(self._settled(), context=copy_context())

    async def _settled(self) -> None:
        while await self.fetching.fetch_due() or await self.delivery.deliver_due():
            continue

    def photo(self, person: str, words: str = "") -> None:
        event = self.feishu.events.picture(person, "img_1", words)
        self.feishu.keep(event["event"]["message"]["message_id"], "img_1", encoded(corners(), "JPEG"))
        self.hear(event)

    def act(self, number: str, action: str, by: UUID, **facts: Any) -> None:
        """What is done on a page."""
        self.now += timedelta(minutes=1)
        with clock.at(self.now):
            with self.db.write_scope() as session:
                ticket = queries.by_number(session, number, lock=True)
                actions.act(session, ticket, action, access.viewer(session, by), self.now, facts=facts)
            self._move()

    def last(self, person: str) -> Message:
        return self.feishu.messages(person)[-1]


@pytest.fixture
def feishu() -> Iterator[FakeFeishu]:
    with FakeFeishu() as fake:
        yield fake


@pytest.fixture
def town(feishu: FakeFeishu, sqlite_db: Database, storage: Storage, runner: asyncio.Runner) -> Iterator[Town]:
    with sqlite_db.write_scope() as session:
        cast = play(session)
    app = feishu.channel(sqlite_db, storage)
    app.limits = replace(app.limits, per_second=10_000, per_chat_second=10_000)
    flows.load()
    yield Town(sqlite_db, cast, feishu, app, storage, runner)
    runner.run(app.close())


WORDS = {
    "en": {
        "fault": "the lift in the hall does not move", "got": "Got it", "accept": "Accept", "yours": "It is yours",
        "taken": "has taken it", "check_in": "Check in", "arrived": "has arrived", "after": "Photos after",
        "kept": "After-photo kept", "confirm": "Confirm", "stars": "5 stars, thank you",
    },
    "zh_CN": {
        "fault": "大厅电梯不动了", "got": "已收到", "accept": "接单", "yours": "接单成功", "taken": "已接单",
        "check_in": "到场签到", "arrived": "已到场", "after": "拍完工后", "kept": "WX-261120-001", "confirm": "确认",
        "stars": "5 星",
    },
}  # fmt: skip


@pytest.mark.parametrize("locale", WORDS)
def test_the_whole_loop(town: Town, locale: str) -> None:
    words, cast = WORDS[locale], town.cast
    town.enter(cast.resident, LI, locale)
    town.enter(cast.technician, WANG, locale)
    town.photo(LI, words["fault"])
    assert words["got"] in town.last(LI).text
    assert photos(town, "report") == 1

    town.tap(WANG, words["accept"])
    assert words["yours"] in town.last(WANG).text
    assert town.last(WANG).edits == 1  # in the place of the offer, by the answer to the tap
    assert words["taken"] in town.last(LI).text
    town.tap(WANG, words["check_in"])
    assert words["arrived"] in town.last(LI).text
    town.tap(WANG, words["after"])
    town.photo(WANG)
    assert words["kept"] in town.last(WANG).text
    assert photos(town, "after") == 1

    town.act(NUMBER, "waive", cast.supervisor, evidence="technician_signature", reason="test")
    town.act(NUMBER, "sign_off", cast.technician, resolution="fixed")
    assert town.last(LI).has_photo
    town.tap(LI, words["confirm"])
    town.tap(LI, "5 ★")
    assert words["stars"] in town.last(LI).text
    assert ("send", 400) not in town.feishu.calls


def photos(town: Town, kind: str) -> int:
    with town.db.read_scope() as session:
        ticket = queries.by_number(session, NUMBER)
        return len([one for one in queries.attachments_of(session, ticket.id) if one.kind == kind])


def test_who_has_blocked_the_bot_gets_nothing_more_and_the_desk_reads_why(town: Town) -> None:
    town.enter(town.cast.resident, LI, "en")
    town.enter(town.cast.technician, WANG, "en")
    town.feishu.blocked.add(WANG)
    town.photo(LI, "the lift in the hall does not move")
    assert town.feishu.messages(WANG) == []
    with town.db.read_scope() as session:
        [mine] = people.identities_of(session, town.cast.technician)
        assert mine.blocked_at is not None
        [offer] = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "offer"))
        [sending] = session.scalars(select(Sending).where(Sending.outbox_id == offer.id))
        assert (offer.state, sending.outcome) == ("undeliverable", "blocked")
        assert sending.said == "The user has stopped the bot from sending messages."
