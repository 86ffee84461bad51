"""What the robot says, as its reader sees it in DingTalk, and what delivery learns when it is not taken."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.channels._dingtalk_markdown import escaped
from bot.messages import Button, Outgoing, SendError
from core.database import Database
from core.storage import Storage, key_of
from tests.bot.channels.dingtalk_office import CANARY, KEY, Office, office_of
from tests.fakes.dingtalk import ROBOT_TOKEN, SECRET, refused, silence, throttled
from tests.fakes.dingtalk_api import shown
from tests.fakes.dingtalk_callbacks import GROUP
from tests.fakes.dingtalk_http import Told
from tests.pictures import corners, encoded

PHOTO = key_of("ab" * 32, ".screen.jpg")
SEE, HELP = Button("看", url="https://x.org/t/1"), Button("帮助", url="https://x.org/h")
ACCEPT, DECLINE = Button("接单", "t" * 40), Button("退单", "u" * 40)
TEXTS = [
    "# 1 not a heading", "- a\n- b", "1. a\n2) b", "> a", "a_b_c _d_ **e** `f` ~~g~~", "[a](http://b.c) <b>d</b>",
    "a\nb\n\nc", "    four spaces", "\\a &amp; ![x](y)", "===\n---", "https://x.org/t/a_b-c?d=e&f=g", "| a | b |",
    "+86",
]  # fmt: skip


@pytest.fixture
def office(sqlite_db: Database, storage: Storage, runner: asyncio.Runner) -> Iterator[Office]:
    with office_of(sqlite_db, storage, runner) as found:
        yield found


def failure(office: Office, message: Outgoing, to: str = "li01") -> SendError:
    with pytest.raises(SendError) as caught:
        office.send(message, to)
    told = repr(caught.getrepr(chain=True, showlocals=False)) + caught.value.said
    assert CANARY not in told
    return caught.value


@pytest.mark.parametrize("text", TEXTS)
def test_markdown_reads_as_it_was_written(text: str) -> None:
    assert shown(escaped(text))[0] == text.strip()


def test_links_are_buttons_of_a_card_and_taps_need_a_template(office: Office) -> None:
    office.send(Outgoing("*漏水*\n3 号楼", (SEE,)))
    office.send(Outgoing("漏水", (SEE, HELP, SEE)))
    office.send(Outgoing("你好"))
    one, three, plain = office.dingtalk.messages("li01")
    assert (one.kind, one.text, one.buttons) == ("sampleActionCard", "*漏水*\n3 号楼", [("看", SEE.url)])
    assert (three.kind, three.labels) == ("sampleActionCard3", ["看", "帮助", "看"])
    assert (plain.kind, plain.text) == ("sampleText", "你好")
    assert (office.links.limits.has_taps, office.links.limits.has_edits, office.links.limits.buttons) == (
        False,
    ) * 2 + (5,)


def test_a_picture_stands_above_its_words_and_an_erased_or_refused_one_is_left_out(office: Office) -> None:
    office.storage.put(PHOTO, data := encoded(corners(), "JPEG"))
    office.send(Outgoing("修好了", photo=PHOTO))
    office.send(Outgoing("修好了", photo=key_of("cd" * 32, ".screen.jpg")))
    office.dingtalk.fail("upload", Told({"errcode": 40004, "errmsg": "不合法的媒体文件类型"}))
    office.send(Outgoing("修好了", photo=PHOTO))
    with_it, *without = office.dingtalk.messages("li01")
    assert (with_it.kind, with_it.text) == ("sampleMarkdown", "修好了")
    assert office.dingtalk.api.media[with_it.photo] == data
    assert [(one.kind, one.photo) for one in without] == [("sampleText", "")] * 2


def test_a_group_reads_what_is_sent_to_it_and_one_that_is_dissolved_is_gone(office: Office) -> None:
    office.send(Outgoing("您好"), f"group:{GROUP}")
    office.send(Outgoing("接?", (ACCEPT,)), f"group:{GROUP}", office.cards)
    text, card = office.dingtalk.messages(GROUP)
    assert (text.text, card.labels, card.track) == ("您好", ["接单"], f"{KEY}~{GROUP}")
    office.dingtalk.api.gone.add(GROUP)
    error = failure(office, Outgoing("您好"), f"group:{GROUP}")
    assert (error.code, error.stop_contact) == ("gone", True)
    assert office.links.limits.is_group(f"group:{GROUP}")
    assert not office.links.limits.is_group("cidli01")


def test_a_card_comes_with_its_buttons_and_is_changed_in_its_place(office: Office) -> None:
    name = office.send(Outgoing("漏水", (ACCEPT, DECLINE, SEE)), channel=office.cards)
    [card] = office.dingtalk.messages("li01")
    assert (card.track, name) == (KEY, f"card:{KEY}")
    assert card.buttons == [("接单", "t" * 40), ("退单", "u" * 40), ("看", SEE.url)]
    assert office.send(Outgoing("", replaces=name), channel=office.cards, key="2") == name
    assert (card.text, card.buttons, card.edits) == ("漏水", [], 1)
    assert office.send(Outgoing("已接单", (SEE,), replaces=name), channel=office.cards, key="3") == name
    assert (card.text, card.labels, card.edits) == ("已接单", ["看"], 2)


def test_a_card_that_was_sent_before_has_arrived(office: Office) -> None:
    names = [office.send(Outgoing("漏水", (ACCEPT,)), channel=office.cards) for _ in range(2)]
    assert names == [f"card:{KEY}"] * 2
    assert len(office.dingtalk.messages("li01")) == 1


def test_what_cannot_be_changed_any_more_is_said_anew(office: Office) -> None:
    name = office.send(Outgoing("漏水", (ACCEPT,)), channel=office.cards)
    office.dingtalk.fail("/card/instances", refused("param.cardNotExist"))
    again = office.send(Outgoing("已接单", (SEE,), replaces=name), channel=office.cards, key="2")
    assert again == "card:2"
    assert office.send(Outgoing("", replaces="q1")) == "q1"
    assert [one.text for one in office.dingtalk.messages("li01")] == ["漏水", "已接单"]


def test_a_card_that_its_reader_does_not_get_is_refused(office: Office) -> None:
    office.dingtalk.api.left.add("li01")
    with pytest.raises(SendError) as caught:
        office.send(Outgoing("?", (ACCEPT,)), channel=office.cards)
    assert (caught.value.code, caught.value.said) == ("refused", "not in space")
    with pytest.raises(SendError) as caught:
        office.send(Outgoing("?", (ACCEPT,)), channel=office.open(template="of-somebody-else"))
    assert caught.value.said == "卡片模板不存在"


def test_a_spent_token_is_fetched_again_for_both_interfaces(office: Office) -> None:
    office.storage.put(PHOTO, encoded(corners(), "JPEG"))
    office.send(Outgoing("1"))
    office.dingtalk.expire()
    office.send(Outgoing("2"))
    office.dingtalk.expire()
    office.send(Outgoing("3", photo=PHOTO))
    assert [one.text for one in office.dingtalk.messages("li01")] == ["1", "2", "3"]
    assert len(office.dingtalk.called("accessToken")) == 3


def test_one_reader_who_gets_too_much_or_has_left_is_told_apart(office: Office) -> None:
    office.dingtalk.api.busy.add("li01")
    busy = failure(office, Outgoing("您好"))
    office.dingtalk.api.left.add("wang")
    gone = failure(office, Outgoing("您好"), "wang")
    assert (busy.code, busy.retryable, busy.after) == ("throttled", True, timedelta(minutes=1))
    assert (gone.code, gone.stop_contact) == ("gone", True)


def test_what_dingtalk_says_no_to_is_explained(office: Office) -> None:
    office.dingtalk.fail("batchSend", throttled(), refused(message=f"参数 {SECRET}"), silence())
    slow, no = (failure(office, Outgoing("您好")) for _ in range(2))
    office.links = office.open(patience=0.4)
    lost = failure(office, Outgoing("您好"))
    assert (slow.code, slow.retryable, slow.after) == ("throttled", True, timedelta(seconds=2))
    assert (no.code, no.retryable, no.said) == ("refused", False, "参数 …")
    assert (lost.code, lost.is_unknown) == ("timeout", True)


def test_a_robot_of_a_group_is_signed_and_says_links_as_buttons(office: Office) -> None:
    [(room, name)] = office.links.rooms().items()
    office.send(Outgoing("日报 *1*", (SEE, ACCEPT)), room)
    office.send(Outgoing("日报"), room)
    assert (room, name, office.links.limits.is_group(room)) == ("group:robot:desk", "desk", True)
    card, text = office.dingtalk.messages(ROBOT_TOKEN)
    assert (card.kind, card.text, card.buttons) == ("actionCard", "日报 *1*", [("看", SEE.url)])
    assert (text.kind, text.text) == ("text", "日报")
    assert failure(office, Outgoing("x"), "group:robot:nobody").code == "gone"


def test_a_robot_that_said_too_much_rests_ten_minutes(office: Office) -> None:
    office.dingtalk.api.spoken[ROBOT_TOKEN] = [time.monotonic()] * 19
    office.send(Outgoing("日报"), "group:robot:desk")
    error = failure(office, Outgoing("日报"), "group:robot:desk")
    assert (error.code, error.retryable, error.after) == ("throttled", True, timedelta(minutes=10))
