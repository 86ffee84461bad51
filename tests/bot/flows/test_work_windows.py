"""Times for appointments as people type them, on a Friday at ten in Shanghai."""

from __future__ import annotations

import pytest

from bot.flows._work_windows import read, usual
from core import i18n
from tests.personas import NOW

ZONE = "Asia/Shanghai"


def told(text: str) -> str:
    window = read(text, NOW, ZONE)
    assert window is not None
    start, end = (i18n.full_time(moment, ZONE, "en") for moment in window)
    return f"{start}-{end[-5:]}"


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("明天 14:00-16:00", "2026-11-21 14:00-16:00"),
        ("明天下午3点到5点", "2026-11-21 15:00-17:00"),
        ("明天上午10点半", "2026-11-21 10:30-11:30"),
        ("后天十点到十二点", "2026-11-22 10:00-12:00"),
        ("今天下午", "2026-11-20 14:00-17:00"),
        ("11月22日上午", "2026-11-22 09:00-12:00"),
        ("周三 9点半到11点", "2026-11-25 09:30-11:00"),
        ("明天下午2点可以吗", "2026-11-21 14:00-15:00"),
        ("tomorrow 2-4pm", "2026-11-21 14:00-16:00"),
        ("Sat 10-2pm", "2026-11-21 10:00-14:00"),
        ("tomorrow 11-1", "2026-11-21 11:00-13:00"),
        ("Tuesday between 2 and 4pm", "2026-11-24 14:00-16:00"),
        ("22 Nov 9:00-11:00", "2026-11-22 09:00-11:00"),
        ("14:00~16:00", "2026-11-20 14:00-16:00"),
        ("9-11", "2026-11-21 09:00-11:00"),
        ("1/15 9:00-10:00", "2027-01-15 09:00-10:00"),
    ],
)
def test_a_time_in_words_is_a_window(text: str, window: str) -> None:
    assert told(text) == window


@pytest.mark.parametrize(
    "text", ["", "下周", "the lift", "3号楼", "13800138000", "2月30日 9-10", "25:00-26:00", "今天 8:00-9:00", "9 10 11"]
)
def test_what_is_no_time_or_has_passed_is_none(text: str) -> None:
    assert read(text, NOW, ZONE) is None


def test_the_usual_windows_are_the_next_four_that_have_not_begun() -> None:
    assert [name for name, _, _ in usual(NOW, ZONE)] == [
        "window.today_afternoon", "window.tomorrow_morning", "window.tomorrow_afternoon",
        "window.after_tomorrow_morning",
    ]  # fmt: skip
