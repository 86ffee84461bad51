"""The page that says what could not be done leads back to where one came from, and to no other site."""

from __future__ import annotations

import pytest

from tests.api.pages.browsing import URL, Web


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        (f"{URL}/q/LIFT-1?report=1", "/q/LIFT-1?report=1"),
        ("https://evil.example/q/LIFT-1", ""),
        (f"{URL}//evil.example", ""),
        (f"{URL}/nothing/here", ""),
        ("", ""),
    ],
)
def test_a_problem_leads_back_to_the_page_before(web: Web, referer: str, back: str) -> None:
    page = web.browser().get("/nothing/here", headers={"referer": referer})
    assert page.status_code == 404
    assert ("Go back" in page.text) == bool(back)
    assert f'href="{back}"' in page.text if back else "evil" not in page.text
