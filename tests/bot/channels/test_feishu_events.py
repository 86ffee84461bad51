"""What Feishu's events mean to us."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.channels._feishu_events import parse_event
from bot.messages import Incoming
from core import clock
from tests.fakes.feishu_callbacks import APP_ID, BOT, Callbacks

LI, GROUP = "ou_li", "oc_group"
USER = {"key": "@_user_2", "id": {"open_id": "ou_wang"}, "name": "Wang", "mentioned_type": "user"}
make = Callbacks()


def read(event: dict[str, Any]) -> Incoming | None:
    found = parse_event(event, APP_ID)
    return found[0] if found else None


def said(kind: str, content: Any, **given: Any) -> tuple[str, str, list[str]]:
    """The kind of a message, its words, and what it carries without the message's own id."""
    found = read(make.message(LI, kind, content, **given))
    assert found is not None
    return found.kind, found.text, [one.reference.replace(found.dedupe_key, "om") for one in found.media]


def line(*pieces: dict[str, str]) -> list[list[dict[str, str]]]:
    return [list(pieces)]


WORDS = {"tag": "text", "text": "see"}
LINK = {"tag": "a", "text": "here", "href": "https://x.org/q/A1"}
SAME = {"tag": "a", "text": "https://x.org", "href": "https://x.org"}
PICTURE = {"tag": "img", "image_key": "img_1"}


@pytest.mark.parametrize(
    ("kind", "content", "expected"),
    [
        ("text", {"text": " 漏水\x00 "}, ("text", "漏水", [])),
        ("text", {"text": "  "}, ("unknown", "", [])),
        ("post", {"title": "T", "content": line(WORDS, LINK)}, ("text", "T\nseehere https://x.org/q/A1", [])),
        ("post", {"title": "", "content": line(SAME)}, ("text", "https://x.org", [])),
        ("post", {"content": [[PICTURE], [PICTURE, WORDS]]}, ("image", "see", ["image:om:img_1", "image:om:img_1"])),
        ("post", {"title": "", "content": []}, ("unknown", "", [])),
        ("image", {"image_key": "img_1"}, ("image", "", ["image:om:img_1"])),
        ("audio", {"file_key": "f", "duration": 1}, ("voice", "", ["file:om:f"])),
        ("file", {"file_key": "f", "file_name": "A.JPG"}, ("image", "", ["file:om:f"])),
        ("file", {"file_key": "f", "file_name": "a.pdf"}, ("file", "", [])),
        ("media", {"file_key": "f", "file_name": "a.mp4"}, ("file", "", [])),
        ("location", {"name": "x", "longitude": "120", "latitude": "north"}, ("unknown", "", [])),
        ("location", {"longitude": "120", "latitude": "nan"}, ("unknown", "", [])),
        ("location", {"longitude": "181", "latitude": "30"}, ("unknown", "", [])),
        ("image", {}, ("unknown", "", [])),
        ("image", {"image_key": None}, ("unknown", "", [])),
        ("text", {"text": None}, ("unknown", "", [])),
        ("text", [], ("unknown", "", [])),
        ("share_user", {"user_id": "ou_x"}, ("unknown", "", [])),
        ("a_kind_of_tomorrow", {}, ("unknown", "", [])),
    ],
)
def test_every_kind_of_message_is_read_and_what_cannot_be_is_unknown(kind: str, content: Any, expected: Any) -> None:
    assert said(kind, content) == expected


def test_who_wrote_where_and_when() -> None:
    with clock.at(clock.now().replace(microsecond=0)):
        event = make.text(LI, "漏水")
        found = read(event)
        assert found is not None
        assert (found.conversation, found.sender, found.sender_kind, found.is_group) == (
            LI, LI, "feishu_open_id", False,
        )  # fmt: skip
        assert found.sent_at == clock.now()
        assert found.dedupe_key == event["event"]["message"]["message_id"]


def test_a_group_is_heard_when_it_names_us_and_the_name_is_no_part_of_the_words() -> None:
    found = read(make.text(LI, "漏水", group=GROUP))
    assert found is not None
    assert (found.conversation, found.is_group, found.text) == (GROUP, True, "漏水")
    assert read(make.message(LI, "text", {"text": "lunch?"}, group=GROUP)) is None
    assert read(make.message(LI, "text", {"text": "@_user_2 lunch?"}, group=GROUP, mentions=[USER])) is None
    words = {"text": "@_user_1 ask @_user_2 and @_user_10"}
    tenth = {**USER, "key": "@_user_10", "name": "Sun"}
    assert said("text", words, group=GROUP, mentions=[BOT, USER, tenth])[1] == "ask @Wang and @Sun"
    at = line({"tag": "at", "user_id": "@_user_1"}, {"tag": "at", "user_id": "@_user_2"}, WORDS)
    assert said("post", {"content": at}, group=GROUP, mentions=[BOT, USER])[1] == "@Wangsee"


def test_other_bots_and_what_nobody_says_are_nothing() -> None:
    event = make.text(LI, "x")
    event["event"]["sender"]["sender_type"] = "app"
    assert read(event) is None
    assert read(make.event("im.message.reaction.created_v1", {"message_id": "om_1"})) is None
    assert read(make.event("im.message.receive_v1", {"message": {}})) is None
    assert read(make.event("card.action.trigger", {"action": {}})) is None


@pytest.mark.parametrize("nobody", [None, "", 7, {}])
def test_what_names_nobody_is_nothing(nobody: Any) -> None:
    event, tap = make.text(LI, "x"), make.tap(LI, "om_1", {"token": "t"})
    event["event"]["sender"]["sender_id"]["open_id"] = tap["event"]["operator"]["open_id"] = nobody
    assert (read(event), read(tap)) == (None, None)


def test_a_tap_in_a_group_stays_in_the_group_and_one_without_a_token_is_unknown() -> None:
    found = read(make.tap(LI, "om_1", {"token": "t", "chat": GROUP}))
    assert found is not None
    assert (found.kind, found.conversation, found.sender, found.is_group) == ("action", GROUP, LI, True)
    private = read(make.tap(LI, "om_1", {"token": "t", "chat": "ou_wang"}))  # a card that was shown to somebody else
    assert private is not None
    assert (private.conversation, private.is_group, private.message) == (LI, False, "om_1")
    values: list[Any] = ["text", {}, None]
    for value in values:
        unknown = read(make.tap(LI, "om_1", value))
        assert unknown is not None
        assert (unknown.kind, unknown.takes_reply) == ("unknown", False)


@pytest.mark.parametrize("kind", ["im.chat.member.bot.deleted_v1", "im.chat.disbanded_v1"])
@pytest.mark.parametrize("operator", [{"open_id": "ou_sun"}, None])
def test_a_group_that_has_put_us_out_is_left(kind: str, operator: Any) -> None:
    told = {"chat_id": GROUP, "operator_id": operator, "name": "Crew"}
    found = read(make.event(kind, told))
    assert found is not None
    assert (found.kind, found.conversation, found.is_group, found.group_name) == ("unfollow", GROUP, True, "Crew")


def test_who_leaves_the_company_has_left() -> None:
    found = read(make.event("contact.user.deleted_v3", {"object": {"open_id": LI, "name": "Li"}, "old_object": {}}))
    assert found is not None
    assert (found.kind, found.sender, found.conversation) == ("left", LI, LI)


def test_who_opens_the_chat_for_the_first_time_is_greeted_once() -> None:
    opened = "im.chat.access_event.bot_p2p_chat_entered_v1"
    told = {"chat_id": "oc_1", "operator_id": {"open_id": LI}}
    first, again = read(make.event(opened, told)), read(make.event(opened, told))
    assert first is not None
    assert (first.kind, first.conversation) == ("follow", LI)
    assert first == again
    assert read(make.event(opened, {**told, "last_message_id": "om_1"})) is None


def test_an_entry_of_the_menu_is_a_command() -> None:
    told = {"operator": {"operator_id": {"open_id": LI}}, "event_key": "work", "timestamp": 1}
    found = read(make.event("application.bot.menu_v6", told))
    assert found is not None
    assert (found.kind, found.command, found.conversation) == ("command", "work", LI)
    assert read(make.event("application.bot.menu_v6", {**told, "event_key": "No Command"})) is None


def test_what_is_written_long_ago_says_so() -> None:
    with clock.at(clock.now() - timedelta(hours=1)):
        event = make.text(LI, "x")
    found = read(event)
    assert found is not None
    assert found.sent_at is not None
    assert clock.now() - found.sent_at >= timedelta(hours=1)
