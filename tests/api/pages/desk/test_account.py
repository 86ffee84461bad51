"""Who sits at the desk is told on every page, and can leave it from there."""

from __future__ import annotations

import pytest

from tests.api.pages.browsing import Browser, Web
from tests.personas import Cast


@pytest.fixture
def desk(web: Web, cast: Cast) -> Browser:
    return web.browser(cast.supervisor)


@pytest.mark.parametrize("path", ["/desk", "/desk/new", "/desk/assets"])
def test_every_page_names_who_is_there_and_lets_them_out(desk: Browser, path: str) -> None:
    menu = desk.get(path).text.split('<details class="site-choice account">')[1].split("</details>")[0]
    assert 'action="/sign-out"' in menu
    assert 'action="/language"' in menu
    assert "Your account" in menu


def test_who_signs_out_is_no_longer_at_the_desk(desk: Browser) -> None:
    left = desk.post("/sign-out")
    assert left.headers["location"] == "/sign-in"
    assert desk.get("/desk").status_code == 401
