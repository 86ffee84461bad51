"""What WeChat brings: who it is of, what it says, and what goes back in the answer."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.channels import wechat as module
from bot.channels._wechat_messages import read
from bot.channels.wechat import WeChatChannel, open_wechat
from bot.cutting import shorten
from bot.messages import HookRequest, Incoming, Location, Outgoing
from core import clock
from core.database import Database
from core.errors import Invalid, SettingsError
from core.settings import Settings, WeChatSettings
from core.storage import open_storage
from tests.contracts.rigs.wechat import LI, channel_of
from tests.fakes.wechat import FakeWeChat
from tests.fakes.wechat_sealing import parsed
from tests.personas import NOW

HUGE = b"<Encrypt>" + b"A" * 1_000_000 + b"</Encrypt>"


@pytest.fixture
def wechat() -> FakeWeChat:
    return FakeWeChat()


@pytest.fixture
def channel(wechat: FakeWeChat, sqlite_db: Database, tmp_path: Path) -> WeChatChannel:
    return channel_of(wechat, sqlite_db, open_storage(f"file://{tmp_path}/media"))


def one(channel: WeChatChannel, request: HookRequest) -> Incoming:
    [found] = channel.parse(request)
    return found


def test_the_console_gets_its_text_back_once_it_proves_itself(wechat: FakeWeChat, channel: WeChatChannel) -> None:
    asked = wechat.knock("5838479218127813673")
    answer = channel.handshake(asked)
    assert answer
    assert (answer.body, answer.content_type) == ("5838479218127813673", "text/plain")
    wrong = [{"signature": "0"}, {"timestamp": "1"}, {"echostr": ""}, {"echostr": "x" * 200}, {"nonce": "é"}]
    assert [channel.handshake(HookRequest("GET", b"", {}, {**asked.query, **one})) for one in wrong] == [None] * 5


def test_nothing_is_read_of_what_is_not_welcome(wechat: FakeWeChat, channel: WeChatChannel) -> None:
    asked = wechat.text(LI, "x").query
    assert channel.is_welcome(HookRequest("POST", b"", {}, asked))
    for wrong in ({}, {**asked, "signature": ""}, {**asked, "timestamp": "9" * 40}, {**asked, "nonce": "other"}):
        assert not channel.is_welcome(HookRequest("POST", b"", {}, wrong))
    assert not channel.is_authentic(HookRequest("POST", HUGE, {}, asked))


def test_in_safe_mode_a_message_in_clear_is_refused_although_its_address_is_signed(
    wechat: FakeWeChat, channel: WeChatChannel
) -> None:
    wechat.is_safe = False
    assert channel.is_welcome(wechat.text(LI, "x"))
    assert not channel.is_authentic(wechat.text(LI, "x"))
    with pytest.raises(Invalid):
        channel.parse(wechat.text(LI, "x"))


def test_plain_mode_takes_what_is_in_clear(wechat: FakeWeChat, sqlite_db: Database, tmp_path: Path) -> None:
    wechat.is_safe = False
    plain = channel_of(wechat, sqlite_db, open_storage(f"file://{tmp_path}/media"), aes_key="")
    assert one(plain, wechat.text(LI, "漏水")).text == "漏水"
    answer = plain.answer(wechat.text(LI, "x"), Outgoing("ok"))
    assert answer
    assert parsed(answer.body)["Content"] == "ok"


FOLLOW, CLICK, SCAN = ("follow", "", ""), ("command", "help", ""), ("scan", "", "123123")
READ = {
    "events.test_subscribe_event": FOLLOW, "parser.test_parse_subscribe_event": FOLLOW,
    "parser.test_parse_subscribe_event_with_last_trade_no": FOLLOW,
    "parser.test_parse_subscribe_scan_product_event": FOLLOW,
    "parser.test_parse_subscribe_scan_product_event_2": FOLLOW,
    "events.test_unsubscribe_event": ("unfollow", "", ""), "events.test_scan_event": ("scan", "", "SCENE_VALUE"),
    "parser.test_parse_scan_event": SCAN, "events.test_subscribe_scan_event": SCAN,
    "parser.test_parse_subscribe_scan_event": SCAN, "events.test_click_event": CLICK,
    "parser.test_parse_click_event": CLICK, "events.test_scan_code_waitmsg_event": ("scan", "", "2"),
    "parser.test_parse_text_message": ("text", "", ""), "parser.test_parse_image_message": ("image", "", ""),
    "parser.test_parse_voice_message": ("voice", "", ""), "parser.test_parse_video_message": ("file", "", ""),
    "parser.test_parse_location_message": ("location", "", ""), "parser.test_parse_link_message": ("unknown", "", ""),
    "events.test_template_send_job_finish_event": ("delivery_report", "", ""),
}  # fmt: skip


def test_every_body_that_is_known_to_have_come_is_read(
    wechat: FakeWeChat, channel: WeChatChannel, real_data: Path
) -> None:
    """What a person did or said is one message; what only happened is none."""
    files = sorted((real_data / "09_chat/wechat/mp").glob("*.xml"))
    assert len(files) > 45
    told: dict[str, tuple[str, str, str]] = {}
    for file in files:
        request = wechat.post(file.read_text(encoding="utf-8"))
        assert channel.is_authentic(request)
        found = channel.parse(request)
        assert len(found) <= 1
        told |= {file.stem.removeprefix("test_"): (f.kind, f.command, f.argument) for f in found}
    assert told == READ


@pytest.mark.parametrize("number", [0, 1])
def test_a_published_signature_is_taken_in_its_own_minute(
    wechat: FakeWeChat, sqlite_db: Database, tmp_path: Path, real_data: Path, number: int
) -> None:
    known = json.loads((real_data / "vectors.json").read_text())["wechat_plain_signature"][number]
    wechat.token = known["token"]
    channel = channel_of(wechat, sqlite_db, open_storage(f"file://{tmp_path}/media"))
    query = {name: known[name] for name in ("signature", "timestamp", "nonce")}
    signed_at = datetime.fromtimestamp(int(known["timestamp"]), UTC)
    fresh = []
    for minutes in (-6, 0, 14, 16):
        with clock.at(signed_at + timedelta(minutes=minutes)):
            fresh.append(channel.is_welcome(HookRequest("POST", b"", {}, query)))
    assert fresh == [False, True, True, False]


def test_what_only_looks_like_a_callback_is_invalid_or_unknown() -> None:
    head = "<FromUserName>a</FromUserName><CreateTime>1</CreateTime><MsgId>7</MsgId>"
    billion = '<!DOCTYPE x [<!ENTITY a "ha">]><xml><FromUserName>&a;</FromUserName><MsgType>text</MsgType></xml>'
    for xml in (billion, "<xml>", f"<xml>{head}<MsgType/></xml>", "<xml><MsgType>text</MsgType><MsgId>x</MsgId></xml>"):
        with pytest.raises(Invalid):
            read(xml, "wx1")
    for kind in ("image", "voice", "location", "text", "miniprogrampage"):
        [found] = read(f"<xml>{head}<MsgType>{kind}</MsgType></xml>", "wx1")
        assert (found.kind, found.dedupe_key) == ("unknown", "7")


def test_a_menu_click_is_a_command_and_a_strange_button_shows_what_can_be_done(
    wechat: FakeWeChat, channel: WeChatChannel
) -> None:
    keys = ("gongdan.report", "gongdan.Nö", "their.button", "")
    assert [one(channel, wechat.event(LI, "CLICK", key)).command for key in keys] == ["report", "help", "help", "help"]


def test_a_code_is_scanned_in_three_ways(wechat: FakeWeChat, channel: WeChatChannel) -> None:
    scans = [wechat.event(LI, "SCAN", "link-abc"), wechat.event(LI, "subscribe", "qrscene_link-abc")]
    assert [(f.kind, f.argument) for f in (one(channel, scan) for scan in scans)] == [("scan", "link-abc")] * 2
    inside = "<ScanType>qrcode</ScanType><ScanResult>https://fix.example/q/A1B2</ScanResult>"
    xml = (
        f"<xml><FromUserName>{LI}</FromUserName><CreateTime>1</CreateTime><MsgType>event</MsgType>"
        f"<Event>scancode_waitmsg</Event><EventKey>gongdan.scan</EventKey><ScanCodeInfo>{inside}</ScanCodeInfo></xml>"
    )
    assert one(channel, wechat.post(xml)).argument == "https://fix.example/q/A1B2"


def test_two_events_of_one_second_are_two_and_a_repetition_is_one(wechat: FakeWeChat, channel: WeChatChannel) -> None:
    with clock.at(NOW):
        keys = [one(channel, wechat.event(LI, "CLICK", key)).dedupe_key for key in ("gongdan.help", "gongdan.mine")]
        again = one(channel, wechat.event(LI, "CLICK", "gongdan.help")).dedupe_key
    assert (len(set(keys)), again) == (2, keys[0])


def test_what_became_of_a_template_is_a_report_on_it(wechat: FakeWeChat, channel: WeChatChannel) -> None:
    fates = {"success": "", "failed:system failed": "undelivered", "failed:user block": "blocked"}
    for fate, refusal in fates.items():
        found = one(channel, wechat.event(LI, "TEMPLATESENDJOBFINISH", MsgID="17", Status=fate))
        told = (found.kind, found.message, found.refusal, found.text, found.takes_reply)
        assert told == ("delivery_report", "17", refusal, fate, False)


def test_a_position_that_a_phone_reports_by_itself_is_no_message(wechat: FakeWeChat, channel: WeChatChannel) -> None:
    told = {"Latitude": "23.1", "Longitude": "113.3"}
    assert channel.parse(wechat.event(LI, "LOCATION", **told)) == []
    spot = {"Location_X": "23.1", "Location_Y": "nowhere"}
    assert one(channel, wechat.message(LI, "location", **spot)).kind == "unknown"
    assert one(channel, wechat.message(LI, "location", **{**spot, "Location_Y": "1"})).location == Location(23.1, 1)


@pytest.mark.parametrize(
    "text", ["ok", "]]> ]]]]>> <b>&amp; 👍", "a\x00\x0b\ud800b", "工" * 682, "1 <A HREF='x'>y</a>"]
)
def test_an_answer_arrives_as_it_was_written(wechat: FakeWeChat, channel: WeChatChannel, text: str) -> None:
    request = wechat.text(LI, "hello")
    wechat.deliver(lambda asked: channel.answer(asked, Outgoing(text)), request)
    [shown] = wechat.seen(LI)
    clean = "".join(char for char in text if char not in "\x00\x0b\ud800")
    assert shown.text == clean.replace("<A", "[A").replace("</a", "[/a")
    assert shown.links == []


def test_what_an_answer_cannot_carry_is_sent(wechat: FakeWeChat, channel: WeChatChannel) -> None:
    request = wechat.text(LI, "hello")
    long = shorten("工" * 700, 2049, "bytes") + "aaaa"
    for message in (Outgoing(long), Outgoing("x", photo="p"), Outgoing("")):
        assert channel.answer(request, message) is None
    silent = channel.answer(request, None)
    assert silent
    assert silent.body == "success"


def settings(**changes: object) -> Settings:
    good: dict[str, object] = {"app_id": "wx0fake0of0tests", "app_secret": "s", "token": "tok", "aes_key": "k" * 43}
    return Settings(wechat=WeChatSettings.model_validate(good | changes))


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"app_id": "gh_1"}, "APP_ID"), ({"aes_key": "short"}, "AES_KEY must have 43"),
        ({"token": "a-token"}, "TOKEN must have 3 to 32"), ({"token": "ab"}, "TOKEN must have 3 to 32"),
        ({"templates": {"news": "?"}}, "news must begin with the id of a template"),
        ({"templates": {"news": "TM0000000001 thing1=colour"}}, "colour|fields"),
        ({"templates": {"gossip": "TM0000000001"}}, "gossip"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_right_are_refused_at_the_start(
    sqlite_db: Database, tmp_path: Path, changes: dict[str, object], word: str
) -> None:
    with pytest.raises(SettingsError, match=word):
        open_wechat(settings(**changes), open_storage(f"file://{tmp_path}/media"), sqlite_db)


def test_plain_mode_is_warned_of_and_templates_are_offered(
    sqlite_db: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    storage = open_storage(f"file://{tmp_path}/media")
    with caplog.at_level(logging.WARNING, module.__name__):
        plain = open_wechat(settings(mode="plain", aes_key=None), storage, sqlite_db)
    assert "plain mode" in caplog.text
    assert plain
    assert plain.limits.templates == ()
    safe = open_wechat(settings(templates={"news": "TM0000000001", "work": "TM0000000002"}), storage, sqlite_db)
    assert safe
    assert safe.limits.templates == ("news", "work")
    assert safe.limits.closes_after == timedelta(hours=48)
    assert open_wechat(Settings(), storage, sqlite_db) is None
