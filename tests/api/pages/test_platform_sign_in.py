"""Signing in with a platform's account: in the browser that began it, once, and as whom the platform names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from sqlalchemy import event, select

from api.deps import COOKIE
from api.pages import platform_sign_in
from bot.channels import Proven
from core import access, clock, contested, people
from core.contested import Contested
from core.database import Database
from core.places import Site
from core.tickets.models import Ticket
from tests.api.pages.browsing import URL, Browser, Web, browsing, digest_of, seen
from tests.fakes.courier import ACCOUNT, NAME, SENDER, Courier
from tests.personas import NOW, Cast

BACK = "/sign-in/courier/back"
WANG = Proven(SENDER, "wang", "wang")


@pytest.fixture
def courier() -> Courier:
    return Courier(codes={"good": [WANG]})


@pytest.fixture
def web(db: Database, cast: Cast, courier: Courier, tmp_path: Path) -> Iterator[Web]:
    channels: dict[str, Any] = {NAME: courier}
    with browsing(db, tmp_path, channels) as opened:
        yield opened


@pytest.fixture
def wang(db: Database, cast: Cast) -> UUID:
    """The technician, whose account the platform knows as ours does."""
    return owned(db, cast.technician, "link")


def owned(db: Database, person: UUID, via: str) -> UUID:
    with db.write_scope() as session:
        people.add_identity(session, person, NAME, ACCOUNT, SENDER, "wang", conversation="wang", via=via)
    return person


def owner(db: Database) -> UUID | None:
    with db.read_scope() as session:
        found = people.identify(session, NAME, ACCOUNT, SENDER, "wang")
        return found.id if found else None


def begun(browser: Browser, wished: str = "") -> str:
    """Go to the platform; returns the state that it gives back."""
    answer = browser.get(f"/sign-in/courier?next={wished}")
    told = parse_qs(urlsplit(answer.headers["location"]).query)
    assert told["redirect_uri"] == [f"{URL}{BACK}"]
    assert told["state"][0].isalnum()
    assert len(told["state"][0]) <= 128  # what the strictest platform takes
    return told["state"][0]


def test_who_is_known_is_signed_in_and_led_on(web: Web, wang: UUID) -> None:
    browser = web.browser()
    assert "/sign-in/courier" in browser.get("/sign-in").text
    state = begun(browser, "/work?late=1")
    page = browser.get(f"{BACK}?code=good&state={state}")
    assert "data-press" in page.text
    answer = browser.send(page)
    assert (answer.status_code, answer.headers["location"]) == (303, "/work?late=1")
    assert browser.get("/work").status_code == 200


def test_nothing_ends_between_who_it_is_and_the_session(web: Web, wang: UUID, db: Database, courier: Courier) -> None:
    """An account that ends in that moment would leave a session behind: both are one transaction."""
    browser, commits = web.browser(), list[str]()
    state = begun(browser)

    class Codes(dict[str, list[Proven]]):
        def pop(self, code: str, *_: Any) -> Any:
            """The platform is asked: what is written from now on is counted."""
            event.listen(db.engine, "commit", lambda _: commits.append("commit"))
            return self[code]

    courier.codes = Codes(courier.codes)
    assert browser.post(BACK, code="good", state=state).status_code == 303
    assert commits == ["commit"]


def test_looking_changes_nothing_and_a_preview_signs_nobody_in(
    web: Web, wang: UUID, db: Database, courier: Courier
) -> None:
    before, stranger = digest_of(db), web.browser()
    state = begun(web.browser())
    for method in ("GET", "HEAD", "GET"):
        stranger.call(method, f"{BACK}?code=good&state={state}")
    assert digest_of(db) == before
    assert "good" in courier.codes
    assert COOKIE not in stranger.cookies


def test_a_state_is_of_one_browser_and_one_use(web: Web, wang: UUID, courier: Courier) -> None:
    """Who is lured to somebody else's answer would be signed in as them, and tell them everything."""
    browser, victim = web.browser(), web.browser()
    state = begun(browser)
    assert victim.post(BACK, code="good", state=state).status_code == 403
    begun(victim)
    assert victim.post(BACK, code="good", state=state).status_code == 403
    kept = dict(browser.cookies)
    assert browser.post(BACK, code="good", state=state).status_code == 303
    courier.codes["good"] = [WANG]
    browser.cookies = kept
    assert browser.post(BACK, code="good", state=state).status_code == 403


@pytest.mark.parametrize("state", ["", "x", "\xe9", "签"])
def test_a_made_up_state_is_none(web: Web, wang: UUID, state: str) -> None:
    browser = web.browser()
    begun(browser)
    assert browser.post(BACK, code="good", state=state).status_code == 403


def test_an_old_state_is_none(web: Web, wang: UUID) -> None:
    browser = web.browser()
    with clock.at(NOW):
        state = begun(browser)
    with clock.at(NOW + timedelta(minutes=11)):
        assert browser.post(BACK, code="good", state=state).status_code == 403


def test_under_another_name_of_the_server_it_begins_at_the_address_of_the_settings(web: Web) -> None:
    browser = web.browser()
    led = browser.get("/sign-in/courier?next=/work", headers={"host": "10.0.0.7:8000"}).headers["location"]
    assert led == f"{URL}/sign-in/courier?next=%2Fwork&led=1"
    told = browser.get(led.removeprefix(URL), headers={"host": "10.0.0.7:8000"}).headers["location"]
    assert told.startswith("https://courier.example/")


def test_one_address_does_not_make_us_ask_a_platform_without_end(web: Web, wang: UUID) -> None:
    browser = web.browser()
    with clock.at(NOW):
        answers = [browser.post(BACK, code="bad", state=begun(browser)) for _ in range(platform_sign_in.TRIES + 1)]
    assert [one.status_code for one in answers] == [403] * platform_sign_in.TRIES + [429]


def test_a_code_that_the_platform_does_not_know_signs_nobody_in(web: Web, wang: UUID) -> None:
    browser = web.browser()
    answer = browser.post(BACK, code="bad", state=begun(browser))
    assert answer.status_code == 403
    assert COOKIE not in browser.cookies


def test_a_platform_that_does_not_answer_is_said(web: Web, wang: UUID, courier: Courier) -> None:
    courier.is_away, browser = True, web.browser()
    answer = browser.post(BACK, code="good", state=begun(browser))
    assert (answer.status_code, "does not answer" in seen(answer)) == (503, True)


def test_who_said_no_at_the_platform_is_told_how_to_begin_again(web: Web) -> None:
    answer = web.browser().get(f"{BACK}?error=access_denied")
    assert (answer.status_code, "begin again" in seen(answer)) == (403, True)


def test_who_is_not_known_is_nobody_and_becomes_nobody(web: Web, db: Database) -> None:
    before, browser = len(digest_of(db)["people"]), web.browser()
    answer = browser.post(BACK, code="good", state=begun(browser))
    assert (answer.status_code, "do not know this account" in seen(answer)) == (404, True)
    assert len(digest_of(db)["people"]) == before


def test_who_is_signed_in_joins_the_account_after_a_press(web: Web, db: Database, cast: Cast) -> None:
    browser = web.browser(cast.technician)
    page = browser.get(f"{BACK}?code=good&state={begun(browser)}")
    assert "data-press" not in page.text
    assert "signed in as Wang Wei" in seen(page)
    assert browser.send(page).status_code == 303
    assert owner(db) == cast.technician
    other = web.browser()
    web_again = other.post(BACK, code="good", state=begun(other))
    assert web_again.status_code == 403  # the code was used up with the platform


def test_the_person_of_a_first_contact_steps_back(web: Web, db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        passing = people.add_person(session, "").id
    owned(db, passing, "first_contact")
    browser = web.browser(cast.technician)
    assert browser.post(BACK, code="good", state=begun(browser)).status_code == 303
    assert owner(db) == cast.technician


def test_what_is_somebody_elses_stays_so_and_waits_for_an_administrator(
    web: Web, db: Database, cast: Cast, courier: Courier, wang: UUID
) -> None:
    browser, admin = web.browser(cast.second_technician), web.browser(cast.admin)
    for _ in range(2):
        courier.codes["good"] = [WANG]
        answer = browser.post(BACK, code="good", state=begun(browser))
        assert (answer.status_code, "belongs to somebody" in seen(answer)) == (409, True)
    assert owner(db) == wang
    page = admin.get("/desk/channels")
    assert seen(page).count("asks for an account of courier") == 1
    assert "asks for an account" not in web.browser(cast.supervisor).get("/desk/channels").text


def contest(db: Database, wanted_by: UUID) -> UUID:
    with db.write_scope() as session:
        identity = people.identity_known(session, NAME, ACCOUNT, SENDER, "wang")
        assert identity
        assert contested.note(session, identity, wanted_by, NOW)
        [found] = session.scalars(select(Contested.id).where(Contested.outcome == ""))
        return found


def test_an_administrator_leaves_it_or_gives_it_away(web: Web, db: Database, cast: Cast, wang: UUID) -> None:
    admin, his = web.browser(cast.admin), web.browser(wang)
    left = contest(db, cast.second_technician)
    assert admin.post(f"/desk/channels/claims/{left}", answer="leave").status_code == 303
    assert owner(db) == wang
    assert his.get("/work").status_code == 200
    given = contest(db, cast.second_technician)
    assert admin.post(f"/desk/channels/claims/{given}", answer="give").status_code == 303
    assert owner(db) == cast.second_technician
    assert his.get("/work").status_code == 401
    assert admin.post(f"/desk/channels/claims/{given}", answer="give").status_code == 404


def test_nobody_gives_away_a_chat_of_who_works_for_another_site_too(
    web: Web, db: Database, cast: Cast, elsewhere: str, wang: UUID
) -> None:
    with db.write_scope() as session:
        [other] = session.scalars(select(Site.id).where(Site.id != cast.site))
        people.grant(session, wang, "technician", other)
    claim = contest(db, cast.second_technician)
    answer = web.browser(cast.admin).post(f"/desk/channels/claims/{claim}", answer="give")
    assert (answer.status_code, owner(db)) == (409, wang)


def test_several_ids_of_one_account_are_one_person(web: Web, db: Database, courier: Courier, wang: UUID) -> None:
    courier.codes["good"] = [WANG, Proven("courier_union", "u-1")]
    browser = web.browser()
    assert browser.post(BACK, code="good", state=begun(browser)).status_code == 303
    with db.read_scope() as session:
        known = people.identify(session, NAME, ACCOUNT, "courier_union", "u-1")
        assert known
        assert known.id == wang


def test_who_has_left_is_not_signed_in(web: Web, db: Database, cast: Cast, wang: UUID) -> None:
    with db.write_scope() as session:
        people.get(session, wang).is_active = False
    browser = web.browser()
    assert browser.post(BACK, code="good", state=begun(browser)).status_code == 404


@pytest.mark.parametrize("wished", ["//evil.example", "https://evil.example/", "/\\evil.example"])
def test_it_never_leads_to_another_site(web: Web, wang: UUID, wished: str) -> None:
    browser = web.browser()
    assert browser.post(BACK, code="good", state=begun(browser, wished)).headers["location"] == "/work"


def test_a_page_of_another_site_cannot_post_the_answer(web: Web, wang: UUID) -> None:
    browser = web.browser()
    state = begun(browser)
    answer = browser.post(BACK, None, {"origin": "https://evil.example"}, code="good", state=state)
    assert answer.status_code == 403


def test_a_channel_that_signs_nobody_in_has_no_such_page(web: Web) -> None:
    assert web.browser().get("/sign-in/telegram/back?code=x").status_code == 404
    assert web.browser().post("/sign-in/nobody/back", code="x", state="y").status_code == 404


def test_a_link_to_one_ticket_joins_nothing(web: Web, db: Database, cast: Cast, reported: str, wang: UUID) -> None:
    """Links are forwarded: who holds one is not the person that it was sent to."""
    browser = web.browser()
    with db.write_scope() as session:
        [ticket] = session.scalars(select(Ticket.id))
        browser.cookies[COOKIE] = access.issue(
            session, "session", cast.resident, clock.now(), life=access.SESSION_LIFE, ticket_id=ticket
        )
    assert browser.post(BACK, code="good", state=begun(browser)).status_code == 303
    assert owner(db) == wang
