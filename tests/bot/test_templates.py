"""A template shows what has happened and where, in the few characters that it has."""

from __future__ import annotations

import pytest

from bot.channels._weixin_sending import template_of, values_of
from bot.cutting import ending
from bot.messages import Outgoing
from bot.render import Setting
from bot.templates import as_template, short
from core.i18n import LOCALES
from tests.house import source
from tests.house.test_translations import TELLING
from tests.personas import NOW

MOST = 20
TEMPLATE = template_of("news", "TM0000000001 thing1=state thing2=place thing3=text")


def shown(kind: str, text: str, place: str, locale: str) -> list[str]:
    setting = Setting(locale, "Asia/Shanghai", NOW, lambda key: key)
    message = as_template(Outgoing(text), kind, {"number": "WX-1", "place": place}, setting, "https://fix.example")
    return [one["value"] for one in values_of(TEMPLATE, message).values()]


def test_the_news_come_first_and_the_flat_stays() -> None:
    place = "Building 3/Entrance 2/302"
    told = shown("cancelled", f"{place} (WX-1) was cancelled: mistaken.", place, "en")
    assert told == ["cancelled", "…/Entrance 2/302", "cancelled: Building…"]
    assert shown("done", "3/302（WX-1）：已修好。", "3/302", "zh_CN") == [
        "已完成，请确认", "3/302", "已完成，请确认：3/302（WX-1）…",
    ]  # fmt: skip


def test_a_message_that_has_no_short_words_shows_its_beginning() -> None:
    assert shown("hello", "Hello there", "A/1", "en") == ["Hello there", "A/1", "Hello there"]


@pytest.mark.parametrize("locale", LOCALES)
def test_all_news_of_a_ticket_have_short_words(locale: str) -> None:
    told = {
        kind
        for _, call, name in source.calls("core/tickets")
        if (at := TELLING.get(name.rpartition(".")[2])) is not None and len(call.args) > at
        if (kind := source.text(call.args[at]))
    }
    assert told > {"cancelled", "done", "offer"}
    assert sorted(kind for kind in told if not 0 < len(short(kind, locale)) <= MOST) == []


@pytest.mark.parametrize(
    ("place", "end"),
    [("A/1", "A/1"), ("Building 3/Entrance 2/302", "…/302"), ("a long name without parts", "…hout parts"),
     ("x" * 9 + "e\u0301" + "y" * 10, "…yyyyyyyyyy"), ("an endless flat/", "…less flat/")],
)  # fmt: skip
def test_an_address_is_cut_from_the_left(place: str, end: str) -> None:
    assert ending(place, 11, "characters") == end
