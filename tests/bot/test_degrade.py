"""The same message on each platform of the table: taps, links to a page, numbers, words, in this order."""

from __future__ import annotations

from typing import Any

import pytest

from bot.cutting import shorten, size
from bot.messages import Limits, Outgoing
from bot.render import Setting, render
from core.database import Database
from tests.bot.hooked import Desk
from tests.fakes.courier import Courier
from tests.personas import NOW, Cast

# The table of what platforms can do, as their channels will say it.
TELEGRAM = Limits(text=4096, unit="utf16")
WECHAT = Limits(text=2048, unit="bytes", has_taps=False, has_links=False)
WECOM = Limits(text=2048, unit="bytes", buttons=6)
WECOM_ROBOT = Limits(text=2048, unit="bytes", has_taps=False, buttons=1, has_replies=False)
DINGTALK_ROBOT = Limits(text=20_000, unit="bytes", has_taps=False, has_replies=False)
DINGTALK_LINKS = Limits(text=20_000, unit="bytes", has_taps=False)
FEISHU = Limits(text=30_000, unit="bytes")
MINI_PROGRAM = Limits(text=200, has_taps=False, buttons=1, has_replies=False)
WORDS_ALONE = Limits(text=500, has_taps=False, has_links=False, has_replies=False)

PAGE = "https://fix.example/w/abc"
BOARD = "https://fix.example/desk"
Buttons = list[tuple[str, dict[str, Any]]]
OFFER: Buttons = [("work.accept", {}), ("work.decline", {})]
HEAD = "新工单：漏水"


def said(
    buttons: Buttons, limits: Limits, *, url: str = "", text: str = HEAD, locale: str = "zh_CN", page: str = PAGE
) -> Outgoing:  # fmt: skip
    """A message with buttons, and behind them a link of its own."""
    kept = [
        {"action": action, "facts": facts, "label": "", "text": facts.get("named", ""), "url": "", "row": 0}
        for action, facts in buttons
    ]
    if url:
        kept.append({"action": "digest.board", "facts": {}, "label": "", "text": "", "url": url, "row": 1})
    setting = Setting(locale, "Asia/Shanghai", NOW, str, page)
    return render("note", {"number": "", "text": text}, [(one, "t" * 36) for one in kept], setting, limits)


def brief(message: Outgoing) -> tuple[str, list[tuple[str, str]]]:
    """What stands below the first line, and each button with where it leads."""
    _, _, below = message.text.partition(HEAD)
    return below.strip(), [(one.label, one.url or "tap") for one in message.buttons]


@pytest.mark.parametrize(
    ("limits", "below", "buttons"),
    [
        (TELEGRAM, "", [("接单", "tap"), ("退单", "tap")]),
        (WECHAT, "回复 1 接单 / 2 退单", []),
        (WECOM, "", [("接单", "tap"), ("退单", "tap")]),
        (WECOM_ROBOT, "", [("接单", PAGE)]),
        (DINGTALK_ROBOT, "", [("接单", PAGE), ("退单", PAGE)]),
        (DINGTALK_LINKS, "", [("接单", PAGE), ("退单", PAGE)]),
        (FEISHU, "", [("接单", "tap"), ("退单", "tap")]),
        (MINI_PROGRAM, "", [("接单", PAGE)]),
        (WORDS_ALONE, f"接单：{PAGE}", []),
    ],
)  # fmt: skip
def test_an_offer_can_be_taken_everywhere(limits: Limits, below: str, buttons: list[tuple[str, str]]) -> None:
    assert brief(said(OFFER, limits)) == (below, buttons)


@pytest.mark.parametrize(
    ("limits", "below", "buttons"),
    [
        (TELEGRAM, "", ["tap"] * 8),
        (WECHAT, "请回复数字：\n1 A\n2 B\n3 C\n4 D\n5 E\n6 F\n7 G\n8 H", []),
        (WECOM, "请回复数字：\n1 A\n2 B\n3 C\n4 D\n5 E\n6 F\n7 G\n8 H", []),  # a card has six buttons
        (DINGTALK_LINKS, "请回复数字：\n1 A\n2 B\n3 C\n4 D\n5 E\n6 F\n7 G\n8 H", []),  # no page can answer that
        (WECOM_ROBOT, PAGE, []),
    ],
)  # fmt: skip
def test_a_question_in_a_dialogue_is_answered_by_number(limits: Limits, below: str, buttons: list[str]) -> None:
    message = said([("report.place", {"named": name}) for name in "ABCDEFGH"], limits)
    assert (brief(message)[0].replace(f"：{PAGE}", PAGE), [url for _, url in brief(message)[1]]) == (below, buttons)
    assert message.numbered == (tuple(range(8)) if "1 A" in below else ())


def test_a_choice_that_begins_with_its_number_is_numbered_once() -> None:
    numbered: Buttons = [("report.place", {"named": name}) for name in ("1 ★", "2. WX-2", "30 cm")]
    assert brief(said(numbered, WECHAT))[0] == "回复 1 ★ / 2. WX-2 / 3 30 cm"


@pytest.mark.parametrize(
    ("limits", "below", "buttons"),
    [
        (TELEGRAM, "", [("打开看板", BOARD)]),
        (WECHAT, f"打开看板：{BOARD}", []),
        (WECOM_ROBOT, "", [("打开看板", BOARD)]),
        (WORDS_ALONE, f"打开看板：{BOARD}", []),
    ],
)  # fmt: skip
def test_a_link_is_a_button_or_words_with_its_address(
    limits: Limits, below: str, buttons: list[tuple[str, str]]
) -> None:
    label = said([], TELEGRAM, url=BOARD).buttons[0].label
    expected = [(label, url) for _, url in buttons]
    assert brief(said([], limits, url=BOARD)) == (below.replace("打开看板", label), expected)


def test_a_link_that_finds_no_room_among_the_buttons_is_said_in_words() -> None:
    message = said(OFFER, WECOM_ROBOT, url=BOARD)
    assert [one.url for one in message.buttons] == [PAGE]
    assert BOARD in message.text


def test_a_number_counts_taps_alone_and_keeps_the_place_of_its_button() -> None:
    kept = [("work.accept", {}), ("report.place", {"named": "A"}), ("report.place", {"named": "B"})]
    message = said(kept, DINGTALK_LINKS)
    assert [one.url for one in message.buttons] == [PAGE]
    assert message.numbered == (1, 2)
    assert message.text.endswith("回复 1 A / 2 B")


def test_a_button_of_a_list_is_about_another_ticket_than_the_page() -> None:
    message = said([("track.show", {"ticket": "x", "named": "WX-1"})], DINGTALK_LINKS)
    assert (message.buttons, message.numbered) == ((), (0,))


@pytest.mark.parametrize("locale", ["en", "zh_CN"])
@pytest.mark.parametrize("unit", ["characters", "bytes", "utf16"])
@pytest.mark.parametrize("limit", [90, 150, 300, 2048])
def test_long_words_are_cut_and_neither_numbers_nor_addresses(limit: int, unit: Any, locale: str) -> None:
    limits = Limits(text=limit, unit=unit, has_taps=False, has_links=False)
    message = said(OFFER, limits, url=BOARD, text="水管漏水了👨‍👩‍👧‍👦" * 400, locale=locale)
    assert size(message.text, unit) <= limit
    assert BOARD in message.text
    assert all(f"{number} " in message.text for number in (1, 2))
    assert message.numbered == (0, 1)


def test_many_long_choices_are_shortened_together_before_any_is_lost() -> None:
    names = [f"{number} 号楼 2 单元 3 层配电间旁边的消防栓" for number in range(20)]
    limits = Limits(text=600, unit="bytes", has_taps=False)
    message = said([("report.place", {"named": name}) for name in names], limits)
    assert size(message.text, "bytes") <= 600
    assert "\n20 19" in message.text


def test_an_address_in_the_words_survives_their_being_cut() -> None:
    setting = Setting("en", "Asia/Shanghai", NOW, str)
    url = "https://fix.example/privacy"
    for limit in range(60, 400, 20):
        shown = render("privacy", {"url": url}, [], setting, Limits(text=limit))
        assert url in shown.text
        assert size(shown.text, "characters") <= limit


@pytest.mark.parametrize("cluster", ["🇨🇳", "🏴\U000e0067\U000e0062\U000e007f", "👩🏽‍🚒", "क्षि", "กำ", "é", "1️⃣", "\r\n"])
def test_no_flag_family_or_letter_with_marks_is_torn(cluster: str) -> None:
    for limit in range(3, 80):
        kept = shorten(cluster * 20, limit, "utf16").removesuffix("…")
        assert kept.rstrip() in [(cluster * times).rstrip() for times in range(21)]


def test_what_has_no_room_for_an_ellipsis_is_empty() -> None:
    assert shorten("工单", 2, "bytes") == ""


def test_a_page_is_made_once_and_for_its_reader_alone(db: Database, cast: Cast) -> None:
    """A message that is written twice must not leave two keys to the same ticket."""
    desk = Desk(db, Courier(limits=DINGTALK_ROBOT))
    number = desk.report(cast)
    desk.deliver()
    pages = [one.url for _, message in desk.channel.said for one in message.buttons if "/w/" in one.url]
    assert pages
    assert desk.opened_by(pages[0]) == (number, cast.technician)
