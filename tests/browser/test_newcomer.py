"""From an empty database to a printed label and a first real ticket, as somebody who sees it for the first time."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import free_port, serving

PICTURES = os.environ.get("GONGDAN_PICTURES", "")
DESKTOP = {"width": 1280, "height": 800}
HOMES = 3 * 2 * 18 * 4


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    return new_context(viewport=DESKTOP).new_page()


def test_from_nothing_to_a_label_and_a_ticket(tmp_path: Path, page: Page) -> None:
    begun = time.monotonic()
    with serving(tmp_path, free_port()) as url:
        _set_up(page, url, _code(tmp_path))
        _make_homes(page)
        _add_technician(page, url)
        _print_label(page, url)
        _take_a_call(page, url)
        _see_it_on_the_board(page, url)
    print(f"from nothing to a ticket in {time.monotonic() - begun:.0f} s")  # noqa: T201 - the figure of the proof


def _code(folder: Path) -> str:
    """The code that the server prints for whoever sets it up."""
    found = re.search(r"/setup\?code=(\S+)", (folder / "server.log").read_text(encoding="utf-8"))
    assert found is not None
    return found.group(1)


def _set_up(page: Page, url: str, code: str) -> None:
    page.goto(f"{url}/desk")
    page.goto(f"{url}/setup?code={code}")
    page.get_by_label("Name of the site").fill("Garden Court")
    page.get_by_label("Telephone").fill("+49 30 901820")
    page.locator('[name="name"]').fill("Anna Schmidt")
    page.locator('[name="password"]').fill("correct horse battery")
    _keep(page, "1-set-up")
    page.locator('.actions button, button[form="setup"]').first.click()
    expect(page).to_have_url(re.compile("/desk/start"))


def _make_homes(page: Page) -> None:
    page.locator('[name="pattern"]').fill("Building {1-3}/Entrance {1-2}/Floor {1-18}/{01-04}")
    page.get_by_role("button", name="Show what it makes").click()
    expect(page.get_by_text(str(HOMES)).first).to_be_visible()
    _keep(page, "2-homes")
    page.get_by_role("button", name=re.compile(str(HOMES))).click()
    expect(page.locator('[name="pattern"]')).to_be_visible()


def _add_technician(page: Page, url: str) -> None:
    page.goto(f"{url}/desk/people/new")
    page.locator('[name="name"]').fill("Li Jun")
    page.locator('[name="skill"][value="lift"]').check()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name=re.compile("link", re.IGNORECASE)).click()
    expect(page.locator("#link")).to_contain_text("/sign-in/")
    _keep(page, "3-staff")


def _print_label(page: Page, url: str) -> None:
    page.goto(f"{url}/desk/assets/new")
    page.locator('[name="name"]').fill("Lift 1")
    page.locator('[name="type"]').fill("Passenger lift")
    page.locator('[name="place"]').fill("Building 1/Entrance 1")
    page.locator("main form button.button-primary").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Lift 1")
    page.goto(f"{url}/desk/labels")
    page.get_by_role("button", name="Print 1").click()
    sheet = page.get_by_role("link", name="Open the PDF to print").get_attribute("href")
    _keep(page, "4-label")
    answer = page.request.get(f"{url}{sheet}")
    assert answer.body().startswith(b"%PDF")


def _take_a_call(page: Page, url: str) -> None:
    page.goto(f"{url}/desk/new")
    page.locator('[name="name"]').fill("Mrs Weber")
    page.locator('[name="phone"]').fill("+49 170 5550123")
    page.locator('[name="unit"]').fill("Building 1/Entrance 1/Floor 3/02")
    page.locator('[name="text"]').fill("The kitchen tap drips")
    _keep(page, "5-call")
    page.locator("main form button.button-primary").last.click()
    expect(page.get_by_text(re.compile("WX-")).first).to_be_visible()


def _see_it_on_the_board(page: Page, url: str) -> None:
    page.goto(f"{url}/desk")
    expect(page.locator(".board").get_by_text("Plumbing and leaks").first).to_be_visible()
    _keep(page, "6-board")


def _keep(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"newcomer-{name}.png", full_page=True)
