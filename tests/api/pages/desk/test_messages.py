"""The desk reads what was sent to somebody, which way, and what became of it, with the reasons."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from bot.messages import SendError
from core import clock, outbox, people, places, replies
from core.database import Database
from core.outbox import Letter, OutboxMessage
from core.quotas import Quota, Window
from core.tickets import queries
from tests.api.pages.browsing import Browser, Web, seen
from tests.bot.platforms import Platform, deliver, meet
from tests.core import history
from tests.personas import Cast

WINDOWS = (Window(("text",), timedelta(hours=48), 5),)
HOUR = timedelta(hours=1)


@pytest.fixture
def admin(web: Web, cast: Cast) -> Browser:
    return web.browser(cast.admin)


@pytest.fixture
def ticket(db: Database, cast: Cast) -> UUID:
    with db.write_scope() as session:
        found = history.opened(session, cast, clock.now()).id
        outbox.mark_history(session)
    return found


def tell(db: Database, cast: Cast, ticket: UUID, *kinds: str) -> list[UUID]:
    facts = {"number": "WX-1", "thing": "Lift", "name": "Wang Wei", "reason": "waiting_parts"}
    letters = [Letter(kind, facts, cast.resident, ticket_id=ticket) for kind in kinds]
    return db.write(lambda session: outbox.post(session, letters, clock.now()))


def page_of(browser: Browser, cast: Cast) -> str:
    return seen(browser.get(f"/desk/residents/{cast.resident}"))


def test_what_went_another_way_says_why(admin: Browser, web: Web, db: Database, cast: Cast, ticket: UUID) -> None:
    meet(db, cast.resident, "telegram")
    meet(db, cast.resident, "wechat")
    tell(db, cast, ticket, "resumed")
    deliver(db, Platform(name="wechat", windows=WINDOWS), Platform())
    page = page_of(admin, cast)
    assert "Work on Lift (WX-1) goes on." in page
    assert "Went to Telegram, because of WeChat: the platform takes nothing until the person writes again" in page
    chinese = web.browser(cast.admin, language="zh-CN")
    with db.write_scope() as session:
        people.get(session, cast.admin).locale = "zh_CN"
    assert "平台要等对方再次发来消息才允许发送" in page_of(chinese, cast)


def test_what_waits_says_until_when_and_what_is_merged_where(
    admin: Browser, db: Database, cast: Cast, ticket: UUID
) -> None:
    meet(db, cast.resident, "telegram")
    platform = Platform(quotas=(Quota(2, HOUR, "person"),))
    tell(db, cast, ticket, "resumed", "arrived", "held")
    deliver(db, platform)
    page = page_of(admin, cast)
    assert "waits until" in page
    assert "the platform’s limit is used up" in page
    assert "said by the message of" in page
    with clock.at(clock.now() + HOUR + timedelta(seconds=1)):
        deliver(db, platform)
        assert "has to wait" in page_of(admin, cast)


def test_what_did_not_arrive_says_why_in_the_platform_s_own_words_too(
    admin: Browser, db: Database, cast: Cast, ticket: UUID
) -> None:
    meet(db, cast.resident, "telegram")
    tell(db, cast, ticket, "resumed")
    error = SendError("blocked", stop_contact=True, said="403 bot was blocked by the user")
    deliver(db, Platform(error))
    deliver(db, Platform())
    page = page_of(admin, cast)
    assert "not delivered: no chat is known" in page
    assert "the person has blocked us (403 bot was blocked by the user)" in page
    assert "Ask the person by telephone to unblock us in Telegram" in page


def test_quiet_hours_are_a_reason_to_wait(admin: Browser, db: Database, cast: Cast, ticket: UUID) -> None:
    [one] = tell(db, cast, ticket, "resumed")
    with db.write_scope() as session:
        later = {"not_before": clock.now() + HOUR, "waits": outbox.QUIET}
        session.execute(update(OutboxMessage).where(OutboxMessage.id == one).values(**later))
    assert "the person’s quiet hours" in page_of(admin, cast)


def test_what_went_in_the_answer_to_a_callback_says_so(admin: Browser, db: Database, cast: Cast, ticket: UUID) -> None:
    meet(db, cast.resident, "wechat")
    [one] = tell(db, cast, ticket, "resumed")
    db.write(lambda session: outbox.sent(session, one, replies.REFERENCE, clock.now()))
    assert "In the answer to what they had just written" in page_of(admin, cast)


def test_the_ticket_tells_the_same_of_its_messages(admin: Browser, db: Database, cast: Cast, ticket: UUID) -> None:
    meet(db, cast.resident, "telegram")
    meet(db, cast.resident, "wechat")
    tell(db, cast, ticket, "resumed")
    deliver(db, Platform(name="wechat", windows=WINDOWS), Platform())
    with db.read_scope() as session:
        number = queries.by_id(session, ticket).number
    assert "Went to Telegram, because of WeChat" in seen(admin.get(f"/desk?open={number}"))


def test_what_was_said_in_a_conversation_stays_there(admin: Browser, db: Database, cast: Cast) -> None:
    """The desk sees that there was an answer, not what it said; and nothing of another site."""
    meet(db, cast.resident, "telegram")
    with db.write_scope() as session:
        other = places.add_site(session, "Elsewhere", locale="en").id
        outbox.post(session, [
            Letter("made_link", {"name": "Secret Name", "made_at": "2026-11-20T02:00:00+00:00"}, cast.resident),
            Letter("wants_human_here", {"name": "Other Name", "site": str(other)}, cast.resident),
        ], clock.now())  # fmt: skip
    page = page_of(admin, cast)
    assert "An answer in their own conversation" in page
    assert "Secret Name" not in page
    assert "Other Name" not in page


def test_staff_have_their_chats_and_messages_too(admin: Browser, db: Database, cast: Cast) -> None:
    meet(db, cast.technician, "telegram")
    with db.write_scope() as session:
        people.mark_blocked(session, people.identities_of(session, cast.technician)[0].id, clock.now())
    page = seen(admin.get(f"/desk/people/{cast.technician}"))
    assert "Nothing was sent yet." in page
    assert "has blocked us" in page
