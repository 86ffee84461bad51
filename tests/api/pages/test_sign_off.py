"""The sign-off: evidence that is missing, signatures under what was shown, and the answer of the resident."""

from __future__ import annotations

import json

import pytest

from core.database import Database
from core.tickets import queries, signing
from tests.api.pages.browsing import INK, Browser, Web, seen
from tests.personas import Cast
from tests.pictures import corners, encoded

BEFORE, AFTER = encoded(corners(), "JPEG"), encoded(corners((80, 60)), "PNG")


@pytest.fixture
def photographed(worker: Browser, at_work: str) -> str:
    files = [("before", ("a.jpg", BEFORE)), ("after", ("b.png", AFTER))]
    assert worker.post(f"/t/{at_work}/photos", files).status_code == 303
    return at_work


@pytest.fixture
def done(worker: Browser, photographed: str) -> str:
    answer = worker.send(worker.get(f"/t/{photographed}/sign"), technician=INK, resolution="fixed", minutes="25")
    assert answer.status_code == 303, seen(answer)
    return photographed


def test_missing_evidence_is_listed_with_where_to_add_it(worker: Browser, at_work: str) -> None:
    page = worker.get(f"/t/{at_work}/sign")
    assert "An after-photo is missing" in page.text
    assert f'href="/t/{at_work}#after-block"' in page.text
    assert 'name="technician"' not in page.text


def test_a_sign_off_without_evidence_is_refused_even_when_it_is_sent(
    worker: Browser, db: Database, at_work: str
) -> None:
    digest = _digest(db, at_work)
    answer = worker.post(f"/t/{at_work}/sign", technician=INK, resolution="fixed", digest=digest)
    assert answer.status_code == 422
    assert _state(db, at_work) == "in_progress"
    with db.read_scope() as session:
        assert queries.signatures_of(session, queries.by_number(session, at_work).id) == []


def test_a_sign_off_needs_a_signature(worker: Browser, db: Database, photographed: str) -> None:
    answer = worker.send(worker.get(f"/t/{photographed}/sign"), resolution="fixed", note="New pads")
    assert answer.status_code == 422
    assert 'href="#technician"' in answer.text
    assert "New pads" in answer.text


def test_signatures_stand_under_exactly_what_was_shown(worker: Browser, db: Database, photographed: str) -> None:
    page = worker.get(f"/t/{photographed}/sign")
    worker.send(
        page, technician=INK, resident=INK, presence="present", resolution="fixed", minutes="25", note="New pads"
    )
    with db.read_scope() as session:
        ticket = queries.by_number(session, photographed)
        signatures = queries.signatures_of(session, ticket.id)
    assert ticket.state == "done"
    assert [row.role for row in signatures] == ["technician", "resident"]
    assert len({row.digest for row in signatures}) == 1
    assert signing.digest(signatures[0].content) == signatures[0].digest
    assert signatures[0].content["note"] == "New pads"
    assert signatures[0].strokes == [[[0.1, 0.2, 0, 0.5], [0.4, 0.3, 20, 0.5]]]


def test_a_change_in_between_is_shown_and_the_ink_is_kept(worker: Browser, db: Database, photographed: str) -> None:
    page = worker.get(f"/t/{photographed}/sign")
    worker.post(f"/t/{photographed}/words", text="The neighbour called", internal="1")
    answer = worker.send(page, technician=INK, resolution="temporary", note="Comes back tomorrow")
    assert answer.status_code == 409
    assert "The neighbour called" in answer.text
    assert "Comes back tomorrow" in answer.text
    assert "&#34;strokes&#34;" in answer.text
    assert _state(db, photographed) == "in_progress"
    again = worker.send(answer, technician=INK, resolution="temporary", note="Comes back tomorrow")
    assert again.status_code == 303


def test_a_resident_who_is_present_must_sign_or_be_absent(worker: Browser, photographed: str) -> None:
    page = worker.get(f"/t/{photographed}/sign")
    answer = worker.send(page, technician=INK, presence="present", resolution="fixed")
    assert answer.status_code == 422
    assert 'href="#resident"' in answer.text


def test_ink_in_the_pad_of_somebody_who_is_absent_is_nobodys(worker: Browser, db: Database, photographed: str) -> None:
    page = worker.get(f"/t/{photographed}/sign")
    answer = worker.send(page, technician=INK, resident=INK, presence="absent", resolution="fixed")
    assert answer.status_code == 303
    with db.read_scope() as session:
        ticket = queries.by_number(session, photographed)
        assert queries.evidence_of(session, ticket).signed_by == {"technician"}


@pytest.mark.parametrize(
    "drawn", ["[]", '{"strokes": 1}', '{"strokes": [[{"x": 1}]]}', "{", json.dumps({"strokes": [[{"x": "a"}]]})]
)
def test_ink_that_no_pad_draws_is_refused(worker: Browser, photographed: str, drawn: str) -> None:
    answer = worker.send(worker.get(f"/t/{photographed}/sign"), technician=drawn, resolution="fixed")
    assert answer.status_code == 422


def test_only_the_technician_of_the_job_signs_it_off(web: Web, cast: Cast, photographed: str) -> None:
    assert web.browser(cast.supervisor).get(f"/t/{photographed}/sign").status_code == 403
    assert web.browser(cast.resident).get(f"/t/{photographed}/sign").status_code == 403


def test_a_code_that_was_not_scanned_is_asked_for_at_the_end(worker: Browser, db: Database, reported: str) -> None:
    worker.do(reported, "accept")
    worker.post(f"/t/{reported}/do/check_in", later="1")
    worker.post(f"/t/{reported}/photos", {"after": ("b.png", AFTER)})
    page = worker.get(f"/t/{reported}/sign")
    assert 'name="code"' in page.text
    refused = worker.send(page, technician=INK, resolution="fixed")
    assert refused.status_code == 422
    assert worker.send(refused, technician=INK, resolution="fixed", code="lift-1").status_code == 303
    with db.read_scope() as session:
        assert queries.by_number(session, reported).scan_proof == "scanned"


def test_a_photo_in_place_of_the_code_is_signed_with_the_rest(worker: Browser, db: Database, reported: str) -> None:
    worker.do(reported, "accept")
    worker.post(f"/t/{reported}/do/check_in", later="1")
    worker.post(f"/t/{reported}/photos", {"after": ("b.png", AFTER)})
    given = {"technician": INK, "resolution": "fixed", "reason": "torn_off", "digest": _digest(db, reported)}
    answer = worker.post(f"/t/{reported}/sign", {"photo": ("c.jpg", BEFORE)}, **given)
    assert answer.status_code == 303, seen(answer)
    with db.read_scope() as session:
        [signature] = queries.signatures_of(session, queries.by_number(session, reported).id)
    assert [kind for kind, _ in signature.content["photos"]] == ["after", "other"]


def test_the_resident_confirms_and_rates(resident_browser: Browser, db: Database, done: str) -> None:
    page = resident_browser.get(f"/t/{done}")
    assert "Confirm: it is fixed" in page.text
    resident_browser.send(page, action=f"/t/{done}/do/confirm")
    rated = resident_browser.send(resident_browser.get(f"/t/{done}"), action=f"/t/{done}/rating", stars="2")
    assert rated.status_code == 303
    why = resident_browser.get(f"/t/{done}")
    assert "What was wrong?" in why.text
    resident_browser.send(why, action=f"/t/{done}/rating", reason="speed")
    with db.read_scope() as session:
        ticket = queries.by_number(session, done)
        rating = queries.ratings_of(session, ticket.id)[0]
    assert (ticket.state, rating.stars, rating.reason) == ("closed", 2, "speed")


def test_a_reopening_starts_a_round_with_fresh_evidence(
    resident_browser: Browser, worker: Browser, db: Database, done: str
) -> None:
    resident_browser.send(resident_browser.get(f"/t/{done}/do/reopen"), reason="not_fixed")
    with db.read_scope() as session:
        ticket = queries.by_number(session, done)
        assert (ticket.state, ticket.round) == ("assigned", 2)
    page = worker.get(f"/t/{done}").text
    assert "Reopened: not fixed" in page
    assert "Accept the job" in page


def test_nobody_rates_before_it_is_closed(resident_browser: Browser, done: str) -> None:
    assert resident_browser.post(f"/t/{done}/rating", stars="5").status_code == 409


def _state(db: Database, number: str) -> str:
    with db.read_scope() as session:
        return queries.by_number(session, number).state


def _digest(db: Database, number: str) -> str:
    with db.read_scope() as session:
        ticket = queries.by_number(session, number)
        return signing.digest(signing.content(session, ticket, resolution="", minutes="", note=""))
