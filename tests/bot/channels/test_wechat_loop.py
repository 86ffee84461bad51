"""People of an Official Account who are away from it: their window is closed, or they have left and come back.

The whole job is played in test_two_platforms.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from core import access, people, sendings
from core.database import Database
from core.outbox import OutboxMessage
from core.storage import Storage
from tests.bot.channels.seats import Server, WeChatSeat, serving
from tests.bot.flows.chat import SETTINGS
from tests.fakes.wechat import FakeWeChat
from tests.personas import play

LI, WANG = "o-li", "o-wang"


@pytest.fixture
def server(sqlite_db: Database, storage: Storage, runner: asyncio.Runner) -> Iterator[Server]:
    with sqlite_db.write_scope() as session:
        cast = play(session)
    with serving(sqlite_db, storage, runner, cast, "wechat") as found:
        join(found, LI, cast.resident)
        join(found, WANG, cast.technician)
        yield found


def join(server: Server, openid: str, person: UUID) -> None:
    """Scan the code that joins a chat, which also makes a subscriber."""
    with server.db.write_scope() as session:
        people.get(session, person).locale = "en"
        code = access.issue(session, "link", person, server.now, life=access.LINK_LIFE)
    server.hear("wechat", lambda seat: seat.fake.event(openid, "subscribe", f"qrscene_link-{code}"))
    assert "this chat is yours" in server.seen("wechat", openid)[-1].text


def fake_of(server: Server) -> FakeWeChat:
    seat = server.seats["wechat"]
    assert isinstance(seat, WeChatSeat)
    return seat.fake


def test_an_offer_reaches_a_technician_whose_window_is_closed(server: Server) -> None:
    wechat = fake_of(server)
    server.now += timedelta(minutes=2)
    server.say("wechat", LI, "the kitchen lamp is broken")
    offer, number = wechat.seen(WANG)[-1], server.ticket().number
    assert (offer.kind, offer.values) == ("template", {
        "character_string1": number, "thing2": "A/12/1203", "thing3": "Electricity and lig…",
    })  # fmt: skip
    assert offer.links == [f"{SETTINGS.public_url}/t/{number}"]
    [finished], before = wechat.happened, len(wechat.shown)
    server.hear("wechat", lambda _: finished)
    assert len(wechat.shown) == before


def test_a_template_that_wechat_has_taken_and_lost_is_marked_with_its_reason(server: Server) -> None:
    wechat = fake_of(server)
    server.now += timedelta(minutes=2)
    wechat.followers[WANG].template_status = "failed: system failed"
    server.say("wechat", LI, "the kitchen lamp is broken")
    [lost] = wechat.happened
    server.hear("wechat", lambda _: lost)
    offers = select(OutboxMessage).where(
        OutboxMessage.person_id == server.cast.technician, OutboxMessage.kind == "offer"
    )
    with server.db.read_scope() as session:
        offer = session.scalars(offers).one()
        assert (offer.state, offer.error) == ("undeliverable", "undelivered")
        [attempt] = sendings.of_messages(session, [offer.id])[offer.id]
        assert (attempt.outcome, attempt.said) == ("undelivered", "failed: system failed")


def test_a_number_is_taken_in_any_digits_and_a_job_is_done_by_numbers(server: Server) -> None:
    server.say("wechat", LI, "the kitchen lamp is broken")
    for _ in range(2):
        server.say("wechat", WANG, "\uff11")
    assert server.ticket().state == "in_progress"
    assert [one for one in fake_of(server).shown if one.kind == "system"] == []


def test_who_left_gets_no_news_and_who_is_back_a_minute_later_gets_them_again(server: Server) -> None:
    """Also where they come back by a code on a wall, which is no plain subscription."""
    resident = server.cast.resident
    server.say("wechat", LI, "the kitchen lamp is broken")
    server.hear("wechat", lambda seat: seat.fake.event(LI, "unsubscribe"))
    before = len(fake_of(server).seen(LI))
    server.act(server.ticket().number, "reprioritise", server.cast.supervisor, priority="urgent")
    assert (len(fake_of(server).seen(LI)), is_reachable(server, resident)) == (before, False)
    join(server, LI, resident)
    assert is_reachable(server, resident)


def is_reachable(server: Server, person: UUID) -> bool:
    with server.db.read_scope() as session:
        return people.is_reachable(session, person)
