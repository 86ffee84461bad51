"""What the bot sends, as its reader sees it, and what delivery learns when Telegram does not take it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.channels.telegram import TelegramChannel
from bot.messages import Button, Outgoing, SendError
from core.storage import Storage, StorageUnavailable, key_of
from tests.fakes.telegram import (
    TOKEN,
    FakeTelegram,
    Fault,
    blocked,
    migrated,
    refused,
    reset,
    server_error,
    silence,
    throttled,
    unauthorized,
)
from tests.pictures import corners, encoded

KEY = key_of("ab" * 32, ".screen.jpg")
Send = Callable[[Outgoing], str]


@pytest.fixture
def picture(storage: Storage) -> bytes:
    storage.put(KEY, data := encoded(corners(), "JPEG"))
    return data


@pytest.fixture
def send(bot: TelegramChannel, runner: asyncio.Runner) -> Send:
    return lambda message: runner.run(bot.send("7", message, "key"))


def failure(send: Send, message: Outgoing) -> SendError:
    with pytest.raises(SendError) as caught:
        send(message)
    assert TOKEN.partition(":")[2] not in repr(caught.getrepr(chain=True, showlocals=False))
    return caught.value


def test_a_text_arrives_as_it_was_written(telegram: FakeTelegram, send: Send) -> None:
    text = "<b>3 号楼</b> & *电梯* _不动_ [x](http://x.org) /report @li 🛗"
    reference = send(Outgoing(text))
    [message] = telegram.messages(7)
    assert (message.text, str(message.message_id)) == (text, reference)
    assert "parse_mode" not in telegram.called("sendMessage")[0].params


def test_the_longest_text_is_taken(telegram: FakeTelegram, send: Send) -> None:
    send(Outgoing("工" * 4096))
    send(Outgoing("🛗" * 2048))
    assert [len(text) for text in telegram.sent_texts(7)] == [4096, 2048]


def test_buttons_stand_in_their_rows_and_never_more_than_eight_beside_each_other(
    telegram: FakeTelegram, send: Send
) -> None:
    wide = tuple(Button(str(n), token=f"t{n}", row=1) for n in range(10))
    send(Outgoing("?", (Button("接单", "a"), Button("退单", "b"), *wide, Button("看", url="https://x.org/t/1", row=2))))
    [message] = telegram.messages(7)
    assert [len(row) for row in message.buttons] == [2, 8, 2, 1]
    assert message.buttons[0][0] == {"text": "接单", "callback_data": "a"}
    assert message.buttons[3][0] == {"text": "看", "url": "https://x.org/t/1"}


@pytest.mark.parametrize("token", ["", "x" * 65, "工" * 22])
def test_a_button_that_telegram_would_not_carry_is_refused_before_it_is_sent(
    telegram: FakeTelegram, send: Send, token: str
) -> None:
    assert failure(send, Outgoing("?", (Button("接单", token),))).code == "refused"
    assert telegram.calls == []


def test_a_link_that_telegram_takes_on_no_button_is_sent_as_words(telegram: FakeTelegram, send: Send) -> None:
    send(Outgoing("签字", (Button("打开", url="http://localhost:8000/w/1"), Button("稍后", "later"))))
    [message] = telegram.messages(7)
    assert message.text == "签字\n打开: http://localhost:8000/w/1"
    assert message.labels == ["稍后"]


def test_a_photo_carries_its_caption_and_buttons(telegram: FakeTelegram, send: Send, picture: bytes) -> None:
    send(Outgoing("修好了", (Button("确认", "yes"),), photo=KEY))
    [message] = telegram.messages(7)
    assert (message.text, message.labels, message.photo) == ("修好了", ["确认"], picture)


def test_words_that_are_too_long_for_a_caption_follow_the_photo(
    telegram: FakeTelegram, send: Send, picture: bytes
) -> None:
    reference = send(Outgoing("好" * 1025, (Button("确认", "yes"),), photo=KEY))
    photo, words = telegram.messages(7)
    assert (photo.photo, photo.text, photo.labels) == (picture, "", [])
    assert (len(words.text), words.labels, str(words.message_id)) == (1025, ["确认"], reference)


def test_words_go_alone_where_the_photo_was_erased(telegram: FakeTelegram, send: Send) -> None:
    send(Outgoing("修好了", photo=KEY))
    assert telegram.sent_texts(7) == ["修好了"]


def test_words_go_alone_where_telegram_does_not_like_the_photo(
    telegram: FakeTelegram, send: Send, picture: bytes
) -> None:
    telegram.fail("sendPhoto", refused("PHOTO_INVALID_DIMENSIONS"))
    send(Outgoing("修好了", (Button("确认", "yes"),), photo=KEY))
    [message] = telegram.messages(7)
    assert (message.text, message.photo, message.labels) == ("修好了", None, ["确认"])


def test_a_used_up_button_disappears_from_the_message_that_showed_it(telegram: FakeTelegram, send: Send) -> None:
    reference = send(Outgoing("新工单", (Button("接单", "a"),)))
    assert send(Outgoing("已接单", replaces=reference)) == reference
    [message] = telegram.messages(7)
    assert (message.text, message.labels, message.edits) == ("已接单", [], 1)


def test_buttons_alone_are_taken_away(telegram: FakeTelegram, send: Send) -> None:
    reference = send(Outgoing("新工单", (Button("接单", "a"),)))
    send(Outgoing("", replaces=reference))
    assert (telegram.messages(7)[0].text, telegram.messages(7)[0].labels) == ("新工单", [])


def test_the_words_below_a_photo_are_edited(telegram: FakeTelegram, send: Send, picture: bytes) -> None:
    reference = send(Outgoing("修好了", (Button("确认", "a"),), photo=KEY))
    assert send(Outgoing("谢谢", replaces=reference)) == reference
    assert (telegram.messages(7)[0].text, telegram.messages(7)[0].photo) == ("谢谢", picture)


def test_an_edit_that_changes_nothing_is_done(telegram: FakeTelegram, send: Send) -> None:
    reference = send(Outgoing("新工单"))
    assert send(Outgoing("新工单", replaces=reference)) == reference
    assert len(telegram.messages(7)) == 1


@pytest.mark.parametrize("replaces", ["999", "no-number"])
def test_what_can_no_longer_be_edited_is_sent_anew(telegram: FakeTelegram, send: Send, replaces: str) -> None:
    assert send(Outgoing("已接单", replaces=replaces)) == "1"
    assert telegram.sent_texts(7) == ["已接单"]


def test_a_repeated_edit_is_harmless_so_silence_is_a_reason_to_repeat_it(telegram: FakeTelegram, send: Send) -> None:
    reference = send(Outgoing("新工单"))
    telegram.fail("editMessageText", silence(is_done=True))
    error = failure(send, Outgoing("已接单", replaces=reference))
    assert (error.retryable, error.is_unknown) == (True, False)


FACES = [
    (throttled(7), "throttled", {"retryable": True, "after": timedelta(seconds=7)}),
    (blocked(), "blocked", {"stop_contact": True}),
    (refused("chat not found"), "gone", {"stop_contact": True}),
    (refused("not enough rights to send text messages to the chat"), "blocked", {"stop_contact": True}),
    (refused("message text is empty"), "refused", {}),
    (migrated(-100777), "gone", {"moved_to": "-100777"}),
    (unauthorized(), "bad_token", {"retryable": True, "after": timedelta(minutes=10)}),
    (server_error(), "unreachable", {"retryable": True}),
    (silence(), "timeout", {"is_unknown": True}),
    (reset(), "unreachable", {"is_unknown": True}),
]


@pytest.mark.parametrize(("fault", "code", "facts"), FACES, ids=[f"{code}-{n}" for n, (_, code, _) in enumerate(FACES)])
def test_delivery_learns_what_to_do(
    telegram: FakeTelegram, send: Send, fault: Fault, code: str, facts: dict[str, object]
) -> None:
    telegram.fail("sendMessage", fault)
    error = failure(send, Outgoing("您好"))
    plain = {"retryable": False, "stop_contact": False, "is_unknown": False, "after": None, "moved_to": ""}
    assert error.code == code
    assert {name: getattr(error, name) for name in plain} == {**plain, **facts}


def test_where_nothing_could_be_sent_trying_again_is_safe(
    telegram: FakeTelegram, storage: Storage, runner: asyncio.Runner
) -> None:
    telegram.stop()
    bot = TelegramChannel(TOKEN, storage, base_url=telegram.base_url, patience=1.0)
    with pytest.raises(SendError) as caught:
        runner.run(bot.send("7", Outgoing("您好"), "key"))
    runner.run(bot.close())
    assert (caught.value.code, caught.value.retryable, caught.value.is_unknown) == ("unreachable", True, False)


def test_an_answer_that_is_not_telegrams_is_no_success(telegram: FakeTelegram, send: Send) -> None:
    telegram.fail("sendMessage", Fault(answer=b"<html>please sign in to this network</html>"))
    assert failure(send, Outgoing("您好")).code == "unreachable"


class DownStorage(Storage):
    def __init__(self) -> None:
        """A store that nobody can reach."""

    def get(self, key: str) -> bytes:
        raise StorageUnavailable


def test_a_storage_that_does_not_answer_lets_the_message_wait(telegram: FakeTelegram, runner: asyncio.Runner) -> None:
    bot = TelegramChannel(TOKEN, DownStorage(), base_url=telegram.base_url)
    with pytest.raises(SendError) as caught:
        runner.run(bot.send("7", Outgoing("修好了", photo=KEY), "key"))
    runner.run(bot.close())
    assert caught.value.retryable
    assert telegram.calls == []
