"""What people send to the robot, as our messages; also what DingTalk's own SDK throws on."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import dingtalk_stream  # type: ignore[import-untyped]
import pytest

from bot.channels._dingtalk_messages import parse_message, parse_tap
from bot.channels._dingtalk_stream import parse_frame
from bot.messages import Incoming, Media
from core.errors import Invalid
from tests.fakes.dingtalk import CLIENT, ROBOT, Callbacks, Member
from tests.fakes.dingtalk_callbacks import GROUP

LI, GUEST = Member("li01", "Li"), Member("", "Guest")
MAKE = Callbacks()
CODE = {"downloadCode": "c1"}


def read(data: dict[str, Any]) -> Incoming:
    [found] = parse_message(data, CLIENT, ROBOT)
    return found


def test_a_private_chat_is_named_by_the_person() -> None:
    said = MAKE.text(LI, "电梯坏了") | {"createAt": 1_795_190_400_123}
    found = read(said)
    assert (found.kind, found.text, found.dedupe_key) == ("text", "电梯坏了", said["msgId"])
    assert (found.conversation, found.sender, found.sender_kind, found.sender_name) == (
        "li01",
        "li01",
        "ding_userid",
        "Li",
    )
    assert (found.account, found.is_group, found.sent_at) == (
        CLIENT,
        False,
        datetime(2026, 11, 20, 16, 0, 0, 123000, UTC),
    )


def test_a_group_is_named_by_itself_and_a_guest_by_the_sender() -> None:
    found = read(MAKE.text(GUEST, "/digest", GROUP))
    assert (found.conversation, found.is_group, found.group_name) == (f"group:{GROUP}", True, "3 号楼")
    assert (found.text, found.sender_kind, found.sender) == ("/digest", "ding_sender_id", "$:LWCP_v1:$Guest")


@pytest.mark.parametrize(
    ("text", "locale"),
    [
        ("电梯坏了", "zh-CN"),
        ("The lift is stuck", "en"),
        ("/help", "zh-CN"),
        ("A1B2", "zh-CN"),
        ("lift 坏了 again", "zh-CN"),
    ],
)
def test_a_first_language_is_guessed_from_sentences_alone(text: str, locale: str) -> None:
    assert read(MAKE.text(LI, text)).locale == read(MAKE.rich(LI, text, "c1")).locale == locale


@pytest.mark.parametrize(
    ("data", "kind", "text", "media"),
    [
        (MAKE.rich(LI, "漏水", "c1", "c2"), "image", "漏水", ("c1", "c2")),
        (MAKE.rich(LI, "漏水"), "text", "漏水", ()),
        (MAKE.picture(LI, "c1"), "image", "", ("c1",)),
        (MAKE.message(LI, "picture", content={"pictureDownloadCode": "p1"}), "image", "", ("p1",)),
        (MAKE.message(LI, "picture", content=json.dumps(CODE)), "image", "", ("c1",)),
        (MAKE.audio(LI, "c1", "电梯不动"), "voice", "电梯不动", ("c1",)),
        (MAKE.audio(LI, "c1"), "voice", "", ("c1",)),
        (MAKE.file(LI, "c1", "现场.JPG"), "image", "", ("c1",)),
        (MAKE.file(LI, "c1", "a.pdf"), "file", "", ()),
        (MAKE.message(LI, "video", content={**CODE, "videoType": "mp4"}), "file", "", ()),
        (MAKE.message(LI, "location", content={"latitude": 30}), "unknown", "", ()),
        (MAKE.message(LI, "unknownMsgType"), "unknown", "", ()),
        (MAKE.text(LI, "  "), "unknown", "", ()),
        (MAKE.text(LI, "a\x00b"), "text", "ab", ()),
    ],
)
def test_every_kind_is_a_message(data: dict[str, Any], kind: str, text: str, media: tuple[str, ...]) -> None:
    found = read(data)
    files = tuple(Media("voice" if kind == "voice" else "photo", code) for code in media)
    assert (found.kind, found.text, found.media) == (kind, text, files)


ODD: list[dict[str, Any]] = [
    {"msgtype": "text"},
    {"msgtype": "text", "text": None},
    {"msgtype": "text", "text": {"content": None}},
    {"msgtype": "picture"},
    {"msgtype": "picture", "content": {}},
    {"msgtype": "richText", "content": {"richText": None}},
    {"msgtype": "richText", "content": {"richText": ["x", {}, {"text": 5}]}},
    {"msgtype": "audio", "content": "no json"},
    {"msgtype": "picture", "content": ["x"]},
    {"hostingContext": {}, "msgtype": "sticker"},
    {"conversationMsgContext": [{}], "msgtype": None},
    {"sessionWebhookExpiredTime": None, "atUsers": None, "msgtype": {}},
]


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_odd_bodies_are_unknown_messages_of_their_sender(odd: dict[str, Any]) -> None:
    found = read({**MAKE.text(LI, ""), "text": None, **odd})
    assert (found.kind, found.sender, found.conversation) == ("unknown", "li01", "li01")


def test_the_sdk_throws_on_several_of_them() -> None:
    thrown = 0
    for odd in ODD:
        try:
            dingtalk_stream.ChatbotMessage.from_dict({**MAKE.text(LI, ""), "text": None, **odd})
        except Exception:  # noqa: BLE001 - whatever it throws
            thrown += 1
    assert thrown >= 4


def test_what_has_no_sender_or_number_is_no_callback_and_another_robots_is_left_out() -> None:
    for missing in ({"msgId": ""}, {"senderStaffId": None, "senderId": None}):
        with pytest.raises(Invalid):
            parse_message({**MAKE.text(LI, "x"), **missing}, CLIENT, ROBOT)
    assert parse_message(MAKE.text(LI, "x") | {"robotCode": "another"}, CLIENT, ROBOT) == []
    assert parse_message(MAKE.text(LI, "x") | {"robotCode": None}, CLIENT, ROBOT) != []


def test_a_tap_names_its_button_and_its_card() -> None:
    [tap] = parse_tap(MAKE.tap(LI, "row-1", "t1"), CLIENT, "k")
    assert (tap.kind, tap.action, tap.message, tap.conversation, tap.dedupe_key) == (
        "action",
        "t1",
        "card:row-1",
        "li01",
        "k",
    )
    [there] = parse_tap(MAKE.tap(LI, f"row-1~{GROUP}", "t1"), CLIENT, "k")
    assert (there.conversation, there.is_group, there.message) == (f"group:{GROUP}", True, f"card:row-1~{GROUP}")


def test_the_tap_of_the_documentation_is_understood() -> None:
    """https://open.dingtalk.com/document/development/event-callback-card"""
    content = '{"cardPrivateData":{"actionIds":["1"],"params":{"action":"accept"}}}'
    said = {"type": "actionCallback", "outTrackId": "XX", "corpId": "dingXX", "userId": "XX", "content": content}
    assert parse_tap(said, CLIENT, "k")[0].action == "1"
    named = content.replace('"action":"accept"', '"token":"t1"')
    assert parse_tap({**said, "content": named}, CLIENT, "k")[0].action == "t1"


@pytest.mark.parametrize("content", [None, "", "x", "[]", "{}", {"cardPrivateData": {"actionIds": []}}, 7])
def test_a_tap_without_a_button_is_unknown(content: object) -> None:
    [found] = parse_tap(MAKE.tap(LI, "row-1", "") | {"content": content}, CLIENT, "k")
    assert (found.kind, found.sender) == ("unknown", "li01")


def test_a_frame_gives_its_number_to_what_has_none() -> None:
    tap = MAKE.frame(MAKE.tap(LI, "row-1", "t1"))
    unnumbered = MAKE.frame(MAKE.text(LI, "x") | {"msgId": None})
    for frame in (tap, unnumbered):
        [found] = parse_frame(frame, CLIENT, ROBOT)
        assert found.dedupe_key == frame["headers"]["messageId"]
    assert parse_frame(MAKE.frame(MAKE.text(LI, "x"), topic="/v1.0/of/others"), CLIENT, ROBOT) == []
    assert parse_frame(MAKE.frame({"userId": ["li01"]}, kind="EVENT"), CLIENT, ROBOT) == []
    assert parse_frame({"type": "CALLBACK"}, CLIENT, ROBOT) == []


def test_who_leaves_the_organisation_has_left_and_other_events_are_nothing() -> None:
    frame = MAKE.frame({"userId": ["li01", "wang02"], "eventId": "x"}, kind="EVENT", topic="*")
    frame["headers"] |= {"eventType": "user_leave_org", "eventId": "e-1"}
    found = parse_frame(frame, CLIENT, ROBOT)
    assert [(one.kind, one.sender, one.conversation) for one in found] == [
        ("left", "li01", "li01"), ("left", "wang02", "wang02"),
    ]  # fmt: skip
    assert len({one.dedupe_key for one in found}) == 2
    frame["headers"]["eventType"] = "user_modify_org"
    assert parse_frame(frame, CLIENT, ROBOT) == []
