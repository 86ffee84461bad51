"""The technician's list, and the way in by a code."""

from __future__ import annotations

import zxingcpp
from PIL import Image
from sqlalchemy import select

from core.database import Database
from core.tickets import queries
from core.tickets.models import Ticket
from tests.api.pages.browsing import URL, Browser, Web
from tests.personas import Cast
from tests.pictures import corners, encoded


def picture_of(text: str) -> bytes:
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
    image = Image.fromarray(code.to_image(scale=8, add_quiet_zones=True))
    return encoded(image.convert("RGB"), "PNG")


def test_an_offer_stands_on_top_with_accept_and_decline(worker: Browser, reported: str) -> None:
    page = worker.get("/work").text
    assert "Offered to you" in page
    assert f'action="/t/{reported}/do/accept"' in page
    assert f'href="/t/{reported}/do/decline"' in page


def test_an_accepted_job_moves_to_the_jobs_of_the_day(worker: Browser, reported: str) -> None:
    worker.do(reported, "accept")
    page = worker.get("/work").text
    assert "Your jobs" in page
    assert "Offered to you" not in page


def test_an_emergency_to_be_taken_stands_above_an_ordinary_offer(
    web: Web, db: Database, worker: Browser, reported: str, lift: str
) -> None:
    urgent = web.browser().post(f"/q/{lift}", text="Somebody is trapped in the lift", answer="own")
    assert urgent.status_code == 200
    with db.write_scope() as session:
        mine = queries.by_number(session, reported)
        other = session.scalars(select(Ticket).where(Ticket.emergency != "")).one()
        other.assignee_id, other.state = mine.assignee_id, "assigned"
        number = other.number
    page = worker.get("/work").text
    assert "Emergencies to take" in page
    assert page.index(number) < page.index(reported)


def test_held_work_stands_apart_and_can_be_resumed(worker: Browser, reported: str) -> None:
    worker.do(reported, "accept")
    worker.send(worker.get(f"/t/{reported}/do/hold"), reason="waiting_parts")
    assert f'action="/t/{reported}/do/resume"' in worker.get("/work").text


def test_an_empty_day_says_what_will_appear(web: Web, cast: Cast) -> None:
    assert "No work at the moment" in web.browser(cast.second_technician).get("/work").text


def test_the_photo_of_a_code_leads_to_its_page(web: Web, cast: Cast, lift: str) -> None:
    answer = web.browser(cast.technician).post("/scan", {"photo": ("a.png", picture_of(f"{URL}/q/{lift}"))})
    assert answer.headers["location"] == f"/q/{lift}"


def test_the_code_of_somebody_elses_site_is_not_ours(web: Web, cast: Cast, lift: str) -> None:
    answer = web.browser(cast.technician).post("/scan", {"photo": ("a.png", picture_of("https://evil.example/q/X"))})
    assert answer.status_code == 422
    assert "no code of ours" in answer.text


def test_a_photo_without_a_code_says_what_to_do(web: Web, cast: Cast) -> None:
    answer = web.browser(cast.technician).post("/scan", {"photo": ("a.jpg", encoded(corners(), "JPEG"))})
    assert answer.status_code == 422
    assert "type the letters" in answer.text


def test_a_typed_code_keeps_its_page_even_with_spaces(web: Web, cast: Cast, lift: str) -> None:
    assert web.browser(cast.technician).post("/scan", code=f" {lift.lower()} ").headers["location"] == (
        f"/q/{lift}?by=typed"
    )
