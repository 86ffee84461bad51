"""Digests at the desk: subscribed, looked at, tried, ended; each figure leads to its tickets."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from core import clock, digests
from core.database import Database
from core.digests import Wish
from core.outbox import OutboxMessage
from tests.api.pages.browsing import Browser, Web
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


def test_a_test_is_sent_at_once_and_changes_nothing(db: Database, supervisor: Browser, cast: Cast) -> None:
    one = subscribed(db, supervisor, cast)
    assert supervisor.post(f"/desk/digests/{one}/test").status_code == 303
    with db.read_scope() as session:
        told = session.query(OutboxMessage).where(OutboxMessage.person_id == cast.manager).all()
        assert [message.kind for message in told] == ["digest_empty"]
        assert digests.sent_at_site(session, cast.site) == []


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
    assert one in supervisor.get("/desk/digests").text


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
