"""Words for people: the right language, times as people say them, errors in full sentences."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core import i18n
from core.errors import Missing
from core.tickets.actions import MissingEvidence

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wishes", "locale"),
    [
        (["zh-CN"], "zh_CN"), (["zh-Hant-TW"], "zh_CN"), (["en-GB,en;q=0.9"], "en"), (["fr-FR, zh;q=0.5"], "zh_CN"),
        (["fr"], "en"), ([None], "zh_CN"), ([""], "zh_CN"), ([], "zh_CN"), ([None, "en"], "en"), (["en", "zh"], "en"),
    ],
)  # fmt: skip
def test_the_language_is_the_first_wish_that_we_speak(wishes: list[str | None], locale: str) -> None:
    assert i18n.choose(*wishes) == locale


def test_a_time_of_today_is_the_hour_alone_where_the_reader_is() -> None:
    soon = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
    assert i18n.local_time(soon, "Asia/Shanghai", "zh_CN", NOW) == "23:30"
    assert i18n.local_time(soon, "Asia/Tokyo", "en", NOW) == "21 Nov, 00:30"
    assert i18n.local_time(soon, "Asia/Tokyo", "zh_CN", NOW) == "11月21日 00:30"


def test_an_error_is_said_in_the_readers_language_with_its_facts() -> None:
    assert i18n.explain(Missing(field="field.reason"), "zh_CN") == "还缺原因，请补上。"
    lacking = MissingEvidence(missing=["evidence.after_photo", "evidence.code_scan"])
    for locale in i18n.LOCALES:
        said = i18n.explain(lacking, locale)
        assert "evidence." not in said
        assert i18n.listed(["a", "b"], locale).strip("ab") in said


def test_a_key_that_nobody_wrote_is_an_error() -> None:
    with pytest.raises(KeyError):
        i18n.translate("chat.never_written", "en")
