"""The page behind a code: what each role sees, and what becomes of a report."""

from __future__ import annotations

import re

import pytest

from api.pages import codes, environment
from assets import register
from core import alarms, lexicon
from core.database import Database
from core.tickets import queries
from tests.api.pages.browsing import Browser, Web, digest_of, hidden
from tests.personas import NOW, Cast
from tests.pictures import corners, encoded

PHOTO = encoded(corners(), "JPEG")
BOT = {"user-agent": "TelegramBot (like TwitterBot)"}


def numbers(db: Database, cast: Cast) -> list[str]:
    with db.read_scope() as session:
        return [ticket.number for ticket in queries.board(session, [cast.site])]


def test_a_stranger_gets_a_form_for_exactly_this_thing(web: Web, lift: str) -> None:
    page = web.browser().get(f"/q/{lift}")
    assert page.status_code == 200
    assert "Lift 1" in page.text
    assert "A/1/Hall" in page.text
    assert 'name="text"' in page.text


def test_a_stranger_sees_of_an_open_ticket_only_kind_state_and_time(web: Web, lift: str, reported: str) -> None:
    page = web.browser().get(f"/q/{lift}").text
    assert "Already being handled here: 1" in page
    for secret in (reported, "does not move", "Li Na", "Wang Wei", "Zhao Lei"):
        assert secret not in page


def test_a_stranger_learns_nothing_at_the_door_of_a_home(web: Web, cast: Cast, home_code: str) -> None:
    web.browser(cast.resident).report(home_code, "The kitchen tap drips", category="water")
    assert "Already being handled" not in web.browser().get(f"/q/{home_code}").text
    assert "Already being handled" in web.browser(cast.resident).get(f"/q/{home_code}").text


@pytest.fixture
def boiler(db: Database, cast: Cast) -> str:
    """The code of a boiler inside the resident's home."""
    with db.write_scope() as session:
        return register.add_asset(session, cast.site, cast.home, "Boiler 7", "Boiler", now=NOW, code="BOILER-7").code


def test_nobody_else_learns_of_or_joins_a_ticket_on_a_thing_inside_a_home(web: Web, cast: Cast, boiler: str) -> None:
    number = web.browser(cast.resident).report(boiler, "The boiler drips", category="water")
    for neighbour in (web.browser(), web.browser(cast.neighbour)):
        assert "Already being handled" not in neighbour.get(f"/q/{boiler}").text
        asked = neighbour.send(neighbour.get(f"/q/{boiler}"), text="It drips", category="water", answer="join")
        assert asked.status_code == 303
        assert number not in asked.headers["location"]


def test_those_who_live_with_a_thing_are_asked_whether_they_mean_the_same(web: Web, cast: Cast, boiler: str) -> None:
    number = web.browser(cast.resident).report(boiler, "The boiler drips", category="water")
    again = web.browser(cast.resident)
    assert "Already being handled" in again.get(f"/q/{boiler}").text
    question = again.send(again.get(f"/q/{boiler}"), text="It drips more", category="water")
    assert "Is it the same fault?" in question.text
    assert number in again.send(question, answer="join").headers["location"]


def test_a_report_opens_a_ticket_that_its_browser_may_follow(web: Web, lift: str) -> None:
    browser = web.browser()
    number = browser.report(lift, "The lift does not move", category="lift")
    page = browser.get(f"/t/{number}")
    assert page.status_code == 200
    assert "The lift does not move" in page.text


def test_the_cookie_of_a_stranger_is_read_by_no_script(web: Web, lift: str) -> None:
    browser = web.browser()
    answer = browser.send(browser.get(f"/q/{lift}"), text="The lift does not move", category="lift")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie  # this server speaks plain http


def test_a_report_that_is_sent_twice_is_one_ticket(web: Web, db: Database, cast: Cast, lift: str) -> None:
    browser = web.browser()
    form = browser.get(f"/q/{lift}")
    first = browser.send(form, text="The lift does not move", category="lift")
    stranger_again = web.browser()
    second = stranger_again.send(form, text="The lift does not move", category="lift")
    assert first.headers["location"] == second.headers["location"]
    assert browser.cookies == stranger_again.cookies
    assert len(numbers(db, cast)) == 1


@pytest.mark.parametrize("key", ["k" * 32, "k~" + "0" * 40])
def test_a_key_that_a_browser_made_up_gives_nobody_the_session_of_another(web: Web, lift: str, key: str) -> None:
    first, second = web.browser(), web.browser()
    for browser in (first, second):
        answer = browser.post(
            f"/q/{lift}", text="The lift is stuck", category="lift", answer="own", idempotency_key=key
        )
        assert answer.status_code == 303
    assert first.cookies != second.cookies
    assert second.get(answer.headers["location"]).status_code == 200
    assert first.get(answer.headers["location"]).status_code == 404


def test_a_key_of_another_code_is_made_up_here(web: Web, lift: str, other_lift: str) -> None:
    form = web.browser().get(f"/q/{other_lift}")
    key = hidden(form, f"/q/{other_lift}")["idempotency_key"]
    browsers = [web.browser(), web.browser()]
    for browser in browsers:
        browser.post(f"/q/{lift}", text="The lift is stuck", category="lift", answer="own", idempotency_key=key)
    assert browsers[0].cookies != browsers[1].cookies


def test_photos_sent_ahead_come_with_the_report(web: Web, db: Database, lift: str) -> None:
    browser = web.browser()
    form = browser.get(f"/q/{lift}")
    sent = browser.post(f"/q/{lift}/photos", {"file": ("a.jpg", PHOTO)}, {"accept": "application/json"})
    assert sent.status_code == 201
    answer = browser.send(form, text="The lift does not move", category="lift", photo_id=sent.json()["id"])
    number = answer.headers["location"].split("/")[2].split("?")[0]
    with db.read_scope() as session:
        kinds = [row.kind for row in queries.attachments_of(session, queries.by_number(session, number).id)]
    assert kinds == ["report"]


def test_a_photo_that_nobody_sent_cannot_be_named(web: Web, db: Database, lift: str, other_lift: str) -> None:
    browser = web.browser()
    sent = browser.post(f"/q/{other_lift}/photos", {"file": ("a.jpg", PHOTO)}, {"accept": "application/json"})
    number = browser.report(lift, "The lift does not move", category="lift", photo_id=[sent.json()["id"], "0" * 64])
    with db.read_scope() as session:
        assert queries.attachments_of(session, queries.by_number(session, number).id) == []


def test_photos_travel_with_the_form_where_there_is_no_script(web: Web, db: Database, lift: str) -> None:
    number = web.browser().report(
        lift, "The lift does not move", [("photo", ("a.jpg", PHOTO)), ("photo", ("b.png", encoded(corners(), "PNG")))],
        category="lift",
    )  # fmt: skip
    with db.read_scope() as session:
        assert len(queries.attachments_of(session, queries.by_number(session, number).id)) == 2


def test_a_bad_photo_is_refused_and_everything_else_stays(web: Web, db: Database, cast: Cast, lift: str) -> None:
    browser = web.browser()
    files = [("photo", ("a.jpg", PHOTO)), ("photo", ("b.jpg", b"<svg onload=alert(1)>"))]
    answer = browser.send(browser.get(f"/q/{lift}"), files, text="The lift does not move", name="Ann")
    assert answer.status_code == 415
    assert "error-summary" in answer.text
    assert "The lift does not move" in answer.text
    assert 'value="Ann"' in answer.text
    assert "photo_id" in hidden(answer, f"/q/{lift}")
    assert numbers(db, cast) == []


def test_a_report_without_words_says_what_is_missing(web: Web, lift: str) -> None:
    answer = web.browser().post(f"/q/{lift}", text="  ")
    assert answer.status_code == 422
    assert 'href="#text"' in answer.text


def test_unclear_words_are_asked_about_and_kept(web: Web, db: Database, cast: Cast, hall_code: str) -> None:
    browser = web.browser()
    files = {"photo": ("a.jpg", PHOTO)}
    question = browser.send(browser.get(f"/q/{hall_code}"), files, text="Something over there is odd", phone="5550100")
    assert question.status_code == 200
    assert "What is it about?" in question.text
    assert numbers(db, cast) == []
    answer = browser.send(question, category="lift")
    assert answer.status_code == 303
    with db.read_scope() as session:
        ticket = queries.by_number(session, numbers(db, cast)[0])
        assert (ticket.text, ticket.contact, ticket.category) == ("Something over there is odd", "5550100", "lift")
        assert len(queries.attachments_of(session, ticket.id)) == 1


def test_a_second_report_is_asked_whether_it_is_the_same(web: Web, cast: Cast, lift: str, reported: str) -> None:
    neighbour = web.browser(cast.neighbour)
    question = neighbour.send(neighbour.get(f"/q/{lift}"), text="The lift is stuck again", category="lift")
    assert "Is it the same fault?" in question.text
    assert "does not move" not in question.text
    joined = neighbour.send(question, answer="join")
    assert joined.headers["location"].startswith(f"/t/{reported}?")


def test_one_who_joined_sees_neither_words_nor_photos_of_the_first(web: Web, cast: Cast, lift: str) -> None:
    number = web.browser(cast.resident).report(
        lift, "The lift does not move", {"photo": ("a.jpg", PHOTO)}, category="lift"
    )
    neighbour = web.browser(cast.neighbour)
    neighbour.send(neighbour.send(neighbour.get(f"/q/{lift}"), text="It is stuck", category="lift"), answer="join")
    page = neighbour.get(f"/t/{number}")
    assert page.status_code == 200
    assert "It is stuck" in page.text
    assert "does not move" not in page.text
    assert "Li Na" not in page.text
    assert "/photos/" not in page.text.split("<form")[0]


def test_a_report_of_its_own_opens_beside_the_other(web: Web, cast: Cast, lift: str, reported: str) -> None:
    neighbour = web.browser(cast.neighbour)
    question = neighbour.send(neighbour.get(f"/q/{lift}"), text="The lift light is dark", category="lift")
    answer = neighbour.send(question, answer="own")
    assert answer.status_code == 303
    assert reported not in answer.headers["location"]


def test_an_emergency_tells_at_once_what_to_do_and_whom_to_call(web: Web, lift: str) -> None:
    answer = web.browser().post(f"/q/{lift}", text="People are trapped in the lift", idempotency_key="e" * 32)
    assert answer.status_code == 200
    assert "This is an emergency" in answer.text
    assert 'href="tel:+862155550100"' in answer.text


def test_a_flood_from_one_address_is_stopped_but_never_an_emergency(web: Web, lift: str) -> None:
    for turn in range(10):
        answer = web.browser().post(f"/q/{lift}", text=f"The lift does not move {turn}", category="lift", answer="own")
        assert answer.status_code == 303
    refused = web.browser().post(f"/q/{lift}", text="The lift does not move 11", category="lift", answer="own")
    assert refused.status_code == 429
    assert "The lift does not move 11" in refused.text
    emergency = web.browser().post(f"/q/{lift}", text="People are trapped in the lift")
    assert "This is an emergency" in emergency.text
    elsewhere = web.browser(address="198.51.100.7").post(f"/q/{lift}", text="It hangs", category="lift", answer="own")
    assert elsewhere.status_code == 303


def test_a_flood_of_alarms_opens_no_more_and_is_told_whom_to_call(
    web: Web, db: Database, cast: Cast, lift: str, other_lift: str
) -> None:
    for turn in range(alarms.MOST):
        web.browser().post(f"/q/{lift}", text=f"People are trapped in the lift {turn}")
    stranger = web.browser()
    answer = stranger.post(f"/q/{other_lift}", text="People are trapped in the lift")
    assert answer.status_code == 200
    assert 'href="tel:+862155550100"' in answer.text
    assert "Your report is" not in answer.text
    assert stranger.cookies == {}
    assert len(numbers(db, cast)) == 1
    elsewhere = web.browser(address="198.51.100.7").post(f"/q/{other_lift}", text="People are trapped in the lift")
    assert "Your report is" in elsewhere.text
    assert len(numbers(db, cast)) == 2


@pytest.mark.parametrize(("typed", "said"), [("7KQ4-M2XP-9Q", "typing error"), ("NOPE-77", "No thing of ours")])
def test_a_wrong_code_says_what_to_check_and_offers_a_box(web: Web, typed: str, said: str) -> None:
    page = web.browser().get(f"/q/{typed}")
    assert page.status_code in (404, 422)
    assert said in page.text
    assert f'value="{typed}"' in page.text
    assert 'action="/q"' in page.text


def test_a_typed_code_leads_to_its_page(web: Web, lift: str) -> None:
    assert web.browser().get(f"/q?code={lift.lower()}").headers["location"] == f"/q/{lift}"


def test_a_technician_of_the_site_gets_the_job_with_its_next_step(worker: Browser, lift: str, reported: str) -> None:
    page = worker.get(f"/q/{lift}").text
    assert reported in page
    assert "Accept the job" in page
    assert f"/q/{lift}?report=1" in page


def test_a_technician_of_another_site_is_a_stranger_here(web: Web, db: Database, cast: Cast, elsewhere: str) -> None:
    page = web.browser(cast.technician).get(f"/q/{elsewhere}")
    assert "Report" in page.text
    assert 'name="text"' in page.text


def test_pages_that_show_change_nothing(web: Web, db: Database, cast: Cast, lift: str, reported: str) -> None:
    before = digest_of(db)
    people = (None, cast.resident, cast.technician, cast.supervisor, cast.outsider)
    browsers = [web.browser(person) for person in people]
    before = digest_of(db)
    for browser in browsers:
        for path in (f"/q/{lift}", "/q/NOPE-1", f"/t/{reported}", "/work", "/scan", "/sign-in", "/privacy"):
            browser.get(path, headers=BOT)
    assert digest_of(db) == before


def test_text_from_people_is_never_markup(web: Web, lift: str) -> None:
    browser = web.browser()
    number = browser.report(lift, '<script>alert(1)</script><img src=x onerror="alert(2)">', category="lift")
    page = browser.get(f"/t/{number}").text
    assert "<script>alert" not in page
    assert "<img src=x" not in page


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_a_form_of_another_site_is_refused(web: Web, lift: str, origin: str) -> None:
    answer = web.browser().post(f"/q/{lift}", None, {"origin": origin}, text="x", category="lift")
    assert answer.status_code == 403


def test_chips_have_icons_of_the_set(web: Web) -> None:
    known = environment().get_template("_icon.html").module.__dict__["paths"]
    assert {name for name in codes.ICONS.values() if name not in known} == set()


def test_the_form_offers_every_kind_the_likely_ones_first(web: Web, home_code: str, lift: str) -> None:
    for code, first in ((home_code, "water"), (lift, "lift")):
        form = web.browser().get(f"/q/{code}").text
        shown, folded = form.split('<details class="chips-more">')
        kinds = [re.findall(r'name="category" value="([a-z_]+)"', part) for part in (shown, folded)]
        assert kinds[0][0] == first
        assert kinds[0][-1] == "other"
        assert len(kinds[0]) < len(kinds[1])
        assert sorted(kinds[0] + kinds[1]) == sorted(lexicon.CATEGORIES)


def test_a_kind_from_the_fold_stays_in_sight(web: Web, home_code: str) -> None:
    answer = web.browser().post(f"/q/{home_code}", text="", category="parking")
    assert '<details class="chips-more" open>' in answer.text
