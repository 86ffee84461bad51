"""Labels at the desk: chosen, printed, on record; blank ones claimed with the phone."""

from __future__ import annotations

import re

import pytest

from tests.api.pages.browsing import Browser, Web, seen
from tests.personas import Cast


@pytest.fixture
def desk(web: Web, cast: Cast) -> Browser:
    return web.browser(cast.supervisor)


def printed(desk: Browser, path: str, **fields: str) -> str:
    answer = desk.post(f"/desk/labels/{path}", test="1", format="a4-21", **fields)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_what_is_chosen_is_shown_printed_and_kept(desk: Browser) -> None:
    assert "Print" in seen(desk.get("/desk/labels?kind=shared"))
    run = printed(desk, "print", kind="shared")
    assert "This is a test" in seen(desk.get(run))
    sheet = desk.get(run + "/sheet.pdf")
    assert sheet.headers["content-type"] == "application/pdf"
    assert sheet.content.startswith(b"%PDF")
    assert "Labels printed" in seen(desk.get("/desk/labels"))


def test_labels_that_stay_need_a_public_address(desk: Browser) -> None:
    refused = desk.post("/desk/labels/print", kind="shared", format="a4-8")
    assert refused.status_code == 422
    assert "PUBLIC_URL" in seen(refused)
    assert 'value="a4-8" selected' in refused.text


@pytest.mark.parametrize("count", ["0", "-3", "many", "999999", ""])
def test_impossible_numbers_of_blank_labels_are_refused(desk: Browser, count: str) -> None:
    refused = desk.post("/desk/labels/blank", count=count, test="1")
    assert refused.status_code == 422
    assert refused.text.count("<h1") == 1


def test_a_blank_label_is_claimed_on_site(web: Web, cast: Cast, desk: Browser) -> None:
    code = blank(desk)
    technician = web.browser(cast.technician)
    assert "What is this label on?" in seen(technician.get(f"/q/{code}"))
    assert "Hall" in seen(technician.get(f"/q/{code}", params={"words": "hall"}))
    nameless = technician.post(f"/q/{code}/claim", name="", type="Pump", place="A/1/Hall")
    assert nameless.status_code == 422
    assert 'value="Pump"' in nameless.text
    taken = technician.post(f"/q/{code}/claim", name="Pump 3", type="Pump", place="A/1/Hall")
    assert taken.status_code == 303
    assert "Pump 3" in seen(technician.get(f"/q/{code}"))


def test_a_blank_label_tells_others_that_it_is_new(web: Web, cast: Cast, desk: Browser) -> None:
    code = blank(desk)
    for browser in (web.browser(), web.browser(cast.resident)):
        page = browser.get(f"/q/{code}")
        assert page.status_code == 404
        assert "This label is new" in seen(page)
    assert web.browser(cast.resident).post(f"/q/{code}/claim", name="Mine", place="A").status_code == 403


def test_an_existing_thing_is_found_and_gets_the_label(web: Web, cast: Cast, desk: Browser) -> None:
    code, technician = blank(desk), web.browser(cast.technician)
    page = technician.get(f"/q/{code}", params={"words": "hall"}).text
    [thing] = re.findall(r'name="thing" value="(place:[^"]+)"', page)[:1]
    assert technician.post(f"/q/{code}/claim", thing=thing).status_code == 303
    again = technician.post(f"/q/{code}/claim", thing=thing)
    assert again.status_code == 303  # claimed already: the page of the thing is shown
    assert "Hall" in seen(technician.get(f"/q/{code}"))


def blank(desk: Browser) -> str:
    run = printed(desk, "blank", count="1")
    return str(re.search(r"<code>([A-Z0-9]{10})</code>", desk.get(run).text).group(1))  # type: ignore[union-attr]
