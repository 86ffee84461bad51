"""Every kind of update becomes the message that a person sent, or nothing, and never an error."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from telegram import Update as LibraryUpdate

from bot.channels._telegram_updates import MAX_DOWNLOAD, parse_update, read_body
from bot.messages import Incoming, Location, Media, unpacked
from core.errors import Invalid
from tests.fakes.telegram_updates import GROUP, SENT_AT, Sender, Update, Updates

LI = Sender(7, "Li", "zh-hans")


@pytest.fixture
def updates() -> Updates:
    return Updates()


def read(update: Update, username: str = "") -> Incoming:
    found = parse_update(read_body(orjson.dumps(update)), "42", username)
    assert len(found) == 1
    return found[0]


def is_nothing(update: Update, username: str = "") -> bool:
    return parse_update(read_body(orjson.dumps(update)), "42", username) == []


def test_a_text_tells_who_wrote_where_when_and_in_which_language(updates: Updates) -> None:
    assert read(updates.text(LI, "电梯坏了 🛗")) == Incoming(
        "telegram", "42", "1000", "text", "7", "7", "telegram_id", "Li", text="电梯坏了 🛗", locale="zh-hans",
        sent_at=datetime.fromtimestamp(SENT_AT, UTC),
    )  # fmt: skip


def test_a_photo_is_its_largest_size_with_the_caption(updates: Updates) -> None:
    found = read(updates.photo(LI, "big", "漏水"))
    assert (found.kind, found.text, found.media) == ("image", "漏水", (Media("photo", "big"),))


def test_a_size_that_telegram_will_not_hand_over_is_passed_by(updates: Updates) -> None:
    found = read(updates.photo(LI, "big", size=MAX_DOWNLOAD + 1))
    assert found.media == (Media("photo", "small-big"),)


def test_each_photo_of_an_album_is_a_message_and_one_has_the_words(updates: Updates) -> None:
    album = [read(updates.photo(LI, f"p{n}", "三张照片" if n == 0 else "", album="a")) for n in range(3)]
    assert [(m.text, m.media[0].reference) for m in album] == [("三张照片", "p0"), ("", "p1"), ("", "p2")]
    assert len({m.dedupe_key for m in album}) == 3


def test_a_picture_sent_as_a_file_is_a_photo_and_another_file_is_a_file(updates: Updates) -> None:
    assert read(updates.document(LI, "d1", "image/heic")).media == (Media("photo", "d1"),)
    paper = read(updates.document(LI, "d2", "application/pdf", "说明书"))
    assert (paper.kind, paper.text, paper.media) == ("file", "说明书", ())


def test_a_voice_note_is_voice(updates: Updates) -> None:
    assert read(updates.voice(LI, "v1")).media == (Media("voice", "v1"),)


def test_a_place_on_the_map_is_a_location_and_a_venue_says_its_name(updates: Updates) -> None:
    assert read(updates.location(LI, 30.25, 120.17)).location == Location(30.25, 120.17)
    spot = {"latitude": 30.25, "longitude": 120.17}
    found = read(updates.message(LI, location=spot, venue={"location": spot, "title": "3 号楼", "address": "文三路"}))
    assert (found.kind, found.text) == ("location", "3 号楼 文三路")


def test_a_deep_link_carries_its_code(updates: Updates) -> None:
    found = read(updates.start(LI, "A1B2-C3"))
    assert (found.kind, found.command, found.argument) == ("command", "start", "A1B2-C3")


@pytest.mark.parametrize(
    ("text", "command", "argument"),
    [("/report", "report", ""), ("/Report@gongdan_bot 3 号楼", "report", "3 号楼"), ("/mine\nx", "mine", "x")],
)
def test_a_command_is_its_name_and_what_follows(updates: Updates, text: str, command: str, argument: str) -> None:
    found = read(updates.text(LI, text, GROUP), "gongdan_bot")
    assert (found.kind, found.command, found.argument, found.is_group) == ("command", command, argument, True)


@pytest.mark.parametrize("text", ["/", "/ 3", "3/4 号楼", "//x", "/电梯"])
def test_a_slash_alone_makes_no_command(updates: Updates, text: str) -> None:
    assert read(updates.text(LI, text)).kind == "text"


def test_a_command_for_another_bot_of_the_group_is_left_alone(updates: Updates) -> None:
    assert is_nothing(updates.text(LI, "/start@other_bot", GROUP), "gongdan_bot")


def test_a_pressed_button_names_its_token_and_its_message(updates: Updates) -> None:
    found = read(updates.tap(LI, "opaque", message_id=55))
    assert (found.kind, found.action, found.message, found.conversation) == ("action", "opaque", "55", "7")
    assert found.callback == "tap-1000"


def test_a_button_whose_message_telegram_forgot_still_counts(updates: Updates) -> None:
    update = updates.tap(LI, "opaque")
    del update["callback_query"]["message"]
    assert (read(update).action, read(update).conversation) == ("opaque", "7")


def test_somebody_who_blocks_us_unfollows_and_comes_back(updates: Updates) -> None:
    assert [read(updates.membership(LI, status)).kind for status in ("kicked", "member")] == ["unfollow", "follow"]


def test_a_group_that_puts_us_out_says_so_and_one_that_lets_us_in_says_nothing(updates: Updates) -> None:
    gone = read(updates.membership(LI, "kicked", GROUP))
    assert (gone.kind, gone.is_group) == ("unfollow", True)
    assert is_nothing(updates.membership(LI, "member", GROUP))


def test_a_group_has_a_name(updates: Updates) -> None:
    update = updates.text(LI, "/digest", GROUP)
    update["message"]["chat"]["title"] = "Managers"
    assert read(update).group_name == "Managers"


@pytest.mark.parametrize("content", [{"sticker": {"file_id": "s"}}, {"contact": {"phone_number": "138"}}, {"dice": {}}])
def test_what_we_cannot_read_is_unknown_and_a_phone_number_links_nothing(updates: Updates, content: Update) -> None:
    found = read(updates.message(LI, **content))
    assert (found.kind, found.text, found.media) == ("unknown", "", ())


def test_an_edit_is_unknown_so_that_its_author_learns_that_it_does_not_count(updates: Updates) -> None:
    assert read(updates.edited(LI, "其实是 4 号楼")).kind == "unknown"


def test_a_shared_position_that_moves_says_nothing_again(updates: Updates) -> None:
    update = updates.edited(LI, "")
    update["edited_message"]["location"] = {"latitude": 1.0, "longitude": 2.0}
    assert is_nothing(update)


def test_no_person_no_message(updates: Updates) -> None:
    joined = updates.message(LI, GROUP, new_chat_members=[])
    robot = updates.text(LI, "hello")
    robot["message"]["from"]["is_bot"] = True
    assert all(map(is_nothing, [updates.channel_post("News"), joined, robot]))


def test_a_zero_character_never_reaches_the_database(updates: Updates) -> None:
    assert read(updates.text(Sender(7, "L\x00i"), "a\x00b")).text == "ab"
    assert read(updates.text(Sender(7, "L\x00i"), "a")).sender_name == "Li"


@pytest.mark.parametrize(
    "message",
    [5, {}, {"chat": 1}, {"chat": {}, "from": {"id": 1}}, {"chat": {"id": 1}, "from": "x"},
     {"chat": {"id": 1}, "from": {"id": 1}, "date": "soon"}, {"chat": {"id": 1}, "from": {"id": 1}, "date": 10**18}],
)  # fmt: skip
def test_a_message_of_an_unheard_of_shape_is_left_out_and_not_refused(message: object) -> None:
    assert is_nothing({"update_id": 1, "message": message})


@pytest.mark.parametrize("content", [{"photo": 3}, {"photo": [{}]}, {"voice": {}}, {"text": 5}, {"location": {}}])
def test_a_part_of_an_unheard_of_shape_makes_the_message_unknown(updates: Updates, content: Update) -> None:
    assert read(updates.message(LI, **content)).kind == "unknown"


@pytest.mark.parametrize(
    "body", [b"", b"x", b"[]", b"1", b'{"update_id":"1"}', b'{"update_id":true}', b'{"update_id":null}', b"\xff{}"]
)
def test_what_is_no_update_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid):
        read_body(body)


def test_a_message_survives_the_inbox(updates: Updates) -> None:
    found = read(updates.photo(LI, "big", "漏水"))
    assert unpacked(json.loads(json.dumps(found.packed()))) == found


def test_we_read_the_same_as_the_library(updates: Updates) -> None:
    mixed = [
        updates.text(LI, "电梯"),
        updates.photo(LI, "big", "漏"),
        updates.voice(LI, "v"),
        updates.location(LI, 1, 2),
    ]
    for update in mixed:
        message = LibraryUpdate.de_json(json.loads(json.dumps(update)), None).message
        assert message is not None
        assert message.from_user is not None
        found = read(update)
        assert (found.sender, found.conversation) == (str(message.from_user.id), str(message.chat.id))
        assert (found.sent_at, found.locale) == (message.date, message.from_user.language_code)
        assert found.text == (message.text or message.caption or "")
        files = [*(message.photo or ())[-1:], *([message.voice] if message.voice else [])]
        assert [m.reference for m in found.media] == [file.file_id for file in files]


KINDS = {
    "edited_message": "unknown", "forwarded_message": "text", "message": "text", "message_with_audio": "voice",
    "message_with_document": "file", "message_with_game": "unknown", "message_with_location": "location",
    "message_with_photo": "image", "message_with_sticker": "unknown", "message_with_successful_payment": "unknown",
    "message_with_video": "file", "message_with_voice": "voice", "pre_checkout_query": "unknown",
    "reply_message": "text", "shipping_query": "unknown", "inline_query": None, "message_with_invoice": None,
}  # fmt: skip


def test_real_updates_are_read_and_the_two_without_an_identifier_hold_nothing(real_data: Path) -> None:
    files = sorted((real_data / "09_chat/telegram/illemius").glob("*.json"))
    found = {file.stem: parse_update(read_body(file.read_bytes()), "42") for file in files}
    assert {name: messages[0].kind if messages else None for name, messages in found.items()} == KINDS
    assert {m[0].sender for m in found.values() if m} == {"12345678"}


def test_real_updates_that_the_library_cannot_read_are_read_all_the_same(real_data: Path) -> None:
    for name in ("message_with_photo", "message_with_sticker"):
        body = (real_data / f"09_chat/telegram/illemius/{name}.json").read_bytes()
        with pytest.raises(TypeError):
            LibraryUpdate.de_json(json.loads(body), None)
        assert parse_update(read_body(body), "42") != []
