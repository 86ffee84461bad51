"""Digests at the desk: subscribed, looked at, tried, ended; each figure leads to its tickets."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from core import clock, digests, people
from core.database import Database
from core.digests import Subscription, Wish
from core.outbox import OutboxMessage
from core.tickets import actions, queries
from tests.api.pages.browsing import Browser, Web, browsing, seen
from tests.fakes.courier import Courier
from tests.personas import Cast


@pytest.fixture
def supervisor(web: Web, cast: Cast) -> Browser:
    return web.browser(cast.supervisor)


def subscribed(db: Database, supervisor: Browser, cast: Cast) -> str:
    form = {"who": str(cast.manager), "period": "day", "at": "08:00"}
    assert supervisor.post("/desk/digests", **form).status_code == 303
    with db.read_scope() as session:
        return str(digests.running(session, cast.site)[0].id)


def test_who_gets_one_is_shown_with_a_preview_and_its_picture(
    db: Database, supervisor: Browser, cast: Cast, reported: str
) -> None:
    one = subscribed(db, supervisor, cast)
    page = supervisor.get(f"/desk/digests?preview={one}").text
    assert "Every worked day, 08:00" in page
    assert "Oldest open" in page or "open" in page
    picture = supervisor.get(f"/desk/digests/{one}/chart.png")
    assert picture.content.startswith(b"\x89PNG")


def in_chat(db: Database, person_id: UUID) -> None:
    with db.write_scope() as session:
        people.add_identity(session, person_id, "web", "", "chat", "c1", conversation="c1", via="web")


def test_a_test_is_sent_at_once_with_all_that_a_digest_has(
    db: Database, supervisor: Browser, cast: Cast, reported: str
) -> None:
    in_chat(db, cast.manager)
    one = subscribed(db, supervisor, cast)
    with db.write_scope() as session:
        actions.act(session, queries.by_number(session, reported, lock=True), "release", "test", clock.now(),
                    facts={"reason": "other"})  # fmt: skip
    assert supervisor.post(f"/desk/digests/{one}/test").status_code == 303
    with db.read_scope() as session:
        [told] = session.query(OutboxMessage).where(OutboxMessage.person_id == cast.manager).all()
        [link] = [button["url"] for button in told.buttons if button["action"] == "digest.figures"]
        assert "digest.assign" in [button["action"] for button in told.buttons]
    page = supervisor.get(link.partition("testserver")[2])
    assert f"/t/{reported}" in page.text
    assert "(test)" in seen(page)


def test_a_test_is_no_digest_of_its_days(db: Database, supervisor: Browser, cast: Cast) -> None:
    in_chat(db, cast.manager)
    one, later = subscribed(db, supervisor, cast), clock.now() + timedelta(days=7)
    with db.write_scope() as session:
        known = session.get_one(Subscription, UUID(one))
        before = digests.send_due(session, known.id, "", later)
        digests.send_test(session, known, "", later + timedelta(hours=30))
        digests.send_test(session, known, "", later + timedelta(hours=30))
        after = digests.send_due(session, known.id, "", later + timedelta(days=7))
        assert before is not None
        assert after is not None
        assert after.starts_at == before.ends_at


def test_a_test_to_nobody_s_chat_says_what_to_do(db: Database, supervisor: Browser, cast: Cast) -> None:
    one = subscribed(db, supervisor, cast)
    assert "No chat yet" in seen(supervisor.get("/desk/digests"))
    refused = supervisor.post(f"/desk/digests/{one}/test")
    assert (refused.status_code, "on its way" in seen(refused)) == (422, False)
    assert "has no chat, so nothing can arrive." in seen(refused)
    assert 'href="/chat"' not in refused.text
    supervisor.post("/desk/digests", who=str(cast.supervisor), period="day", at="08:00")
    with db.read_scope() as session:
        own = next(kept for kept in digests.running(session, cast.site) if kept.person_id == cast.supervisor)
    assert 'href="/chat"' in supervisor.post(f"/desk/digests/{own.id}/test").text
    with db.read_scope() as session:
        assert session.query(OutboxMessage).where(OutboxMessage.kind.like("digest%")).all() == []


def test_each_figure_leads_to_its_tickets(db: Database, supervisor: Browser, cast: Cast, reported: str) -> None:
    one = subscribed(db, supervisor, cast)
    with db.write_scope() as session:
        found = digests.running(session, cast.site)[0]
        sent = digests.send_due(session, found.id, "http://x", clock.now() + timedelta(days=7))
        assert sent is not None
        known = sent.id
    page = supervisor.get(f"/desk/digests/sent/{known}").text
    section = re.search(r'id="open".*?</section>', page, re.DOTALL)
    assert section
    assert f"/t/{reported}" in section[0]
    assert "count faults and tasks, here as in the chart" in page
    assert one in supervisor.get("/desk/digests").text


def test_assign_leads_to_the_ticket_beside_who_could_take_it(
    db: Database, supervisor: Browser, cast: Cast, reported: str
) -> None:
    subscribed(db, supervisor, cast)
    with db.write_scope() as session:
        ticket = queries.by_number(session, reported, lock=True)
        actions.act(session, ticket, "release", "test", clock.now(), facts={"reason": "other"})
        found = digests.running(session, cast.site)[0]
        digests.send_due(session, found.id, "", clock.now() + timedelta(days=7))
        letter = session.query(OutboxMessage).where(OutboxMessage.kind == "digest_day").one()
    (link,) = [one["url"] for one in letter.buttons if one["action"] == "digest.assign"]
    page = supervisor.get(link).text
    assert f"open={reported}" in link
    assert 'name="assignee"' in page
    assert str(cast.technician) in page


def test_it_ends_and_a_manager_may_only_look(db: Database, web: Web, supervisor: Browser, cast: Cast) -> None:
    one = subscribed(db, supervisor, cast)
    manager = web.browser(cast.manager)
    assert "/test?" not in manager.get("/desk/digests").text
    assert manager.post(f"/desk/digests/{one}/end").status_code == 403
    assert supervisor.post(f"/desk/digests/{one}/end").status_code == 303
    assert "Nobody gets a digest yet" in supervisor.get("/desk/digests").text


def test_a_wrong_time_is_said(supervisor: Browser, cast: Cast) -> None:
    answer = supervisor.post("/desk/digests", who=str(cast.manager), period="day", at="late")
    assert answer.status_code == 422


def test_a_group_that_was_let_in_can_get_it_at_another_time(db: Database, supervisor: Browser, cast: Cast) -> None:
    wish = Wish("day", "08:00", address=("telegram", "42", "-1"), name="Managers")
    with db.write_scope() as session:
        known = digests.subscribe(session, cast.site, wish, cast.admin, clock.now()).id
    assert "Group: Managers" in supervisor.get("/desk/digests").text
    assert supervisor.post("/desk/digests", who=f"group:{known}", period="week", at="09:00").status_code == 303
    assert supervisor.post("/desk/digests", who="group:nobody", period="week", at="09:00").status_code == 404
    with db.read_scope() as session:
        found = [(one.conversation, one.period) for one in digests.running(session, cast.site)]
    assert found == [("-1", "day"), ("-1", "week")]


def test_the_room_of_a_group_robot_can_get_one_without_having_written(db: Database, cast: Cast, tmp_path: Path) -> None:
    channels: dict[str, Any] = {"courier": Courier()}
    with browsing(db, tmp_path, channels) as web:
        supervisor = web.browser(cast.supervisor)
        assert 'value="room:courier/c-1/managers"' in supervisor.get("/desk/digests").text
        form = {"who": "room:courier/c-1/managers", "period": "day", "at": "08:00"}
        assert supervisor.post("/desk/digests", **form).status_code == 303
        assert "Managers" in supervisor.get("/desk/digests").text
        assert supervisor.post("/desk/digests", **{**form, "who": "room:courier/c-1/others"}).status_code == 404
    with db.read_scope() as session:
        [one] = digests.running(session, cast.site)
        assert (one.channel, one.account, one.conversation) == ("courier", "c-1", "managers")
