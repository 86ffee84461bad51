"""A job on a phone: what the page says is next follows what was just done, without a reload."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from core.database import open_database
from core.settings import load_settings
from core.tickets import queries
from tests.browser.conftest import House, sign_in
from tests.pictures import corners, encoded


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    file = tmp_path / "door.jpg"
    file.write_bytes(encoded(corners((640, 480)), "JPEG"))
    return file


@pytest.fixture
def job(phone: Page, house: House) -> str:
    """The address of a job on the lift, at which its technician is working."""
    form = {"text": "The lift rattles", "category": "lift", "answer": "own"}
    number = httpx.post(f"{house.url}/q/{house.lift}", data=form).headers["location"].split("/")[2].split("?")[0]
    database = open_database(load_settings(data_dir=house.folder).database_url)
    with database.read_scope() as session:
        assignee = queries.by_number(session, number).assignee_id
    database.dispose()
    assert assignee is not None
    sign_in(phone.context, house, assignee)
    phone.goto(f"{house.url}/q/{house.lift}")
    phone.get_by_role("button", name="Accept").click()
    phone.get_by_role("button", name="Check in").click()
    expect(phone.locator("#photos")).to_be_visible()
    return f"{house.url}/t/{number}"


def test_the_next_step_follows_the_photo_and_what_is_missing_follows_the_pen(
    phone: Page, job: str, photo: Path
) -> None:
    expect(phone.locator(".actions .button-primary")).to_contain_text("photo")
    phone.locator("#after-block input[type=file]").last.set_input_files(photo)
    expect(phone.locator(".actions .button-primary")).to_contain_text("Sign off")
    phone.goto(f"{job}/sign")
    need = phone.locator('.need[data-by="technician"]')
    expect(need).to_have_text("Your signature is missing")
    pad = phone.locator("canvas").first
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    phone.mouse.move(box["x"] + 20, box["y"] + 40)
    phone.mouse.down()
    phone.mouse.move(box["x"] + 120, box["y"] + 60, steps=5)
    phone.mouse.up()
    expect(need).to_have_text("Signed by you")
    phone.locator("label:has([name=presence][value=absent])").click()
    expect(phone.locator("canvas")).to_have_count(2)
    expect(phone.locator("canvas").last).to_be_hidden()
    phone.locator("label:has([name=presence][value=present])").click()
    expect(phone.locator("canvas").last).to_be_visible()
