"""What was typed at the desk stays in the browser until it is saved, and then no longer."""

from __future__ import annotations

import re

import httpx
import pytest

from api.pages import HERE
from core.database import Database
from tests.api.pages.browsing import Browser, Web
from tests.personas import Cast

DRAFT = re.compile(r'data-draft="(desk-[a-z-]*)')
DONE = re.compile(r'<meta name="draft-done" content="([^"]*)">')
CONFIRMED = {"desk-new", "desk-site", "desk-person-", "desk-asset-", "desk-place-", "desk-words-"}


@pytest.fixture
def admin(web: Web, cast: Cast) -> Browser:
    return web.browser(cast.admin)


def confirmed(browser: Browser, answer: httpx.Response) -> list[str]:
    """The drafts that the page after a save lets the browser forget."""
    assert answer.status_code == 303, answer.text
    return DONE.findall(browser.get(answer.headers["location"]).text)


def test_every_form_that_keeps_a_draft_is_confirmed_by_a_page() -> None:
    found = {name for file in HERE.glob("templates/*desk_*.html") for name in DRAFT.findall(file.read_text())}
    assert found == CONFIRMED, "tell the new form's save to go on with At.saved(), and this test that it does"


def test_a_save_confirms_its_own_draft(admin: Browser, db: Database, cast: Cast, reported: str) -> None:
    assert confirmed(admin, admin.send(admin.get("/desk/site"), name="Court", phone="1")) == ["desk-site"]
    added = admin.send(admin.get("/desk/people/new"), name="Li Jun", role="technician", locale="en")
    assert confirmed(admin, added) == ["desk-person-"]
    person = f"/desk/people/{cast.technician}"
    kept = admin.send(admin.get(person), action=person, name="Wang", role="technician", locale="en")
    assert confirmed(admin, kept) == [f"desk-person-{cast.technician}"]
    said = admin.post(f"/desk/tickets/{reported}/words", text="A note", to="staff")
    assert confirmed(admin, said) == [f"desk-words-{reported}"]


def test_a_save_of_a_thing_confirms_its_own_draft(admin: Browser, cast: Cast) -> None:
    place = f"/desk/places/{cast.hall}"
    page = admin.get(f"/desk/places?place={cast.hall}")
    kept = admin.send(page, action=place, name="Lobby", kind="room", parent="A/1")
    assert confirmed(admin, kept) == [f"desk-place-{cast.hall}"]
    added = admin.post("/desk/assets/new", name="Pump", place="A/1/Lobby")
    assert confirmed(admin, added) == ["desk-asset-new"]
    asset = added.headers["location"].partition("?")[0]
    assert confirmed(admin, admin.post(asset, name="Pump 2", place="A/1/Lobby")) == [f"desk-asset-{asset[13:]}"]


def test_a_call_confirms_its_own_draft(admin: Browser) -> None:
    call = {"name": "Weber", "phone": "+49 170 5550123", "unit": "A/12/1203", "caller": "new", "text": "The tap drips"}
    assert confirmed(admin, admin.send(admin.get("/desk/new"), **call)) == ["desk-new"]


def test_a_refusal_confirms_nothing(admin: Browser) -> None:
    refused = admin.post("/desk/site?draft=desk-site", name="")
    assert refused.status_code == 422
    assert DONE.findall(refused.text) == []


def test_only_drafts_of_the_desk_are_named_in_an_address(admin: Browser) -> None:
    assert DONE.findall(admin.get("/desk/site?draft=report:LIFT-1").text) == []
