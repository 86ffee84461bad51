"""The desk as somebody works at it all day: the board follows what happens, and forms forget what was saved."""

from __future__ import annotations

import re
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
    desk.context.set_offline(True)
    expect(desk.locator("#lost")).to_be_visible()
    number = report(house, "The lift stops between two floors")
    desk.context.set_offline(False)
    expect(desk.locator(f'[data-number="{number}"]')).to_be_visible()
    expect(desk.locator("#lost")).to_be_hidden()


def call(desk: Page, house: House, text: str) -> None:
    desk.goto(f"{house.url}/desk/new")
    desk.locator('[name="name"]').fill("Mrs Weber")
    desk.locator('[name="phone"]').fill("+49 170 5550123")
    desk.locator('[name="unit"]').fill("A/12/1203")
    desk.locator('[name="text"]').fill(text)


def test_the_next_caller_finds_an_empty_form(desk: Page, house: House) -> None:
    call(desk, house, "The kitchen tap drips")
    desk.get_by_role("button", name="Open the ticket").click()
    desk.get_by_role("link", name="Next call").click()
    expect(desk).to_have_url(re.compile("/desk/new"))
    for name in ("name", "phone", "unit", "text"):
        expect(desk.locator(f'[name="{name}"]')).to_have_value("")


def test_a_refusal_keeps_what_was_typed(desk: Page, house: House) -> None:
    call(desk, house, "The heating is cold")
    desk.locator('[name="unit"]').fill("Nowhere/99")
    desk.get_by_role("button", name="Open the ticket").click()
    expect(desk.locator(".notice-mend")).to_be_visible()
    for again in (False, True):
        if again:
            desk.goto(f"{house.url}/desk/new")
        expect(desk.locator('[name="text"]')).to_have_value("The heating is cold")
        expect(desk.locator('[name="unit"]')).to_have_value("Nowhere/99")


def test_somebody_added_leaves_the_form_empty_for_the_next(desk: Page, house: House) -> None:
    desk.goto(f"{house.url}/desk/people/new")
    desk.locator('[name="name"]').fill("Li Jun")
    desk.get_by_role("button", name="Save").click()
    expect(desk.get_by_role("heading", level=1)).to_have_text("Li Jun")
    desk.goto(f"{house.url}/desk/people/new")
    expect(desk.locator('[name="name"]')).to_have_value("")


def test_a_note_that_was_kept_does_not_come_back(desk: Page, house: House) -> None:
    number = report(house, "The lift hums")
    desk.goto(f"{house.url}/desk?open={number}")
    desk.locator('#do-words [name="text"]').fill("Bring the long ladder")
    desk.locator("#do-words").get_by_role("button", name="Note").click()
    expect(desk.locator(".drawer .timeline")).to_contain_text("Bring the long ladder")
    expect(desk.locator('#do-words [name="text"]')).to_have_value("")
    desk.locator('#do-words [name="text"]').fill("And the short one")
    desk.reload()
    expect(desk.locator('#do-words [name="text"]')).to_have_value("And the short one")
