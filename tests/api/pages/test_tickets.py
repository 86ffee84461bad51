"""A ticket's page: who may open it, what each may do, and that nothing entered is lost."""

from __future__ import annotations

import re

import pytest

from api import uploads
from core import clock, limits
from core.database import Database
from core.places import Site
from core.tickets import queries
from tests.api.pages.browsing import Browser, Web, seen
from tests.personas import Cast
from tests.pictures import corners, encoded

PHOTO = encoded(corners(), "JPEG")


def state_of(db: Database, number: str) -> str:
    with db.read_scope() as session:
        return queries.by_number(session, number).state


def test_a_foreign_ticket_reads_like_one_that_does_not_exist(web: Web, cast: Cast, reported: str) -> None:
    for person in (cast.outsider, cast.neighbour):
        browser = web.browser(person)
        foreign, unknown = browser.get(f"/t/{reported}"), browser.get("/t/WX-999999-999")
        assert foreign.status_code == unknown.status_code == 404
        assert seen(foreign) == seen(unknown)


def test_a_stranger_is_asked_to_sign_in_whether_or_not_it_exists(web: Web, reported: str) -> None:
    existing, unknown = web.browser().get(f"/t/{reported}"), web.browser().get("/t/WX-999999-999")
    assert existing.status_code == unknown.status_code == 401
    assert seen(existing) == seen(unknown)
    assert f"/sign-in?next=/t/{reported}" in existing.text


@pytest.mark.parametrize("path", ["do/accept", "do/hold", "photos", "words", "nudge", "parts", "rating", "sign"])
def test_nobody_who_is_not_concerned_changes_a_ticket(web: Web, cast: Cast, reported: str, path: str) -> None:
    fields = {"reason": "busy", "text": "hello", "part": "x", "stars": "5", "resolution": "fixed"}
    assert web.browser(cast.outsider).post(f"/t/{reported}/{path}", **fields).status_code == 404
    assert web.browser().post(f"/t/{reported}/{path}", **fields).status_code == 401


def test_a_resident_cannot_take_a_technicians_step(resident_browser: Browser, db: Database, reported: str) -> None:
    answer = resident_browser.post(f"/t/{reported}/do/hold", reason="waiting_parts")
    assert answer.status_code == 403
    assert reported in answer.text
    assert state_of(db, reported) == "assigned"


def test_a_ticket_that_moved_on_is_shown_as_it_is_now(worker: Browser, reported: str) -> None:
    page = worker.get(f"/t/{reported}")
    worker.do(reported, "accept")
    answer = worker.send(page, action=f"/t/{reported}/do/accept")
    assert answer.status_code == 409
    assert "error-summary" in answer.text
    assert "Check in" in answer.text


def test_the_same_press_twice_is_one_step(worker: Browser, reported: str) -> None:
    page = worker.get(f"/t/{reported}")
    first = worker.send(page, action=f"/t/{reported}/do/accept")
    second = worker.send(page, action=f"/t/{reported}/do/accept")
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]


def test_the_other_technician_is_told_who_took_it(web: Web, cast: Cast, worker: Browser, reported: str) -> None:
    worker.do(reported, "accept")
    other = [web.browser(person) for person in (cast.technician, cast.second_technician)]
    answers = [browser.post(f"/t/{reported}/do/accept") for browser in other]
    refused = next(answer for answer in answers if "took" in answer.text)
    assert refused.status_code == 409


def test_a_decline_needs_a_reason(worker: Browser, db: Database, reported: str) -> None:
    answer = worker.send(worker.get(f"/t/{reported}/do/decline"), reason="")
    assert answer.status_code == 422
    assert "Why do you decline?" in answer.text
    assert state_of(db, reported) == "assigned"


def test_words_of_ones_own_are_a_reason_that_staff_can_read(
    web: Web, cast: Cast, worker: Browser, reported: str
) -> None:
    worker.send(worker.get(f"/t/{reported}/do/decline"), reason="busy", words="On another roof")
    assert "On another roof" in web.browser(cast.supervisor).get(f"/t/{reported}").text


def test_a_hold_tells_the_resident_why(worker: Browser, resident_browser: Browser, reported: str) -> None:
    worker.do(reported, "accept")
    worker.send(worker.get(f"/t/{reported}/do/hold"), reason="waiting_parts")
    assert "waiting for parts" in resident_browser.get(f"/t/{reported}").text


def test_an_appointment_is_proposed_and_agreed_with_one_tap_each(
    worker: Browser, resident_browser: Browser, reported: str
) -> None:
    worker.do(reported, "accept")
    form = worker.get(f"/t/{reported}/do/schedule")
    slot = re.findall(r'name="slot" value="([^"]+)"', form.text)[0]
    assert worker.send(form, slot=slot).status_code == 303
    asked = resident_browser.get(f"/t/{reported}")
    assert "Does this time suit you?" in asked.text
    resident_browser.send(asked, action=f"/t/{reported}/do/agree")
    assert "Appointment agreed" in worker.get(f"/t/{reported}").text


def test_an_impossible_appointment_keeps_what_was_entered(worker: Browser, reported: str) -> None:
    worker.do(reported, "accept")
    form = worker.get(f"/t/{reported}/do/schedule")
    answer = worker.send(form, day="2026-02-31", **{"from": "09:00", "until": "10:00"})
    assert answer.status_code == 422
    assert 'value="2026-02-31"' in answer.text


def test_at_a_place_without_a_label_nobody_is_asked_for_a_code(
    web: Web, db: Database, cast: Cast, resident_browser: Browser, home_code: str
) -> None:
    number = resident_browser.report(home_code, "The tap drips", category="water")
    with db.read_scope() as session:
        assignee = queries.by_number(session, number).assignee_id
    worker = web.browser(assignee)
    worker.do(number, "accept")
    asked = worker.get(f"/t/{number}/do/check_in")
    assert "Are you there?" in asked.text
    assert 'name="code"' not in asked.text
    assert worker.send(worker.get(f"/t/{number}"), action=f"/t/{number}/do/check_in").status_code == 303
    assert state_of(db, number) == "in_progress"


def test_a_thing_without_a_label_is_a_reason_like_a_torn_off_one(worker: Browser, db: Database, reported: str) -> None:
    worker.do(reported, "accept")
    form = worker.get(f"/t/{reported}/do/check_in")
    assert "there is no label here" in form.text
    assert worker.send(form, {"photo": ("a.jpg", PHOTO)}, reason="no_label").status_code == 303
    assert state_of(db, reported) == "in_progress"


def test_the_way_round_the_code_says_that_it_is_needed_only_where_it_is(
    worker: Browser, db: Database, reported: str
) -> None:
    worker.do(reported, "accept")
    address = f"/t/{reported}/do/check_in"
    assert "scan before you sign off" in worker.get(address).text
    with db.write_scope() as session:
        ticket = queries.by_number(session, reported)
        session.get_one(Site, ticket.site_id).settings = {"evidence": {"fault": ["after_photo"]}}
    assert "Check in without the code" in worker.get(address).text


@pytest.mark.parametrize(
    ("code", "said"), [("LIFT-2", "another thing"), ("7KQ4-M2XP-9Q", "typing error"), ("", "missing")]
)
def test_a_wrong_code_at_check_in_is_named(
    worker: Browser, db: Database, reported: str, other_lift: str, code: str, said: str
) -> None:
    worker.do(reported, "accept")
    answer = worker.send(worker.get(f"/t/{reported}/do/check_in"), code=code)
    assert 400 <= answer.status_code < 500
    assert said in answer.text
    assert f'value="{code}"' in answer.text
    assert state_of(db, reported) == "accepted"


def test_a_torn_off_code_is_replaced_by_a_photo_and_a_reason(worker: Browser, db: Database, reported: str) -> None:
    worker.do(reported, "accept")
    form = worker.get(f"/t/{reported}/do/check_in")
    without = worker.send(form, {"photo": ("a.jpg", PHOTO)})
    assert without.status_code == 422
    assert worker.send(form, {"photo": ("a.jpg", PHOTO)}, reason="torn_off").status_code == 303
    with db.read_scope() as session:
        assert queries.by_number(session, reported).scan_proof == "photo"


def test_the_scan_of_another_person_proves_nothing(
    web: Web, cast: Cast, worker: Browser, lift: str, reported: str
) -> None:
    worker.do(reported, "accept")
    theirs = worker.get(f"/q/{lift}")
    proof = re.findall(r'name="scan" value="([^"]+)"', theirs.text)[0]
    forged = proof.replace(proof.split("~")[1], str(cast.supervisor))
    assert worker.post(f"/t/{reported}/do/check_in", scan=forged).status_code == 422
    assert worker.post(f"/t/{reported}/do/check_in", scan=proof).status_code == 303


def test_photos_are_answered_in_json_for_the_script_and_counted_once(
    worker: Browser, db: Database, at_work: str
) -> None:
    for _ in range(3):
        answer = worker.post(
            f"/t/{at_work}/photos", {"file": ("a.jpg", PHOTO)}, {"accept": "application/json"}, kind="after"
        )
        assert answer.status_code == 201
        assert answer.json()["items"][0]["kind"] == "after"
    with db.read_scope() as session:
        ticket = queries.by_number(session, at_work)
        assert [row.kind for row in queries.attachments_of(session, ticket.id)] == ["after"]


def test_a_resident_cannot_pass_a_photo_off_as_the_work(resident_browser: Browser, db: Database, reported: str) -> None:
    resident_browser.post(f"/t/{reported}/photos", {"after": ("a.jpg", PHOTO)}, kind="after")
    with db.read_scope() as session:
        ticket = queries.by_number(session, reported)
        assert [row.kind for row in queries.attachments_of(session, ticket.id)] == ["report"]


def test_something_that_is_no_photo_is_refused_with_a_page(worker: Browser, at_work: str) -> None:
    answer = worker.post(f"/t/{at_work}/photos", {"after": ("a.jpg", b"<svg/>")})
    assert answer.status_code == 415
    assert "error-summary" in answer.text


def test_notes_between_staff_stay_there(worker: Browser, resident_browser: Browser, at_work: str) -> None:
    worker.post(f"/t/{at_work}/words", text="The landlord has not paid", internal="1")
    worker.post(f"/t/{at_work}/words", text="Coming back with parts", internal="")
    page = resident_browser.get(f"/t/{at_work}").text
    assert "has not paid" not in page
    assert "Coming back with parts" in page


def test_a_resident_cannot_write_between_staff(resident_browser: Browser, reported: str) -> None:
    resident_browser.post(f"/t/{reported}/words", text="It is louder now", internal="1")
    assert "It is louder now" in resident_browser.get(f"/t/{reported}").text


def test_a_nudge_counts_once_in_ten_minutes(resident_browser: Browser, reported: str) -> None:
    assert resident_browser.post(f"/t/{reported}/nudge").status_code == 303
    assert resident_browser.post(f"/t/{reported}/nudge").status_code == 409


def test_words_without_end_reach_nobody(resident_browser: Browser, db: Database, cast: Cast, reported: str) -> None:
    with db.write_scope() as session:
        for _ in range(uploads.MOST_DEEDS_OF_PERSON):
            limits.tally(session, f"deed-of:{cast.resident}", clock.now())
    assert resident_browser.post(f"/t/{reported}/words", text="Hello?").status_code == 429


def test_a_reporter_withdraws_while_nobody_has_accepted(resident_browser: Browser, db: Database, reported: str) -> None:
    resident_browser.send(resident_browser.get(f"/t/{reported}/do/cancel"))
    assert state_of(db, reported) == "cancelled"


def test_one_of_several_reporters_is_not_offered_to_withdraw(web: Web, cast: Cast, lift: str, reported: str) -> None:
    neighbour = web.browser(cast.neighbour)
    neighbour.send(neighbour.send(neighbour.get(f"/q/{lift}"), text="Stuck", category="lift"), answer="join")
    assert "Withdraw" not in neighbour.get(f"/t/{reported}").text


def test_a_step_that_cannot_be_taken_now_has_no_form(worker: Browser, reported: str) -> None:
    assert worker.get(f"/t/{reported}/do/reopen").status_code == 409
    assert worker.get(f"/t/{reported}/do/assign").status_code == 409


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_page_speaks_the_readers_language(web: Web, cast: Cast, reported: str, language: str) -> None:
    browser = web.browser(cast.resident)
    browser.cookies["gongdan_lang"] = {"en": "en", "zh-CN": "zh_CN"}[language]
    assert f'lang="{language}"' in browser.get(f"/t/{reported}").text
