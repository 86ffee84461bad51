"""What WeCom sends us is read, answered and proven; what nobody said becomes nothing."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import pytest
from pydantic import SecretStr

from bot.channels import CHANNELS, Proven
from bot.channels.wecom import WeComChannel, open_wecom
from bot.messages import Answer, Button, HookRequest, Incoming, Outgoing, SendError
from core import clock, i18n, media
from core.database import Database
from core.errors import Invalid, SettingsError
from core.settings import Settings, WeComSettings
from core.storage import Storage
from tests.contracts.rigs.wecom import opened
from tests.fakes.wecom import AES_KEY, AGENT, CORP, SECRET, TOKEN, FakeWeCom, error

SECRETS = {"corp_id": CORP, "agent_id": str(AGENT), "secret": SECRET, "token": TOKEN, "aes_key": AES_KEY}


@pytest.fixture
def app(wecom: FakeWeCom, sqlite_db: Database, storage: Storage, runner: asyncio.Runner) -> Iterator[WeComChannel]:
    channel = opened(wecom, sqlite_db, storage)
    yield channel
    runner.run(channel.close())


def heard(app: WeComChannel, request: HookRequest) -> list[Incoming]:
    assert app.is_welcome(request)
    assert app.is_authentic(request)
    return app.parse(request)


def test_the_official_sample_is_a_message(real_data: Path, app: WeComChannel) -> None:
    sample = json.loads((real_data / "vectors.json").read_text())["wecom_callback"]
    asked, told = sample["verify_url"], sample["message"]
    with clock.at(datetime.fromtimestamp(int(asked["timestamp"]), UTC)):
        assert app.handshake(HookRequest("GET", b"", {}, asked)) == Answer(asked["plain"], "text/plain")
        assert app.handshake(HookRequest("GET", b"", {}, {**asked, "nonce": "1"})) is None
    body = f"<xml><Encrypt><![CDATA[{told['encrypt']}]]></Encrypt></xml>".encode()
    request = HookRequest("POST", body, {}, told)
    assert not app.is_authentic(request)
    with clock.at(datetime.fromtimestamp(int(told["timestamp"]), UTC)):
        assert app.is_authentic(request)
    said = app._seal.opened(told["encrypt"])  # noqa: SLF001 - the sample is of another app: number 218
    assert (told["plain_contains"] in said, told["MsgId"] in said) == (True, True)
    with pytest.raises(Invalid):
        app.parse(request)


def test_every_real_body_is_a_message_or_nothing(real_data: Path, app: WeComChannel, wecom: FakeWeCom) -> None:
    """Those of the Official Account have the same form, and kinds that WeCom may get tomorrow."""
    files = sorted((real_data / "09_chat/wechat/mp").glob("*.xml"))
    kinds = set()
    for file in files:
        text = file.read_text(encoding="utf-8")
        before, _, rest = text.partition("<ToUserName>")
        own = f"{before}<ToUserName>{CORP}</ToUserName>{rest.partition('</ToUserName>')[2]}"
        kinds |= {found.kind for found in heard(app, wecom.wrapped(own))}
    assert len(files) > 40
    assert kinds == {"text", "image", "voice", "location", "file", "unknown", "unfollow", "command", "scan"}


def test_what_nobody_said_is_nothing(app: WeComChannel, wecom: FakeWeCom) -> None:
    for event in ("enter_agent", "subscribe", "LOCATION", "view", "pic_sysphoto", "batch_job_result", "x"):
        assert heard(app, wecom.event("li", event, EventKey="k")) == []
    assert heard(app, wecom.message("sys", "text", Content="x")) == []
    assert heard(app, wecom.event("sys", "change_contact", ChangeType="update_user", UserID="li")) == []


def test_who_leaves_the_company_has_left(app: WeComChannel, wecom: FakeWeCom) -> None:
    [found] = heard(app, wecom.event("sys", "change_contact", ChangeType="delete_user", UserID="li"))
    assert (found.kind, found.sender, found.conversation) == ("left", "li", "li")


def test_an_entry_of_the_menu_is_a_command(app: WeComChannel, wecom: FakeWeCom, runner: asyncio.Runner) -> None:
    runner.run(app.prepare())
    assert [one["name"] for one in wecom.menu["button"]] == ["报修", "我的报修", "扫一扫"]
    [found] = heard(app, wecom.event("li", "click", EventKey=wecom.menu["button"][0]["key"]))
    assert (found.kind, found.command) == ("command", "report")


def test_two_taps_in_a_second_are_two_and_a_repetition_is_one(app: WeComChannel, wecom: FakeWeCom) -> None:
    made = [wecom.event("li", "template_card_event", EventKey="t", ResponseCode=f"code-{n}") for n in (1, 2)]
    keys = [heard(app, request)[0].dedupe_key for request in (*made, wecom.again(made[0]))]
    assert keys[0] == keys[2] != keys[1]


def test_a_position_that_is_none_is_unknown(app: WeComChannel, wecom: FakeWeCom) -> None:
    for x in ("north", "91", "nan", ""):
        [found] = heard(app, wecom.message("li", "location", Location_X=x, Location_Y="120"))
        assert found.kind == "unknown"


def test_words_go_back_in_the_answer_and_nothing_else(app: WeComChannel, wecom: FakeWeCom) -> None:
    request = wecom.says("li", "x")
    told = app.answer(request, Outgoing("a ]]> <b>&"))
    assert told is not None
    text = wecom.read_reply(told.body)
    assert "<ToUserName><![CDATA[li]]></ToUserName>" in text
    assert "<![CDATA[a ]]]]><![CDATA[> <b>&]]>" in text
    told = app.answer(request, Outgoing('\x01<a href="https://evil.example">pay</a>'))
    assert told is not None
    assert '<![CDATA[[a href="https://evil.example">pay[/a>]]>' in wecom.read_reply(told.body)
    assert app.answer(request, Outgoing("x", (Button("接单", "t"),))) is None
    assert app.answer(request, None) == Answer("", "text/plain")


def test_a_voice_note_comes_as_what_browsers_play(app: WeComChannel, wecom: FakeWeCom, runner: asyncio.Runner) -> None:
    out = io.BytesIO()
    with av.open(out, "w", format="amr") as container:
        stream = container.add_stream("libopencore_amrnb", rate=8000, layout="mono")
        frame = av.AudioFrame("s16", "mono", 1600)
        frame.sample_rate = 8000
        frame.planes[0].update(bytes(frame.planes[0].buffer_size))
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    reference = wecom.keep(out.getvalue())
    assert media.check_voice(runner.run(app.fetch(reference))).mime == "audio/mpeg"
    assert runner.run(app.fetch(wecom.keep(b"\xff\xd8 a picture"))) == b"\xff\xd8 a picture"
    broken = b"#!AMR\n" + b"\xff" * 7
    assert runner.run(app.fetch(wecom.keep(broken))) == broken


def test_what_is_too_large_or_gone_is_not_fetched(app: WeComChannel, wecom: FakeWeCom, runner: asyncio.Runner) -> None:
    for reference, reason in ((wecom.keep(bytes(21 * 1024 * 1024)), "too_large"), ("media-9", "gone")):
        with pytest.raises(SendError, match=reason):
            runner.run(app.fetch(reference))


def test_a_code_tells_the_member_once_and_a_guest_never(
    app: WeComChannel, wecom: FakeWeCom, runner: asyncio.Runner
) -> None:
    wecom.codes = {"a": '{"userid": "li"}', "b": '{"openid": "o", "external_userid": "w"}'}
    assert runner.run(app.who("a")) == [Proven("corp_userid", "li", "li")]
    assert [runner.run(app.who(code)) for code in ("a", "b")] == [[], []]
    wecom.trusted = False
    with pytest.raises(SendError, match="untrusted_ip"):
        runner.run(app.who("b"))


@pytest.fixture
def symptoms(
    wecom: FakeWeCom, sqlite_db: Database, storage: Storage, runner: asyncio.Runner
) -> Iterator[Callable[[], dict[str, Any]]]:
    """What is found where the app's own pages are at the fake's address, too."""
    app = opened(wecom, sqlite_db, storage, wecom.url)
    wecom.hook = lambda request: answer.body if (answer := app.handshake(request)) else ""
    wecom.domain = "127.0.0.1"
    yield lambda: {one.key: one.facts for one in runner.run(app.examine())}
    runner.run(app.close())


def test_the_doctor_finds_what_is_wrong_in_the_console(
    wecom: FakeWeCom, symptoms: Callable[[], dict[str, Any]]
) -> None:
    assert symptoms() == {}
    wecom.domain = ""
    assert symptoms() == {"wecom.domain": {"known": "–", "wanted": "127.0.0.1"}}
    wecom.closed = 1
    assert symptoms() == {"wecom.closed": {}}
    wecom.trusted = False
    assert symptoms() == {"wecom.untrusted": {"address": "203.0.113.9"}}
    wecom.trusted = True
    wecom.faults["agent/get"].append(error(301002))
    assert symptoms() == {"wecom.agent": {"agent": AGENT}}
    wecom.faults["gettoken"].append(error(40001))
    assert symptoms() == {"wecom.secret": {}}


def test_the_doctor_compares_clocks_and_asks_our_own_hook(
    wecom: FakeWeCom, symptoms: Callable[[], dict[str, Any]]
) -> None:
    wecom.ahead = timedelta(minutes=3, seconds=30)
    wecom.hook = lambda _: "502 Bad Gateway"
    assert symptoms() == {"wecom.clock": {"minutes": 3}, "wecom.hook": {"url": f"{wecom.url}/hooks/wecom"}}


def test_what_the_doctor_finds_is_said_in_words() -> None:
    for key in ("secret", "untrusted", "agent", "closed", "domain", "clock", "hook"):
        assert all(i18n.has_text(f"doctor.wecom.{key}", locale) for locale in i18n.LOCALES)


@pytest.mark.parametrize(("name", "value"), [("agent_id", "x"), ("aes_key", "short"), ("aes_key", "é" * 43)])
def test_settings_that_cannot_be_right_stop_the_start(
    storage: Storage, sqlite_db: Database, name: str, value: str
) -> None:
    chosen = WeComSettings.model_validate({**SECRETS, name: value})
    with pytest.raises(SettingsError, match=name.upper()) as caught:
        open_wecom(Settings(secret_key=SecretStr("k"), wecom=chosen), storage, sqlite_db)
    assert value == "x" or value not in str(caught.value)


def test_the_app_opens_from_its_settings_and_waits_for_nobody(
    storage: Storage, sqlite_db: Database, runner: asyncio.Runner
) -> None:
    settings = Settings(secret_key=SecretStr("k"), wecom=WeComSettings.model_validate(SECRETS))
    channel = CHANNELS["wecom"](settings, storage, sqlite_db)
    assert isinstance(channel, WeComChannel)
    assert channel.account == CORP
    runner.run(channel.close())
