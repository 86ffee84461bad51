"""What leaves for Feishu, what is fetched from it, and what `gongdan doctor` learns there."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from bot.calling import MAX_MEDIA
from bot.channels.feishu import FeishuChannel
from bot.messages import Button, Outgoing, SendError
from core import i18n
from core.database import Database
from core.storage import Storage, key_of
from tests.fakes.feishu import SECRET, FakeFeishu, says, silence
from tests.fakes.feishu_callbacks import ENCRYPT_KEY, TOKEN, Callbacks
from tests.pictures import corners, encoded

LI, GROUP = "ou_li", "oc_group"
KEY = "00000000-0000-7000-8000-000000000001"
PHOTO = key_of("ab" * 32, ".screen.jpg")
TAP, LINK = Button("接单", "t" * 40), Button("看", url="https://fix.example/t/1", row=1)


@pytest.fixture
def app(feishu: FakeFeishu, sqlite_db: Database, storage: Storage, runner: asyncio.Runner) -> Iterator[FeishuChannel]:
    channel = feishu.channel(sqlite_db, storage)
    yield channel
    runner.run(channel.close())


def failed(runner: asyncio.Runner, work: Any) -> SendError:
    with pytest.raises(SendError) as caught:
        runner.run(work)
    return caught.value


def test_a_card_shows_rows_of_buttons_and_a_tap_brings_back_what_they_mean(
    feishu: FakeFeishu, app: FeishuChannel, runner: asyncio.Runner
) -> None:
    sent = runner.run(app.send(LI, Outgoing("漏水", (TAP, LINK)), KEY))
    [shown] = feishu.messages(LI)
    assert [one["tag"] for one in shown.content["elements"]] == ["div", "action", "action"]
    [found] = app.parse(feishu.events.request(feishu.tap(LI, "接单"), "cards"))
    assert (found.action, found.message, found.conversation) == ("t" * 40, sent, LI)
    runner.run(app.send(GROUP, Outgoing("漏水", (TAP,)), "other"))
    [group] = app.parse(feishu.events.request(feishu.tap(GROUP, "接单", by="ou_wang"), "cards"))
    assert (group.conversation, group.sender, group.is_group) == (GROUP, "ou_wang", True)


def test_a_card_is_changed_in_its_place_and_sent_anew_where_that_is_too_late(
    feishu: FakeFeishu, app: FeishuChannel, runner: asyncio.Runner
) -> None:
    sent = runner.run(app.send(LI, Outgoing("a", (TAP,)), KEY))
    assert runner.run(app.send(LI, Outgoing("b", replaces=sent), "k2")) == sent
    assert [(one.text, one.labels, one.edits) for one in feishu.messages(LI)] == [("b", [], 1)]
    feishu.ahead = timedelta(days=15)
    assert runner.run(app.send(LI, Outgoing("c", replaces=sent), "k3")) != sent
    assert [one.text for one in feishu.messages(LI)] == ["b", "c"]
    assert runner.run(app.send(LI, Outgoing("d", replaces="om_of_somebody"), "k4"))
    feishu.fail("patch", says(230020))
    assert failed(runner, app.send(LI, Outgoing("e", replaces=sent), "k5")).code == "throttled"


def test_a_message_whose_fate_was_unknown_arrives_once(
    feishu: FakeFeishu, app: FeishuChannel, runner: asyncio.Runner
) -> None:
    feishu.fail("send", says(0, 200), silence(is_done=True))
    assert failed(runner, app.send(LI, Outgoing("a"), KEY)).is_unknown
    assert feishu.messages(LI) == []
    assert failed(runner, app.send(LI, Outgoing("a"), KEY)).is_unknown
    assert runner.run(app.send(LI, Outgoing("a"), KEY)) == feishu.messages(LI)[0].id
    assert len(feishu.messages(LI)) == 1


def test_a_spent_token_is_renewed_once_and_an_unknown_secret_waits(
    feishu: FakeFeishu, app: FeishuChannel, runner: asyncio.Runner, caplog: pytest.LogCaptureFixture
) -> None:
    runner.run(app.send(LI, Outgoing("a"), "k1"))
    feishu.end_tokens()
    runner.run(app.send(LI, Outgoing("b"), "k2"))
    assert [name for name, _ in feishu.calls] == ["token", "send", "send", "token", "send"]
    feishu.end_tokens()
    feishu.fail("token", says(10014, 200))
    with caplog.at_level(logging.DEBUG):
        error = failed(runner, app.send(LI, Outgoing("c"), "k3"))
    assert (error.code, error.retryable, error.after) == ("bad_token", True, timedelta(minutes=10))
    assert not any(secret in caplog.text for secret in (SECRET, ENCRYPT_KEY, TOKEN, "t-canary"))


@pytest.mark.parametrize(
    ("number", "status", "expected"),
    [
        (230053, 400, ("blocked", True, False)), (230013, 400, ("blocked", True, False)),
        (230029, 400, ("gone", True, False)), (230002, 400, ("gone", True, False)),
        (230020, 400, ("throttled", False, True)), (99991400, 429, ("throttled", False, True)),
        (99991400, 400, ("throttled", False, True)), (230049, 400, ("throttled", False, True)),
        (230022, 400, ("refused", False, False)), (230027, 400, ("refused", False, False)),
        (0, 502, ("unreachable", False, True)),
    ],
)  # fmt: skip
def test_what_the_numbers_of_the_platform_mean(
    feishu: FakeFeishu, app: FeishuChannel, runner: asyncio.Runner, number: int, status: int,
    expected: tuple[str, bool, bool],
) -> None:  # fmt: skip
    feishu.fail("send", says(number, status))
    error = failed(runner, app.send(LI, Outgoing("a"), KEY))
    assert (error.code, error.stop_contact, error.retryable) == expected
    assert SECRET not in error.said


def test_a_picture_stands_above_its_words_and_one_that_is_refused_is_left_out(
    feishu: FakeFeishu, app: FeishuChannel, runner: asyncio.Runner, storage: Storage
) -> None:
    storage.put(PHOTO, encoded(corners(), "JPEG"))
    runner.run(app.send(LI, Outgoing("修好了", photo=PHOTO), "k1"))
    feishu.fail("upload", says(234011))
    runner.run(app.send(LI, Outgoing("b", photo=PHOTO), "k2"))
    runner.run(app.send(LI, Outgoing("c", photo=key_of("cd" * 32, ".screen.jpg")), "k3"))
    shown = feishu.messages(LI)
    assert [(one.text, one.has_photo) for one in shown] == [("修好了", True), ("b", False), ("c", False)]
    assert shown[0].content["zh_cn"]["content"][0][0]["tag"] == "img"
    feishu.fail("upload", says(99991400, 429))
    assert failed(runner, app.send(LI, Outgoing("d", photo=PHOTO), "k4")).retryable


def test_addresses_in_words_are_links_and_nothing_else_is_markup(
    feishu: FakeFeishu, app: FeishuChannel, runner: asyncio.Runner
) -> None:
    words = '<at user_id="all"></at> (https://fix.example/w/x-1). 见http://a.b/c?d=1。[x](y)'
    runner.run(app.send(LI, Outgoing(words), KEY))
    [shown] = feishu.messages(LI)
    pieces = shown.content["zh_cn"]["content"][0]
    assert [one["href"] for one in pieces if one["tag"] == "a"] == ["https://fix.example/w/x-1", "http://a.b/c?d=1"]
    assert shown.text == words


@pytest.mark.parametrize("character", ['"', "\\", "\n", "\u0001"])
def test_words_that_grow_on_the_way_are_cut_and_their_last_line_is_kept(
    feishu: FakeFeishu, app: FeishuChannel, runner: asyncio.Runner, character: str
) -> None:
    link = "https://fix.example/w/x"
    text = "电梯" + character * (app.limits.text - len(link) - 10) + f"\n{link}"
    for message in (Outgoing(text), Outgoing(text, (TAP,) * app.limits.buttons)):
        runner.run(app.send(LI, message, str(len(message.buttons))))
    assert [one.text.startswith("电梯") and one.text.endswith(f"\n{link}") for one in feishu.messages(LI)] == [True] * 2


def test_the_answer_to_a_tap_changes_its_card_at_once_and_keeps_its_picture(
    feishu: FakeFeishu, app: FeishuChannel, runner: asyncio.Runner, storage: Storage
) -> None:
    storage.put(PHOTO, encoded(corners(), "JPEG"))
    sent = runner.run(app.send(LI, Outgoing("a", (TAP,), photo=PHOTO), KEY))
    event = feishu.tap(LI, "接单")
    request = feishu.events.request(event, "cards")
    told = app.answer(request, Outgoing("b", (LINK,), replaces=sent))
    assert told is not None
    feishu.take(event, told)
    assert [(one.text, one.labels, one.has_photo) for one in feishu.messages(LI)] == [("b", ["看"], True)]
    for other in (Outgoing("c"), Outgoing("c", replaces="om_other"), Outgoing("c", photo=PHOTO, replaces=sent)):
        assert app.answer(request, other) is None
    plain = app.answer(Callbacks().request(Callbacks().text(LI, "x")), None)
    assert plain is not None
    assert json.loads(plain.body) == {}


def test_files_are_fetched_by_their_message_and_from_the_platform_alone(
    feishu: FakeFeishu, app: FeishuChannel, runner: asyncio.Runner
) -> None:
    feishu.keep("om_1", "img_1", b"\xff\xd8photo")
    feishu.keep("om_1", "file_1", b"OggS", "file")
    assert runner.run(app.fetch("image:om_1:img_1")) == b"\xff\xd8photo"
    assert runner.run(app.fetch("file:om_1:file_1")) == b"OggS"
    for reference in ("image:om_1:other", "https://evil.example/x", "image:../x:y", "image:om_1:img_1/../../x", ""):
        assert not failed(runner, app.fetch(reference)).retryable
    feishu.keep("om_1", "img_2", b"x" * (MAX_MEDIA + 1))
    assert failed(runner, app.fetch("image:om_1:img_2")).code == "too_large"


def symptoms(app: FeishuChannel, runner: asyncio.Runner) -> list[tuple[str, dict[str, Any]]]:
    found = runner.run(app.examine())
    for one in found:
        texts = {i18n.translate(f"doctor.{one.key}", locale, **one.facts) for locale in i18n.LOCALES}
        assert len(texts) == len(i18n.LOCALES)
    return [(one.key, one.facts) for one in found]


def test_the_doctor_finds_nothing_where_all_is_well(
    feishu: FakeFeishu, app: FeishuChannel, runner: asyncio.Runner
) -> None:
    assert symptoms(app, runner) == []


def test_the_doctor_says_what_is_to_be_done_in_the_console(
    feishu: FakeFeishu, app: FeishuChannel, runner: asyncio.Runner
) -> None:
    feishu.scopes -= {"im:resource"}
    assert symptoms(app, runner) == [("feishu.scopes", {"scopes": "im:resource"})]
    feishu.status = 3
    assert symptoms(app, runner) == [("feishu.not_in_use", {"status": 3})]
    feishu.fail("info", says(11205))
    assert symptoms(app, runner) == [("feishu.no_bot", {})]
    feishu.fail("info", says(99991401))
    assert symptoms(app, runner) == [("feishu.address", {})]
    feishu.fail("token", says(10014, 200))
    assert symptoms(app, runner) == [("feishu.secret", {})]
    feishu.fail("info", says(0, 503))
    assert failed(runner, app.examine()).code == "unreachable"


def test_the_doctor_compares_clocks_and_asks_at_our_own_address(
    feishu: FakeFeishu, sqlite_db: Database, storage: Storage, runner: asyncio.Runner
) -> None:
    app = feishu.channel(sqlite_db, storage, public_url=feishu.base_url)  # where no hook of ours answers
    feishu.ahead = timedelta(minutes=10)
    (clock_key, told), hook = symptoms(app, runner)
    runner.run(app.close())
    assert clock_key == "feishu.clock"
    assert 590 < told["seconds"] < 610
    assert hook == ("feishu.hook", {"url": f"{feishu.base_url}/hooks/feishu"})
