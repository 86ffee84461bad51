"""Photos of strangers: counted before they cost anything, and never in the way of anything else."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import timedelta
from pathlib import Path

import httpx

from api import uploads
from core import clock, photos
from core.database import Database
from core.photos import decoding
from core.storage import HANDED_ON_FOR, UNNAMED_FOR
from core.tickets import queries
from tests.api.pages.browsing import Browser, Web, seen
from tests.personas import Cast
from tests.pictures import corners, encoded

PHOTO = encoded(corners(), "JPEG")
JSON = {"accept": "application/json"}
CROWD = 60


def kept(web: Web) -> list[Path]:
    """Every file that lies in the storage."""
    folder = web.app.system.settings.data_dir / "media"  # type: ignore[attr-defined]
    return sorted(path for path in folder.rglob("*") if path.is_file())


def send(browser: Browser, code: str) -> httpx.Response:
    return browser.post(f"/q/{code}/photos", {"file": ("a.jpg", PHOTO)}, JSON)


def test_a_crowd_of_photos_leaves_the_server_answering(web: Web, lift: str) -> None:
    began, done = threading.Barrier(photos.DECODERS + 1), threading.Event()

    def hold() -> None:
        with decoding():
            began.wait(30)
            done.wait(60)

    def crowd(number: int) -> httpx.Response:
        return send(web.browser(address=f"198.51.100.{number}"), lift)

    with ThreadPoolExecutor(CROWD + photos.DECODERS) as pool:
        holding = [pool.submit(hold) for _ in range(photos.DECODERS)]
        began.wait(30)
        sent = [pool.submit(crowd, number) for number in range(CROWD)]
        answers = as_completed(sent, timeout=60)
        refused = [next(answers).result() for _ in range(CROWD - photos.MOST_WAITING)]
        assert web.browser().get("/healthz").text == "ok"
        done.set()
        taken = [one.result() for one in answers]
        [one.result() for one in holding]
    assert {(one.status_code, one.headers["retry-after"]) for one in refused} == {(503, "1")}
    assert [one.status_code for one in taken] == [201] * photos.MOST_WAITING


def test_photos_count_for_their_address_before_they_are_kept(web: Web, lift: str) -> None:
    for _ in range(uploads.MOST_FILES):
        assert send(web.browser(), lift).status_code == 201
    before = kept(web)
    other = encoded(corners((80, 60)), "JPEG")
    browser = web.browser()
    answer = browser.send(
        browser.get(f"/q/{lift}"), {"photo": ("b.jpg", other)}, text="The lift does not move", category="lift"
    )
    assert answer.status_code == 429
    assert "The lift does not move" in answer.text
    assert kept(web) == before
    assert send(web.browser(address="198.51.100.7"), lift).status_code == 201


def test_an_emergency_goes_ahead_without_the_photo_that_cannot_be_used(
    web: Web, db: Database, cast: Cast, lift: str
) -> None:
    browser = web.browser()
    answer = browser.send(browser.get(f"/q/{lift}"), {"photo": ("a.jpg", b"x")}, text="People are trapped in the lift")
    assert "This is an emergency" in seen(answer)
    with db.read_scope() as session:
        assert len(queries.board(session, [cast.site])) == 1


def test_a_photo_that_waited_in_a_form_for_a_day_has_to_be_sent_again(web: Web, lift: str) -> None:
    browser = web.browser()
    proof = send(browser, lift).json()["id"]
    form = browser.get(f"/q/{lift}")
    with clock.at(clock.now() + HANDED_ON_FOR + timedelta(minutes=1)):
        answer = browser.send(form, text="The lift does not move", category="lift", photo_id=proof)
    assert answer.status_code == 404
    assert "is not kept here any more" in seen(answer)
    assert "The lift does not move" in answer.text
    assert HANDED_ON_FOR < UNNAMED_FOR


def test_photos_of_a_person_count_before_they_are_looked_at(web: Web, cast: Cast, lift: str) -> None:
    browser = web.browser(cast.resident)
    number = browser.report(lift, "The lift does not move", category="lift")
    for _ in range(uploads.MOST_FILES_OF_PERSON):
        uploads.count_of_person(web.database, cast.resident)
    before = kept(web)
    assert browser.post(f"/t/{number}/photos", {"photo": ("a.jpg", PHOTO)}, JSON).status_code == 429
    assert kept(web) == before
