"""The link in a message: it opens one ticket after a press, and gives away nothing else."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from core import access, clock
from core.database import Database
from core.people import Person
from core.tickets import queries
from tests.api.pages.browsing import Browser, Web, digest_of
from tests.personas import Cast


def link_for(db: Database, person: UUID, number: str, life: timedelta = access.PAGE_LINK_LIFE) -> str:
    with db.write_scope() as session:
        ticket = queries.by_number(session, number)
        return "/w/" + access.issue(session, "page", person, clock.now(), life=life, ticket_id=ticket.id)


@pytest.fixture
def link(db: Database, cast: Cast, reported: str) -> str:
    return link_for(db, cast.resident, reported)


def test_looking_at_a_link_changes_nothing_and_signs_nobody_in(web: Web, db: Database, link: str) -> None:
    before = digest_of(db)
    for _ in range(10):
        page = web.browser().get(link, headers={"user-agent": "WhatsApp/2"})
        assert page.status_code == 200
        assert "set-cookie" not in page.headers
    assert digest_of(db) == before


def test_a_preview_learns_neither_name_nor_matter(web: Web, link: str) -> None:
    page = web.browser().get(link).text
    for secret in ("Li Na", "Lift 1", "does not move", "A/1/Hall"):
        assert secret not in page


def test_a_press_opens_the_ticket_as_often_as_one_likes(web: Web, link: str, reported: str) -> None:
    for _ in range(2):
        browser = web.browser()
        assert browser.post(link).headers["location"] == f"/t/{reported}"
        assert "The lift does not move" in browser.get(f"/t/{reported}").text


def test_a_link_opens_no_other_ticket_of_the_person(web: Web, cast: Cast, link: str, other_lift: str) -> None:
    another = web.browser(cast.resident).report(other_lift, "The doors do not close", category="lift")
    browser = web.browser()
    browser.post(link)
    assert browser.get(f"/t/{another}").status_code == 404


def test_who_holds_a_link_reports_at_a_code_as_a_stranger(
    web: Web, db: Database, cast: Cast, link: str, other_lift: str
) -> None:
    browser = web.browser()
    browser.post(link)
    number = browser.report(other_lift, "The doors do not close", category="lift")
    with db.read_scope() as session:
        assert queries.by_number(session, number).reporter_id != cast.resident
    assert "The doors do not close" in browser.get(f"/t/{number}").text


def test_who_holds_a_link_learns_nothing_at_the_door_of_the_home(
    web: Web, cast: Cast, home_code: str, link: str
) -> None:
    web.browser(cast.resident).report(home_code, "The kitchen tap drips", category="water")
    browser = web.browser()
    browser.post(link)
    assert "Already being handled" not in browser.get(f"/q/{home_code}").text


def test_the_link_of_staff_opens_no_list_and_no_desk(
    web: Web, db: Database, cast: Cast, reported: str, lift: str
) -> None:
    browser = web.browser()
    browser.post(link_for(db, cast.supervisor, reported))
    assert browser.get(f"/t/{reported}").status_code == 200
    assert browser.get("/work").status_code == 403
    assert browser.get("/desk").status_code == 403
    assert "Open jobs here" not in browser.get(f"/q/{lift}").text
    listed = browser.get("/api/v1/tickets", headers={"accept": "application/json"})
    assert listed.status_code in (401, 403) or listed.json()["items"] == []


def test_the_link_of_a_technician_lets_the_job_be_done(web: Web, db: Database, worker: Browser, reported: str) -> None:
    with db.read_scope() as session:
        assignee = queries.by_number(session, reported).assignee_id
    assert assignee is not None
    browser = web.browser()
    browser.post(link_for(db, assignee, reported))
    browser.do(reported, "accept")


def test_a_better_session_of_the_same_person_is_kept(web: Web, cast: Cast, link: str) -> None:
    browser = web.browser(cast.resident)
    assert "set-cookie" not in browser.post(link).headers


def test_somebody_else_is_told_that_the_link_changes_who_is_signed_in(web: Web, cast: Cast, link: str) -> None:
    assert "signed in as Wang Wei" in web.browser(cast.technician).get(link).text


def test_a_link_ends_with_the_account(web: Web, db: Database, cast: Cast, link: str, reported: str) -> None:
    browser = web.browser()
    browser.post(link)
    with db.write_scope() as session:
        session.get_one(Person, cast.resident).is_active = False
    assert browser.get(f"/t/{reported}").status_code == 401
    assert web.browser().post(link).status_code == 404


def test_an_old_link_is_like_none(web: Web, db: Database, cast: Cast, reported: str) -> None:
    old = link_for(db, cast.resident, reported, timedelta(seconds=-1))
    assert web.browser().get(old).status_code == web.browser().get("/w/nothing").status_code == 404
