"""Facts become words at delivery: in the reader's language, within the platform's limits, cut on whole characters."""

from __future__ import annotations

from typing import Any

import pytest

from bot.cutting import shorten
from bot.messages import Limits
from bot.render import Setting, render
from tests.personas import NOW

FACTS = {"number": "WX-1", "category": "lift", "place": "A/1", "asset": "", "promised_at": NOW.isoformat()}
WIDE = Limits()


def said(kind: str, locale: str = "en", limits: Limits = WIDE, **facts: Any) -> str:
    names = {"en": "Lift", "zh_CN": "电梯"}
    setting = Setting(locale, "Asia/Shanghai", NOW, lambda _: names[locale])
    return render(kind, {**FACTS, **facts}, [], setting, limits, "").text


def test_a_message_is_in_the_readers_language_and_time() -> None:
    assert said("taken") == "Got it: Lift, A/1 (WX-1). Somebody will be there by 10:00."
    assert said("taken", "zh_CN").startswith("已收到")


@pytest.mark.parametrize(
    ("asset", "heard"),
    [("Lift, entrance 1", "Lift, entrance 1 "), ("Lift 2", "Lift, Lift 2 "), ("Lift", "Lift, Lift "),
     ("Liftgate", "Lift, Liftgate ")],
)  # fmt: skip
def test_a_thing_that_begins_with_its_kind_is_named_once(asset: str, heard: str) -> None:
    assert said("taken", asset=asset).startswith(f"Got it: {heard.rstrip()}, A/1 (")


def test_where_no_kind_is_said_a_thing_has_its_whole_name() -> None:
    told = said("arrived", asset="Lift, entrance 1", name="Wang")
    assert told.startswith("Wang has arrived and is working on Lift, entrance 1 (")
    assert said("confirmed", asset="Lift, entrance 1") == "WX-1 (Lift, entrance 1) was confirmed. Well done."


@pytest.mark.parametrize(
    ("place", "asset", "heard"),
    [("1号楼/1单元", "1单元电梯", "1号楼 1单元，电梯"), ("1号楼/1单元", "1单元门禁", "1号楼 1单元门禁，电梯"),
     ("1号楼/大厅", "客梯", "1号楼/大厅 客梯，电梯"), ("A/1", "1号客梯", "A/1 1号客梯，电梯"),
     ("大厅", "大厅客梯", "大厅客梯，电梯")],
)  # fmt: skip
def test_neither_a_place_nor_a_kind_is_said_twice(place: str, asset: str, heard: str) -> None:
    assert said("taken", "zh_CN", place=place, asset=asset).startswith(f"已收到：{heard}（工单")


def test_a_text_fits_the_platform_in_its_own_unit() -> None:
    text = said("note", "zh_CN", Limits(text=60, unit="bytes"), text="水管漏水了" * 40)
    assert len(text.encode()) <= 60
    assert text.endswith("…")


@pytest.mark.parametrize("unit", ["characters", "bytes", "utf16"])
@pytest.mark.parametrize("cluster", ["e\u0301", "👨\u200d👩\u200d👧", "👍\U0001f3fd", "1\ufe0f\u20e3"])
def test_no_cluster_is_torn(cluster: str, unit: str) -> None:
    for limit in range(4, 40):
        kept = shorten(cluster * 30, limit, unit)
        assert kept.removesuffix("…") in [cluster * times for times in range(31)]


def test_what_fits_is_not_touched() -> None:
    assert shorten("abc", 3, "characters") == "abc"
