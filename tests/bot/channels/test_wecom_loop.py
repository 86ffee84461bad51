"""The main loop over WeCom, in both languages: reported with a photo, offered as a card, accepted by a tap, told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextvars import copy_context
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from bot import flows
from bot.channels.wecom import WeComChannel
from bot.delivery import Delivery
from bot.fetching import Fetching
from bot.messages import HookRequest
from bot.replying import Replying
from bot.router import Router
from core import clock, outbox, people
from core.database import Database
from core.outbox import Choice, Letter
from core.people import Person
from core.storage import Storage
from core.tickets.models import Attachment, Ticket
from tests.bot.flows.chat import SETTINGS
from tests.contracts.rigs.wecom import joined, opened
from tests.fakes.wecom import CORP, FakeWeCom, Shown
from tests.personas import NOW, Cast, play
from tests.pictures import corners, encoded

WORDS = {
    "en": {
        "fault": "the lamp is broken", "taken": "Got it", "accept": "Accept", "arrive": "Check in",
        "told": "Wang Wei has taken it",
    },
    "zh_CN": {
        "fault": "灯坏了", "taken": "已收到", "accept": "接单", "arrive": "到场签到", "told": "Wang Wei已接单",
    },
}  # fmt: skip


class Company:
    """Our server behind its hook, and the members who write to it."""

    def __init__(
        self, db: Database, storage: Storage, wecom: FakeWeCom, app: WeComChannel, runner: asyncio.Runner
    ) -> None:
        self.db, self.wecom, self.app, self.runner, self.now, self.replied = db, wecom, app, runner, NOW, 0
        self.router, self.replying = Router(db, SETTINGS), Replying(db, SETTINGS)
        channels: dict[str, Any] = {"wecom": app}
        self.delivery = Delivery(db, SETTINGS, channels, storage)
        self.fetching = Fetching(db, SETTINGS, storage, channels)

    def take(self, make: Callable[[], HookRequest]) -> None:
        """A callback of this moment, and all that the server does because of it."""
        self.now += timedelta(seconds=5)
        with clock.at(self.now):
            self.hear(make())
            self.runner.run(self.work(), context=copy_context())

    def hear(self, request: HookRequest) -> None:
        """A callback as the hook takes it, and what leaves because of it."""
        assert self.app.is_welcome(request)
        assert self.app.is_authentic(request)
        messages = self.app.parse(request)
        assert [self.router.take(one) for one in messages] == ["done"]
        told = self.replying.to(self.app, request, messages, is_late=False)
        self.replied += bool(told.answer.body)
        if told.answer.body:
            words = self.wecom.read_reply(told.answer.body).partition("<Content><![CDATA[")[2].partition("]]>")[0]
            self.wecom.shown[messages[0].sender].append(Shown("text", words))
        self.replying.settle(told)

    async def work(self) -> None:
        """What the worker does until nothing is due."""
        while await self.fetching.fetch_due() + await self.delivery.deliver_due():
            pass

    def photos(self) -> int:
        with self.db.read_scope() as session:
            return len(list(session.scalars(select(Attachment))))

    def assignee(self) -> UUID | None:
        """Who has accepted the only ticket."""
        with self.db.read_scope() as session:
            [ticket] = session.scalars(select(Ticket))
            return ticket.assignee_id if ticket.state == "accepted" else None


@pytest.fixture
def wecom() -> Iterator[FakeWeCom]:
    with FakeWeCom() as fake:
        yield fake


@pytest.fixture
def company(sqlite_db: Database, storage: Storage, wecom: FakeWeCom, runner: asyncio.Runner) -> Iterator[Company]:
    flows.load()
    app = opened(wecom, sqlite_db, storage)
    yield Company(sqlite_db, storage, wecom, app, runner)
    runner.run(app.close())


def cast_of(db: Database, locale: str) -> Cast:
    """The resident and the technician are members of the company."""
    with db.write_scope() as session:
        cast = play(session)
        for person, member in ((cast.resident, "li"), (cast.technician, "wang")):
            session.get_one(Person, person).locale = locale
            people.add_identity(session, person, "wecom", CORP, "corp_userid", member, conversation=member, via="test")
    return cast


@pytest.mark.parametrize("locale", ["en", "zh_CN"])
def test_the_main_loop(company: Company, wecom: FakeWeCom, locale: str) -> None:
    words, cast = WORDS[locale], cast_of(company.db, locale)
    company.take(lambda: wecom.says("li", words["fault"]))
    privacy, taken = joined(wecom.seen("li"))
    assert (privacy.kind, taken.kind) == ("text", "template_card")
    assert (company.replied, words["taken"] in taken.text) == (1, True)
    company.take(lambda: wecom.shows("li", encoded(corners(), "JPEG")))
    assert company.photos() == 1
    offer = wecom.seen("wang")[0]
    assert words["accept"] in offer.labels
    company.take(lambda: wecom.press("wang", words["accept"]))
    job = wecom.seen("wang")[0]
    assert job.labels[0] == words["arrive"]
    assert company.assignee() == cast.technician
    assert words["told"] in wecom.seen("li")[-1].text
    assert wecom.dropped == 0


def test_a_burst_to_one_member_waits_instead_of_vanishing(company: Company, wecom: FakeWeCom) -> None:
    """WeCom takes thirty a minute, and drops the others without a word."""
    cast = cast_of(company.db, "en")
    company.app.limits = replace(company.app.limits, per_second=10_000, per_chat_second=10_000)
    with company.db.write_scope() as session:
        letters = [Letter("help", {}, cast.resident, buttons=[Choice("work.accept")]) for _ in range(30)]
        outbox.post(session, letters, NOW)
    minutes, wecom.clock = 0, lambda: company.now  # its threads do not see the time that a test sets
    while len(wecom.seen("li")) < len(letters):
        minutes, company.now = minutes + 1, company.now + timedelta(seconds=61)
        with clock.at(company.now):
            company.runner.run(company.work(), context=copy_context())
        assert minutes < 6
    assert (minutes, wecom.dropped) == (3, 0)
