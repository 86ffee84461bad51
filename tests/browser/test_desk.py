"""The desk as somebody works at it all day: the board follows what happens, and forms forget what was saved."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import DESKTOP, House, sign_in


@pytest.fixture
def desk(new_context: Callable[..., BrowserContext], house: House) -> Iterator[Page]:
    """The administrator at a wide screen; anything that a script could not do fails the test."""
    context = new_context(viewport=DESKTOP)
    sign_in(context, house, house.cast.admin)
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []


def report(house: House, text: str) -> str:
    """Somebody reports a fault on the lift; returns the ticket's number."""
    form = {"text": text, "category": "lift", "answer": "own", "idempotency_key": text}
    answer = httpx.post(f"{house.url}/q/{house.lift}", data=form)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].split("/")[2].split("?")[0]


def test_a_new_ticket_appears_on_the_board_by_itself(desk: Page, house: House) -> None:
    desk.goto(f"{house.url}/desk")
    number = report(house, "The lift rattles")
    expect(desk.locator(f'[data-number="{number}"]')).to_be_visible()


def test_what_is_chosen_stays_chosen_when_the_board_moves(desk: Page, house: House) -> None:
    first = report(house, "The lift squeaks")
    desk.goto(f"{house.url}/desk")
    expect(desk.locator("#bulk")).to_be_hidden()
    desk.locator(f'[data-number="{first}"] [name=pick]').check()
    expect(desk.locator(".bulk-count")).to_contain_text("1")
    number = report(house, "The lift is dark")
    expect(desk.locator(f'[data-number="{number}"]')).to_be_visible()
    expect(desk.locator(f'[data-number="{first}"] [name=pick]')).to_be_checked()
    expect(desk.locator("#bulk")).to_be_visible()


def test_a_lost_connection_is_said_and_what_was_missed_is_caught_up(desk: Page, house: House) -> None:
    desk.goto(f"{house.url}/desk")
    expect(desk.locator("#lost")).to_be_hidden()
    desk.context.set_offline(True)  # noqa: FBT003 - Playwright takes it by position
    expect(desk.locator("#lost")).to_be_visible()
    number = report(house, "The lift stops between two floors")
    desk.context.set_offline(False)  # noqa: FBT003
    expect(desk.locator(f'[data-number="{number}"]')).to_be_visible()
    expect(desk.locator("#lost")).to_be_hidden()
