"""The whole loop in WeChat: reported with a photo, accepted by a number, repaired, confirmed."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from bot.channels._weixin_sending import template_of
from bot.delivery import Delivery
from bot.fetching import Fetching
from bot.messages import Answer, HookRequest
from bot.replying import Replying
from bot.router import Router
from core import access, clock, people, sendings
from core.database import Database
from core.outbox import OutboxMessage
from core.people import Person
from core.storage import open_storage
from core.tickets.models import Attachment, Ticket
from tests.bot.flows.chat import SETTINGS, Stage
from tests.contracts.rigs.wechat import channel_of
from tests.fakes.wechat import FakeWeChat
from tests.personas import NOW, Cast, play
from tests.pictures import corners, encoded

LI, WANG = "o-li", "o-wang"
WORDS = {
    "en": {
        "linked": "this chat is yours", "fault": "the kitchen lamp is broken", "taken": "Got it", "job": "New job",
        "accept": "1 Accept", "mine": "It is yours", "progress": "has taken it", "arrived": "has arrived",
        "done": "Fixed", "confirm": "1 Confirm", "stars": "5 5 ★", "thanks": "5 stars",
    },
    "zh_CN": {
        "linked": "已绑定", "fault": "厨房的灯坏了", "taken": "已收到", "job": "新工单", "accept": "1 接单",
        "mine": "接单成功", "progress": "已接单", "arrived": "已到场", "done": "已修好", "confirm": "1 确认",
        "stars": "5 5 ★", "thanks": "5 星",
    },
}  # fmt: skip
OFFER = "TM0000000001 character_string1=number thing2=place thing3=category"


class House:
    """A server of one account, with its worker, while time stands still between two messages."""

    def __init__(self, db: Database, cast: Cast, wechat: FakeWeChat, folder: Path) -> None:
        self.db, self.wechat, self.now = db, wechat, NOW
        self.stage = Stage(db, cast)
        wechat.now = lambda: self.now
        storage = open_storage(f"file://{folder}/media")
        wechat.templates = {"TM0000000001": "{{character_string1.DATA}} {{thing2.DATA}} {{thing3.DATA}}"}
        self.channel = channel_of(wechat, db, storage, templates={"work": template_of("work", OFFER)})
        self.channel.limits = replace(self.channel.limits, per_second=10_000, per_chat_second=10_000)
        channels: dict[str, Any] = {"wechat": self.channel}
        self._delivery = Delivery(db, SETTINGS, channels, storage)
        self._fetching = Fetching(db, SETTINGS, storage, channels)
        self._runner = asyncio.Runner()

    def close(self) -> None:
        self._do(self.channel.close())
        self._runner.close()

    def hear(self, request: HookRequest) -> list[tuple[str, str]]:
        """Bring a callback, let the worker work, and return who has seen what since."""
        before = len(self.wechat.shown)
        self.now += timedelta(seconds=5)
        with clock.at(self.now):
            assert self.wechat.deliver(self._hook, request) is not None
        return self.work(before)

    def work(self, before: int | None = None) -> list[tuple[str, str]]:
        seen = len(self.wechat.shown) if before is None else before
        with clock.at(self.now):
            while self._do(self._fetching.fetch_due()) or self._do(self._delivery.deliver_due()):
                pass
        return [(one.openid, one.text or one.kind) for one in self.wechat.shown[seen:]]

    def act(self, number: str, action: str, by: UUID, **facts: Any) -> list[tuple[str, str]]:
        """What somebody does on a page."""
        self.stage.now = self.now
        self.stage.act(number, action, by, **facts)
        self.now = self.stage.now
        return self.work()

    def join(self, openid: str, person: UUID, locale: str) -> list[tuple[str, str]]:
        """Scan the code that joins a chat, which also makes a subscriber."""
        with self.db.write_scope() as session:
            session.get_one(Person, person).locale = locale
            code = access.issue(session, "link", person, self.now, life=access.LINK_LIFE)
        return self.hear(self.wechat.event(openid, "subscribe", f"qrscene_link-{code}"))

    def number(self) -> str:
        with self.db.read_scope() as session:
            return session.scalars(select(Ticket.number)).one()

    def is_reachable(self) -> bool:
        with self.db.read_scope() as session:
            return people.is_reachable(session, self.stage.cast.resident)

    def kinds(self) -> list[str]:
        """What was attached."""
        with self.db.read_scope() as session:
            return sorted(session.scalars(select(Attachment.kind)))

    def _hook(self, request: HookRequest) -> Answer:
        assert self.channel.is_welcome(replace(request, body=b""))
        assert self.channel.is_authentic(request)
        replying, messages = Replying(self.db, SETTINGS), self.channel.parse(request)
        for incoming in messages:
            assert Router(self.db, SETTINGS).take(incoming) == "done"
        told = replying.to(self.channel, request, messages, is_late=False)
        replying.settle(told)
        return told.answer

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(work, context=contextvars.copy_context())


@pytest.fixture
def house(sqlite_db: Database, tmp_path: Path) -> Iterator[House]:
    with sqlite_db.write_scope() as session:
        cast = play(session)
    with FakeWeChat() as wechat:
        house = House(sqlite_db, cast, wechat, tmp_path)
        yield house
        house.close()


def to(openid: str, seen: list[tuple[str, str]]) -> list[str]:
    return [text for who, text in seen if who == openid]


def has(seen: list[tuple[str, str]], *wanted: tuple[str, str]) -> None:
    """Whether these people have seen these words, each in this order and nothing else; to two people at once go two."""
    assert len(seen) == len(wanted), seen
    for openid in (LI, WANG):
        assert all(part in text for part, text in zip(to(openid, list(wanted)), to(openid, seen), strict=True)), seen


@pytest.mark.parametrize("locale", WORDS)
def test_a_fault_is_reported_repaired_and_confirmed_in_wechat(house: House, locale: str) -> None:
    words, cast, wechat = WORDS[locale], house.stage.cast, house.wechat
    photo = encoded(corners(), "JPEG")
    for openid, person in ((LI, cast.resident), (WANG, cast.technician)):
        assert words["linked"] in house.join(openid, person, locale)[-1][1]
    has(house.hear(wechat.text(LI, words["fault"])), (LI, words["taken"]), (WANG, words["accept"]))
    number = house.number()
    has(house.hear(wechat.photo(LI, photo)), (LI, number))
    has(house.hear(wechat.text(WANG, "1")), (WANG, words["mine"]), (LI, words["progress"]))
    has(house.hear(wechat.text(WANG, "１")), (WANG, number), (LI, words["arrived"]))
    house.hear(wechat.text(WANG, "2"))
    has(house.hear(wechat.photo(WANG, photo + b"\0")), (WANG, ""))
    assert house.kinds() == ["after", "report"]
    house.act(number, "waive", cast.supervisor, evidence="technician_signature", reason="test")
    done = house.act(number, "sign_off", cast.technician, resolution="fixed")
    has(done, (LI, words["done"]), (LI, "image"))
    assert words["confirm"] in to(LI, done)[0]
    assert words["stars"] in to(LI, house.hear(wechat.text(LI, "1")))[1]
    assert words["thanks"] in to(LI, house.hear(wechat.text(LI, "5")))[0]
    assert [one.kind for one in wechat.shown if one.kind == "system"] == []


def test_an_offer_reaches_a_technician_whose_window_is_closed(house: House) -> None:
    house.join(LI, house.stage.cast.resident, "en")
    house.join(WANG, house.stage.cast.technician, "en")
    house.now += timedelta(minutes=2)
    seen = house.hear(house.wechat.text(LI, "the kitchen lamp is broken"))
    has(seen, (LI, "Got it"), (WANG, "template"))
    offer = house.wechat.seen(WANG)[-1]
    assert offer.values == {
        "character_string1": house.number(),
        "thing2": "A/12/1203",
        "thing3": "Electricity and lig…",
    }
    assert offer.links == [f"{SETTINGS.public_url}/t/{house.number()}"]
    [finished] = house.wechat.happened
    assert house.hear(finished) == []


def test_a_template_that_wechat_has_taken_and_lost_is_marked_with_its_reason(house: House) -> None:
    house.join(LI, house.stage.cast.resident, "en")
    house.join(WANG, house.stage.cast.technician, "en")
    house.now += timedelta(minutes=2)
    house.wechat.followers[WANG].template_status = "failed: system failed"
    has(house.hear(house.wechat.text(LI, "the kitchen lamp is broken")), (LI, "Got it"))
    [lost] = house.wechat.happened
    assert house.hear(lost) == []
    with house.db.read_scope() as session:
        [offer] = session.scalars(select(OutboxMessage).where(OutboxMessage.person_id == house.stage.cast.technician,
                                                              OutboxMessage.kind == "offer"))  # fmt: skip
        assert (offer.state, offer.error) == ("undeliverable", "undelivered")
        [attempt] = sendings.of_messages(session, [offer.id])[offer.id]
        assert (attempt.outcome, attempt.said) == ("undelivered", "failed: system failed")


def test_who_left_gets_no_news_and_who_is_back_a_minute_later_gets_them_again(house: House) -> None:
    """Also where they come back by a code on a wall, which is no plain subscription."""
    house.join(LI, house.stage.cast.resident, "en")
    house.hear(house.wechat.text(LI, "the kitchen lamp is broken"))
    house.hear(house.wechat.event(LI, "unsubscribe"))
    assert house.act(house.number(), "reprioritise", house.stage.cast.supervisor, priority="urgent") == []
    assert not house.is_reachable()
    house.join(LI, house.stage.cast.resident, "en")
    assert house.is_reachable()
