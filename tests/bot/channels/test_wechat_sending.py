"""What goes to WeChat: words, pictures, templates; what comes from it: photos and voice notes; its tokens."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from bot.channels._weixin_sending import template_of
from bot.channels.wechat import WeChatChannel
from bot.messages import Outgoing, SendError
from bot.voices import playable
from core import media
from core.database import Database
from core.storage import Storage, key_of, open_storage
from tests.contracts.rigs.wechat import LI, channel_of
from tests.fakes.wechat import SEND, SEND_TEMPLATE, TOKEN, FakeWeChat, Fault, says
from tests.pictures import corners, encoded

KEY = "00000000-0000-7000-8000-000000000001"
PHOTO, CHART = key_of("ab" * 32, ".screen.jpg"), key_of("cd" * 32, ".png")
NEWS = "TM0000000001 character_string1=number thing2=thing time3=time"
DONE = Outgoing(
    "the whole story", purpose="news", is_template=True, url="https://fix.example/t/WX-1",
    fields=(("number", "WX-1"), ("thing", "客梯" * 20), ("time", "15:30")),
)  # fmt: skip


@pytest.fixture
def wechat() -> Iterator[FakeWeChat]:
    with FakeWeChat() as fake:
        fake.templates = {"TM0000000001": "{{character_string1.DATA}} {{thing2.DATA}} {{time3.DATA}}"}
        fake.text(LI, "hello")
        yield fake


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    found = open_storage(f"file://{tmp_path}/media")
    found.put(PHOTO, encoded(corners(), "JPEG"))
    found.put(CHART, encoded(corners(), "PNG"))
    return found


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def channel(
    wechat: FakeWeChat, sqlite_db: Database, storage: Storage, runner: asyncio.Runner
) -> Iterator[WeChatChannel]:
    opened = channel_of(wechat, sqlite_db, storage, templates={"news": template_of("news", NEWS)})
    yield opened
    runner.run(opened.close())


def kinds(wechat: FakeWeChat) -> list[str]:
    return [one.kind for one in wechat.seen(LI)]


def test_words_go_before_their_picture(wechat: FakeWeChat, channel: WeChatChannel, runner: asyncio.Runner) -> None:
    for photo in (PHOTO, CHART):
        runner.run(channel.send(LI, Outgoing("fixed", photo=photo), KEY))
    assert kinds(wechat) == ["text", "image"] * 2
    assert wechat.seen(LI)[1].media == encoded(corners(), "JPEG")


@pytest.mark.parametrize(("photo", "calls"), [(PHOTO, 3), (key_of("ef" * 32, ".screen.jpg"), 2)])
def test_a_picture_too_many_or_one_that_is_gone_costs_no_words(
    wechat: FakeWeChat, channel: WeChatChannel, runner: asyncio.Runner, photo: str, calls: int
) -> None:
    for _ in range(4):
        runner.run(channel.send(LI, Outgoing("news"), KEY))
    runner.run(channel.send(LI, Outgoing("fixed", photo=photo), KEY))
    assert kinds(wechat) == ["text"] * 5
    with pytest.raises(SendError) as full:
        runner.run(channel.send(LI, Outgoing("one more"), KEY))
    assert (full.value.code, full.value.retryable, full.value.is_unknown) == ("quota", False, False)
    assert "errcode" not in str(full.value)


@pytest.mark.parametrize(("fault", "is_retried"), [(Fault(status=503, error={}), True), (says(40009), False)])
def test_nothing_has_left_when_a_picture_cannot_be_lent_now(
    wechat: FakeWeChat, channel: WeChatChannel, runner: asyncio.Runner, fault: Fault, *, is_retried: bool
) -> None:
    wechat.fail("/cgi-bin/media/upload", fault)
    if is_retried:
        with pytest.raises(SendError) as caught:
            runner.run(channel.send(LI, Outgoing("fixed", photo=PHOTO), KEY))
        assert caught.value.retryable
    else:
        runner.run(channel.send(LI, Outgoing("fixed", photo=PHOTO), KEY))
    assert kinds(wechat) == ([] if is_retried else ["text"])


def test_no_words_of_anybody_become_a_link(wechat: FakeWeChat, channel: WeChatChannel, runner: asyncio.Runner) -> None:
    runner.run(channel.send(LI, Outgoing('<a href="http://evil.example">pay</a> <abbr> a<b'), KEY))
    [shown] = wechat.seen(LI)
    assert (shown.text, shown.links) == ('[a href="http://evil.example">pay[/a> <abbr> a<b', [])


def test_a_template_shows_its_fields_cut_and_once(
    wechat: FakeWeChat, channel: WeChatChannel, runner: asyncio.Runner
) -> None:
    wechat.followers[LI].windows.clear()
    first, again = (runner.run(channel.send(LI, DONE, KEY)) for _ in range(2))
    assert first == again
    [shown] = wechat.seen(LI)
    thing = "客梯" * 9 + "客…"
    assert shown.values == {"character_string1": "WX-1", "thing2": thing, "time3": "15:30"}
    assert shown.links == ["https://fix.example/t/WX-1"]


def test_a_template_without_a_field_says_so_and_one_that_nobody_set_is_refused(
    wechat: FakeWeChat, channel: WeChatChannel, runner: asyncio.Runner
) -> None:
    runner.run(channel.send(LI, Outgoing("x", purpose="news", is_template=True), KEY))
    assert wechat.seen(LI)[0].values == {"character_string1": "-", "thing2": "-", "time3": "-"}
    with pytest.raises(SendError, match="refused"):
        runner.run(channel.send(LI, Outgoing("x", purpose="survey", is_template=True), KEY))
    assert dict(template_of("work", "TM0000000001").slots)["place"] == "place"


@pytest.mark.parametrize(
    ("number", "code", "wanted"),
    [
        (-1, "throttled", (True, False)), (45009, "throttled", (True, False)), (45047, "quota", (False, False)),
        (40003, "gone", (False, True)), (48002, "blocked", (False, True)), (40164, "untrusted_ip", (True, False)),
        (48001, "refused", (False, False)), (47003, "refused", (False, False)),
    ],
)  # fmt: skip
def test_what_wechat_says_is_told_as_what_to_do(
    wechat: FakeWeChat, channel: WeChatChannel, runner: asyncio.Runner, number: int, code: str,
    wanted: tuple[bool, bool],
) -> None:  # fmt: skip
    wechat.fail(SEND_TEMPLATE, says(number))
    with pytest.raises(SendError) as caught:
        runner.run(channel.send(LI, DONE, KEY))
    assert (caught.value.code, (caught.value.retryable, caught.value.stop_contact)) == (code, wanted)


def test_a_token_that_another_server_has_ended_is_fetched_once_more(
    wechat: FakeWeChat, channel: WeChatChannel, runner: asyncio.Runner, caplog: pytest.LogCaptureFixture
) -> None:
    runner.run(channel.send(LI, Outgoing("one"), KEY))
    wechat.end_token()
    runner.run(channel.send(LI, Outgoing("two"), KEY))
    assert (wechat.fetches, kinds(wechat)) == (2, ["text", "text"])
    assert [one.json.get("force_refresh") for one in wechat.asked if one.path == TOKEN] == [None, None]
    assert "canary" not in caplog.text


def test_a_message_to_who_left_stops_the_contact(
    wechat: FakeWeChat, channel: WeChatChannel, runner: asyncio.Runner
) -> None:
    wechat.event(LI, "unsubscribe")
    with pytest.raises(SendError) as caught:
        runner.run(channel.send(LI, Outgoing("x"), KEY))
    assert (caught.value.code, caught.value.stop_contact) == ("blocked", True)


def test_a_lost_connection_leaves_the_outcome_unknown(
    wechat: FakeWeChat, channel: WeChatChannel, runner: asyncio.Runner
) -> None:
    wechat.fail(SEND, Fault(is_cut=True))
    with pytest.raises(SendError) as caught:
        runner.run(channel.send(LI, Outgoing("x"), KEY))
    assert (caught.value.is_unknown, caught.value.retryable) == (True, False)


def test_a_photo_is_fetched_from_wechat_alone_and_within_its_size(
    wechat: FakeWeChat, channel: WeChatChannel, runner: asyncio.Runner
) -> None:
    [message] = channel.parse(wechat.photo(LI, b"\xff\xd8 a photo"))
    assert runner.run(channel.fetch(message.media[0].reference)) == b"\xff\xd8 a photo"
    huge = wechat.keep("image/jpeg", b"\xff" * (20 * 1024 * 1024 + 1))
    for reference, code in (("gone", "gone"), (huge, "too_large"), ("http://127.0.0.1/x", "gone")):
        with pytest.raises(SendError) as caught:
            runner.run(channel.fetch(reference))
        assert caught.value.code == code


# A second of silence as a phone records it, narrow and wide: fifty frames, each a head and its bits.
NARROW, WIDE = b"#!AMR\n" + (b"\x04" + bytes(12)) * 50, b"#!AMR-WB\n" + (b"\x04" + bytes(17)) * 50


@pytest.mark.parametrize("note", [NARROW, WIDE])
def test_a_voice_note_is_made_what_a_browser_plays(
    wechat: FakeWeChat, channel: WeChatChannel, runner: asyncio.Runner, note: bytes
) -> None:
    [message] = channel.parse(wechat.voice(LI, note, "漏水了。"))
    heard = runner.run(channel.fetch(message.media[0].reference))
    assert (message.text, media.check_voice(heard).mime) == ("漏水了。", "audio/mpeg")
    with av.open(io.BytesIO(heard), "r") as played:
        frames = list(played.decode(audio=0))
    assert 0.9 < sum(frame.samples / frame.sample_rate for frame in frames) < 1.3
    assert playable(note) == heard


@pytest.mark.parametrize("note", [b"#!AMR\n", b"#!AMR\nnonsense", b"RIFF", b""])
def test_what_cannot_be_decoded_is_kept_as_it_came(note: bytes) -> None:
    assert playable(note) == note
