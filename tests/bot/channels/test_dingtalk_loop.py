"""The main loop on DingTalk alone, in both languages: a report with a photo, an offer on a card, its tap, the news."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from bot import flows
from bot.channels._dingtalk_proofs import card_secret
from bot.delivery import Delivery
from bot.fetching import Fetching
from bot.messages import HookRequest, Incoming
from bot.router import Router
from core import access, clock, people
from core.database import Database
from core.people import Person
from core.storage import Storage
from core.tickets import actions, queries
from core.tickets.models import Attachment, Ticket
from tests.bot.channels.dingtalk_office import Office, office_of
from tests.bot.flows.chat import SETTINGS
from tests.fakes.dingtalk import CLIENT, SECRET, TEMPLATE, Member
from tests.fakes.dingtalk_api import Sent
from tests.personas import NOW, Cast
from tests.pictures import corners, encoded

LI, WANG = Member("li01", "Li"), Member("wang", "Wang")
SAID = {
    "en": {
        "fault": "The lamp in our kitchen flickers", "accept": "Accept", "taken": "Got it", "decline": "Decline",
        "arrive": "Check in", "work": "/work",
    },
    "zh_CN": {
        "fault": "厨房的灯一直闪", "accept": "接单", "taken": "已收到", "decline": "退单",
        "arrive": "到场", "work": "任务",
    },
}  # fmt: skip
flows.load()


class Compound:
    """A server with DingTalk alone: with cards it is called by hook, without it listens. A message takes a second."""

    def __init__(self, office: Office, db: Database, locale: str, template: str) -> None:
        self.office, self.db, self.now = office, db, NOW
        self.channel = office.open(public_url="https://fix.example" if template else "", template=template)
        office.dingtalk.api.registered = {"callbackRouteKey": "gongdan"}
        self.locale = locale

    def meet(self, person: UUID, member: Member) -> None:
        with self.db.write_scope() as session:
            mine = ("dingtalk", CLIENT, "ding_userid", member.userid)
            people.add_identity(session, person, *mine, conversation=member.userid, via="test")
            found = session.get_one(Person, person)
            found.locale, found.informed_at = self.locale, self.now

    def hear(self, data: dict[str, Any], part: str = "") -> None:
        """What DingTalk tells the robot, by hook or over the stream; then everything that is due."""
        self.now += timedelta(seconds=1)
        with clock.at(self.now):
            if self.channel.is_polled:
                self.office.runner.run(self._listen(self.office.dingtalk.push(data)))
            else:
                self._take(self._called(data, part))
        self.work()

    def _called(self, data: dict[str, Any], part: str) -> list[Incoming]:
        """A signed callback: proof, then parsing."""
        make = self.office.dingtalk.callbacks
        headers = make.card_headers(card_secret(SECRET)) if part else make.headers()
        hook = HookRequest("POST", json.dumps(data).encode(), headers, part=part)
        assert self.channel.is_authentic(hook)
        return self.channel.parse(hook)

    async def _listen(self, frame: dict[str, Any]) -> None:
        async def take(messages: list[Incoming]) -> None:
            await asyncio.to_thread(self._take, messages)

        task = asyncio.create_task(self.channel.listen(take))
        await asyncio.to_thread(self.office.dingtalk.wait_for, lambda: self.office.dingtalk.is_acknowledged(frame))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    def _take(self, messages: list[Incoming]) -> None:
        for incoming in messages:
            assert Router(self.db, SETTINGS).take(incoming) == "done"

    def accept_on_the_page(self, technician: UUID) -> None:
        with clock.at(self.now), self.db.write_scope() as session:
            ticket = queries.by_id(session, self.ticket().id, lock=True)
            actions.act(session, ticket, "accept", access.viewer(session, technician), self.now)
        self.work()

    def work(self) -> None:
        channels: dict[str, Any] = {"dingtalk": self.channel}
        with clock.at(self.now):
            self.office.runner.run(Fetching(self.db, SETTINGS, self.office.storage, channels).fetch_due())
            while self.office.runner.run(Delivery(self.db, SETTINGS, channels, self.office.storage).deliver_due()):
                pass

    def seen(self, member: Member) -> list[Sent]:
        return self.office.dingtalk.messages(member.userid)

    def ticket(self) -> Ticket:
        with self.db.read_scope() as session:
            return session.scalars(select(Ticket)).one()

    def photos(self) -> int:
        with self.db.read_scope() as session:
            return len(session.scalars(select(Attachment)).all())


@pytest.fixture
def db(sqlite_db: Database) -> Database:
    """One database is enough: no query here is the channel's own."""
    return sqlite_db


@pytest.fixture
def office(db: Database, storage: Storage, runner: asyncio.Runner) -> Iterator[Office]:
    with office_of(db, storage, runner) as found:
        yield found


def reported(office: Office, db: Database, cast: Cast, locale: str, template: str) -> Compound:
    """The resident writes and photographs in one message; the ticket is open and offered."""
    compound = Compound(office, db, locale, template)
    compound.meet(cast.resident, LI)
    compound.meet(cast.technician, WANG)
    office.dingtalk.keep("c1", encoded(corners(), "JPEG"))
    compound.hear(office.dingtalk.callbacks.rich(LI, SAID[locale]["fault"], "c1"))
    [taken], [offer] = compound.seen(LI), compound.seen(WANG)
    ticket = compound.ticket()
    assert (ticket.state, ticket.assignee_id, compound.photos()) == ("assigned", cast.technician, 1)
    assert SAID[locale]["taken"] in taken.text
    assert ticket.number in taken.text
    assert ticket.number in offer.text
    return compound


@pytest.mark.parametrize("locale", ["en", "zh_CN"])
def test_the_loop_is_played_with_cards_by_hook(office: Office, db: Database, cast: Cast, locale: str) -> None:
    compound = reported(office, db, cast, locale, TEMPLATE)
    tap = office.dingtalk.press("wang", SAID[locale]["accept"])
    compound.hear(tap, part="cards")
    job = compound.seen(WANG)[-1]
    assert compound.ticket().state == "accepted"
    assert SAID[locale]["arrive"] in " ".join(job.labels)
    assert (job.edits > 0, "Wang Wei" in compound.seen(LI)[-1].text) == (True, True)
    said = len(office.dingtalk.api.sent)
    compound.hear(tap, part="cards")  # pressed twice: nothing changes, and nobody else hears of it
    assert compound.ticket().state == "accepted"
    assert len(compound.seen(LI)) == 2
    assert len(office.dingtalk.api.sent) <= said + 1


@pytest.mark.parametrize("locale", ["en", "zh_CN"])
def test_the_loop_is_played_with_links_and_numbers_over_the_stream(
    office: Office, db: Database, cast: Cast, locale: str
) -> None:
    compound = reported(office, db, cast, locale, "")
    [offer] = compound.seen(WANG)
    assert offer.labels == [SAID[locale]["accept"], SAID[locale]["decline"]]
    page = access_of(db, offer.buttons[0][1], compound.now)
    assert page == (compound.ticket().id, cast.technician)
    compound.hear(office.dingtalk.callbacks.text(WANG, SAID[locale]["work"]))
    compound.hear(office.dingtalk.callbacks.text(WANG, "1"))
    assert SAID[locale]["fault"] in compound.seen(WANG)[-1].text
    compound.accept_on_the_page(cast.technician)
    assert "Wang Wei" in compound.seen(LI)[-1].text
    assert {one.track for one in office.dingtalk.api.sent} == {""}


def access_of(db: Database, url: str, now: datetime) -> tuple[UUID | None, UUID]:
    """Which ticket a link opens, and as whom."""
    with db.read_scope() as session:
        found = access.look_up(session, "page", url.rpartition("/")[2], now)
        assert found is not None
        return found.ticket_id, found.person_id
