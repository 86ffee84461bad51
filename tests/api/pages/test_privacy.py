"""The page about privacy, and the choice of language."""

from __future__ import annotations

import pytest

from core.database import Database
from tests.api.pages.browsing import Web, digest_of


@pytest.mark.parametrize(("language", "said"), [("en", "What is kept"), ("zh-CN", "保存哪些内容")])
def test_privacy_is_told_in_both_languages(web: Web, language: str, said: str) -> None:
    assert said in web.browser(language=language).get("/privacy").text


def test_a_chosen_language_stays_and_leads_back(web: Web, db: Database) -> None:
    browser = web.browser()
    before = digest_of(db)
    answer = browser.post("/language", lang="zh_CN", next="/privacy")
    assert answer.headers["location"] == "/privacy"
    assert 'lang="zh-CN"' in browser.get("/privacy").text
    assert digest_of(db) == before


def test_a_language_of_elsewhere_changes_nothing(web: Web) -> None:
    answer = web.browser().post("/language", lang="xx", next="https://evil.example")
    assert "set-cookie" not in answer.headers
    assert answer.headers["location"] == "/"
