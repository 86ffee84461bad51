"""Everybody who is signed in sets their own quiet hours."""

from __future__ import annotations

import pytest

from tests.api.pages.browsing import Web, seen
from tests.personas import Cast


@pytest.mark.parametrize("who", ["resident", "technician", "manager"])
def test_hours_are_set_and_given_up(web: Web, cast: Cast, who: str) -> None:
    browser = web.browser(getattr(cast, who))
    assert "Asia/Shanghai" in seen(browser.get("/quiet"))
    assert browser.post("/quiet", begins="22:00", ends="07:00").status_code == 303
    assert 'value="22:00"' in browser.get("/quiet").text
    assert browser.post("/quiet", begins="22:00", ends="").status_code == 422
    browser.post("/quiet", begins="22:00", ends="07:00", do="none")
    assert 'value="22:00"' not in browser.get("/quiet").text
