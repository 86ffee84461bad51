"""Calendars behind secret links: what is planned, without names, until the link is ended."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import icalendar
import pytest

from core import access, feeds, people
from core.database import Database
from core.tickets import actions, queries
from core.upkeep import staff
from tests.api.pages.browsing import Browser, Web
from tests.personas import NOW, Cast


@pytest.fixture
def appointed(db: Database, reported: str) -> str:
    """A ticket with an appointment."""
    with db.write_scope() as session:
        ticket = queries.by_number(session, reported, lock=True)
        assert ticket.assignee_id
        viewer = access.viewer(session, ticket.assignee_id)
        span = {"from": NOW + timedelta(days=400), "until": NOW + timedelta(days=400, hours=1)}
        actions.act(session, ticket, "schedule", viewer, NOW, facts=span)
    return reported


def path_in(page: str) -> str:
    """The path of the first link that a page shows."""
    begin = page.index("/calendar/", page.index("slip-link"))
    return page[begin : page.index(".ics", begin) + 4]


def summaries(browser: Browser, path: str) -> list[str]:
    answer = browser.get(path)
    assert answer.headers["content-type"].startswith("text/calendar")
    assert "private" in answer.headers["cache-control"]
    return [str(one["summary"]) for one in icalendar.Calendar.from_ical(answer.content).walk("VEVENT")]


def test_a_technician_makes_a_link_and_ends_it(web: Web, worker: Browser, appointed: str) -> None:
    assert worker.post("/work/calendar").status_code == 303
    path = path_in(worker.get("/work/calendar").text)
    assert summaries(web.browser(), path) == [f"{appointed} Lift"]
    assert worker.post("/work/calendar/end").status_code == 303
    assert web.browser().get(path).status_code == 404


@pytest.mark.parametrize("form", [{}, {"code": "LIFT-1"}])
def test_the_desk_makes_one_of_the_site_or_an_asset(web: Web, cast: Cast, appointed: str, form: dict[str, str]) -> None:
    desk = web.browser(cast.supervisor)
    assert desk.post("/desk/feeds", **form).status_code == 303
    path = path_in(desk.get("/desk/feeds").text)
    stranger = web.browser()
    assert summaries(stranger, path) == [f"{appointed} Lift"]
    shown = stranger.get(path).text
    for secret in ("Li Na", "does not move", str(cast.resident)):
        assert secret not in shown
    forged = path.replace(".ics", "")[:-1] + ("0" if path[-5] != "0" else "1") + ".ics"
    for wrong in (forged, "/calendar/x.ics", f"/calendar/{UUID(int=1).hex}.ics"):
        assert stranger.get(wrong).status_code == 404


def test_who_has_left_shows_nothing(db: Database, web: Web, worker: Browser, appointed: str) -> None:
    worker.post("/work/calendar")
    path = path_in(worker.get("/work/calendar").text)
    with db.write_scope() as session:
        assignee = queries.by_number(session, appointed).assignee_id
        assert assignee
        people.get(session, assignee).is_active = False
    assert web.browser().get(path).status_code == 404


def test_a_link_ends_for_good_when_its_maker_leaves(db: Database, web: Web, cast: Cast, worker: Browser) -> None:
    desk = web.browser(cast.supervisor)
    desk.post("/desk/feeds")
    path = path_in(desk.get("/desk/feeds").text)
    assert web.browser().get(path).status_code == 200
    with db.write_scope() as session:
        people.grant(session, cast.manager, "admin", cast.site)
        staff.leave(session, cast.site, cast.supervisor, cast.manager, NOW)
    assert web.browser().get(path).status_code == 404
    with db.write_scope() as session:
        session.get_one(people.Person, cast.supervisor).is_active = True
        people.grant(session, cast.supervisor, "supervisor", cast.site)
        assert feeds.running(session, cast.site) == []
    assert web.browser().get(path).status_code == 404


def test_the_link_of_a_technician_ends_for_good_when_they_leave(
    db: Database, web: Web, cast: Cast, worker: Browser, appointed: str
) -> None:
    worker.post("/work/calendar")
    path = path_in(worker.get("/work/calendar").text)
    with db.write_scope() as session:
        who = queries.by_number(session, appointed).assignee_id
        assert who
        people.grant(session, cast.manager, "admin", cast.site)
        staff.leave(session, cast.site, who, cast.manager, NOW)
        session.get_one(people.Person, who).is_active = True
        people.grant(session, who, "technician", cast.site)
    assert web.browser().get(path).status_code == 404


def test_nobody_known_gets_no_link_of_the_whole_site(db: Database, web: Web, cast: Cast) -> None:
    web.browser(cast.supervisor).post("/desk/feeds", who="nobody")
    with db.write_scope() as session:
        assert feeds.running(session, cast.site) == []


def test_a_form_that_comes_twice_makes_one_link(db: Database, web: Web, cast: Cast) -> None:
    desk = web.browser(cast.supervisor)
    assert 'name="idempotency_key"' in desk.get("/desk/feeds").text
    for _ in range(2):
        assert desk.post("/desk/feeds", idempotency_key="e" * 32).status_code == 303
    with db.read_scope() as session:
        assert len(feeds.running(session, cast.site)) == 1
