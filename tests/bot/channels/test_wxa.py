"""The mini program: what its callbacks tell, what goes out, who signs in, and what the doctor finds."""

from __future__ import annotations

import asyncio
import json
import logging
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.channels import Proven
from bot.channels._weixin import SEALED, SEALED_IN_JSON, sealed_part
from bot.channels._weixin_sending import template_of
from bot.channels._wxa_messages import read
from bot.channels.wxa import MiniProgram, open_wxa
from bot.messages import HookRequest, Incoming, Outgoing, SendError, unpacked
from core import i18n
from core.database import Database
from core.errors import Invalid, SettingsError
from core.settings import MiniProgramSettings, Settings
from core.storage import open_storage
from tests.contracts.rigs.wxa import LI, program_of
from tests.fakes.wechat import TOKEN, says
from tests.fakes.wxa import PHONE, SESSION, SUBSCRIBE, FakeMiniProgram

NEWS, SURVEY = "TM_news_0001", "TM_survey_0001"
SAID = f"{NEWS} character_string1=number thing2=place thing3=text time4=moment"
CONTENT = "{{character_string1.DATA}} {{thing2.DATA}} {{thing3.DATA}} {{time4.DATA}}"
KEY = "00000000-0000-7000-8000-000000000001"
TOLD = Outgoing(
    "Wang has taken it: lift (WX-1), there by 15:30.", purpose="news", is_template=True, url="https://fix.example/t/1",
    fields=(("number", "WX-1"), ("place", "3号楼/2单元"), ("text", "Wang has taken it: lift (WX-1), there by 15:30."),
            ("moment", "2026-11-20 15:30")),
)  # fmt: skip
Opener = Callable[..., MiniProgram]


@pytest.fixture
def wxa() -> Iterator[FakeMiniProgram]:
    with FakeMiniProgram() as fake:
        fake.templates = {NEWS: CONTENT, SURVEY: "{{thing1.DATA}}"}
        fake.followers[LI].is_here = True
        yield fake


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def opened(wxa: FakeMiniProgram, sqlite_db: Database, tmp_path: Path, runner: asyncio.Runner) -> Iterator[Opener]:
    made = []

    def make(news: str = SAID, **changes: str) -> MiniProgram:
        templates = {"news": template_of("news", news), "survey": template_of("survey", f"{SURVEY} thing1=text")}
        storage = open_storage(f"file://{tmp_path}/media")
        made.append(program_of(wxa, sqlite_db, storage, templates=templates, **changes))
        return made[-1]

    yield make
    for one in made:
        runner.run(one.close())


def told(channel: MiniProgram, request: HookRequest) -> list[tuple[str, object]]:
    assert channel.is_authentic(request)
    return [(one.kind, one.consents or one.refusal or one.argument) for one in channel.parse(request)]


@pytest.mark.parametrize("is_json", [True, False])
def test_what_people_allow_and_forbid_is_counted_by_what_it_is_for(
    wxa: FakeMiniProgram, opened: Opener, *, is_json: bool
) -> None:
    wxa.is_json, channel = is_json, opened()
    both = (("news", 1), ("survey", 1))
    assert told(channel, wxa.accept(LI, NEWS, SURVEY, "TM_of_nobody")) == [("consent", both)]
    assert told(channel, wxa.accept(LI, NEWS)) == [("consent", both[:1])]
    assert told(channel, wxa.reject(LI, NEWS)) == []
    assert told(channel, wxa.turn_off(LI, NEWS)) == [("consent", (("news", 0),))]
    assert told(channel, wxa.enter(LI)) == told(channel, wxa.enter(LI, "from=menu")) == []
    assert told(channel, wxa.enter(LI, "code=7KQ4M2XP9T")) == [("scan", "7KQ4M2XP9T")]
    assert told(channel, wxa.event(LI, "weapp_audit_success")) == []
    said = channel.parse(wxa.message(LI, "text", Content="漏水 👍"))
    assert [(one.kind, one.text, one.takes_reply) for one in said] == [("text", "漏水 👍", False)]


@pytest.mark.parametrize(
    "named", ["code=link-4f2a", "code=link-4f2a&code=7KQ4M2XP9T", "code=a%20b", f"code={'A' * 33}"]
)
def test_a_card_that_was_handed_on_joins_nobody_to_anybody(wxa: FakeMiniProgram, opened: Opener, named: str) -> None:
    channel = opened()
    assert told(channel, wxa.enter(LI, named)) == []
    [card] = channel.parse(wxa.message(LI, "miniprogrampage", PagePath=f"pages/report/index?{named}"))
    assert (card.kind, card.argument) == ("unknown", "")


def test_half_a_character_is_refused_and_not_kept_for_ever() -> None:
    told = '{"FromUserName": "o-li", "CreateTime": 1, "MsgType": "text", "MsgId": 1, "Content": "\\ud83d"}'
    with pytest.raises(Invalid):
        read(told, "wx", {})


@pytest.mark.parametrize("end", [b'"}', b""])
def test_a_body_costs_little_before_its_proof(end: bytes) -> None:
    tracemalloc.start()
    found = sealed_part(b'{"Encrypt":"' + b"A" * 1_000_000 + end, (SEALED, SEALED_IN_JSON))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (bool(found), most < 10_000_000) == (bool(end), True)


def test_two_acceptances_of_one_second_are_two_and_a_repetition_is_one(wxa: FakeMiniProgram, opened: Opener) -> None:
    channel = opened()
    requests = [wxa.accept(LI, NEWS), wxa.accept(LI, SURVEY)]
    found = [channel.parse(request)[0] for request in [*requests, *requests]]
    assert [unpacked(json.loads(json.dumps(one.packed()))) for one in found] == found
    keys = [one.dedupe_key for one in found]
    assert len(set(keys)) == 2


def test_bodies_that_are_known_to_have_come_are_read(real_data: Path) -> None:
    """Published ones, in XML; what only an Official Account knows is nothing or `unknown` here."""
    folder = real_data / "09_chat/wechat/mp"
    purposes = {"VRR0UEO9VJOLs0MHlU0OilqX6MVFDwH3_3gz3Oc0NIc": "news"}
    found: dict[str, list[Incoming]] = {
        file.stem.rpartition(".")[2]: read(file.read_text(encoding="utf-8"), "wx", purposes)
        for file in sorted(folder.glob("*.xml"))
    }
    assert len(found) > 45
    [popup], [change] = (found[f"test_template_subscribe_msg_{name}_event"] for name in ("popup", "change"))
    assert (popup.consents, change.consents) == ((("news", 1),), (("news", 0),))
    [sent] = found["test_template_subscribe_msg_sent_event"]
    assert (sent.kind, sent.message, sent.refusal, sent.text) == (
        "delivery_report", "1700827132819554304", "", "success",
    )  # fmt: skip
    kinds = {one.kind for messages in found.values() for one in messages}
    assert kinds == {"consent", "delivery_report", "text", "image", "unknown"}


def test_without_callbacks_nothing_comes_and_no_window_opens(wxa: FakeMiniProgram, opened: Opener) -> None:
    channel = opened(token="", aes_key="")
    request = wxa.message(LI, "text", Content="x")
    assert (channel.hooks, channel.is_welcome(request), channel.is_authentic(request)) == ((), False, False)
    assert channel.handshake(wxa.knock()) is None
    with pytest.raises(Invalid):
        opened().parse(HookRequest("POST", b"x", {}, request.query))


def test_the_console_gets_its_text_back(wxa: FakeMiniProgram, opened: Opener) -> None:
    answer = opened().handshake(wxa.knock("583"))
    assert answer
    assert (answer.body, answer.content_type) == ("583", "text/plain")


def test_a_subscribe_message_shows_its_fields_and_opens_its_page(
    wxa: FakeMiniProgram, opened: Opener, runner: asyncio.Runner
) -> None:
    channel = opened()
    wxa.accept(LI, NEWS)
    number = runner.run(channel.send(LI, TOLD, KEY))
    [shown] = wxa.seen(LI)
    assert shown.values == {
        "character_string1": "WX-1", "thing2": "3号楼/2单元", "thing3": "Wang has taken it:…",
        "time4": "2026-11-20 15:30",
    }  # fmt: skip
    assert shown.links == ["pages/ticket/index?number=WX-1"]
    [report] = [one for request in wxa.happened for one in channel.parse(request)]
    assert (report.kind, report.message, report.refusal) == ("delivery_report", number, "")
    with pytest.raises(SendError, match="no_consent") as caught:
        runner.run(channel.send(LI, TOLD, KEY))
    assert (caught.value.retryable, caught.value.stop_contact) == (False, False)


@pytest.mark.parametrize(
    ("number", "code", "retryable"),
    [(43101, "no_consent", False), (47003, "refused", False), (40037, "refused", False), (41030, "refused", False),
     (45011, "throttled", True), (40003, "gone", False), (40164, "untrusted_ip", True)],
)  # fmt: skip
def test_what_wechat_says_is_told_as_what_to_do(
    wxa: FakeMiniProgram, opened: Opener, runner: asyncio.Runner, number: int, code: str, *, retryable: bool
) -> None:
    wxa.fail(SUBSCRIBE, says(number))
    with pytest.raises(SendError) as caught:
        runner.run(opened().send(LI, TOLD, KEY))
    assert (caught.value.code, caught.value.retryable) == (code, retryable)


def test_a_code_says_who_it_is_and_nothing_of_its_secrets_is_told(
    wxa: FakeMiniProgram, opened: Opener, runner: asyncio.Runner, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wxa.codes = {"a": {"openid": LI}, "b": {"openid": "o-new", "unionid": "u-1"}}
    channel = opened()
    assert runner.run(channel.who("a")) == [Proven("openid", LI, LI)]
    assert runner.run(channel.who("b")) == [
        Proven("openid", "o-new", "o-new"),
        Proven("unionid", "u-1", realm="weixin_open"),
    ]
    assert [runner.run(channel.who(code)) for code in ("a", "never")] == [[], []]
    wxa.phones = {"p": "13900000001"}
    assert [runner.run(channel.phone(code)) for code in ("p", "p")] == ["+8613900000001", ""]
    for path in (SESSION, PHONE):
        wxa.fail(path, says(45011))
    for asked in (channel.who("c"), channel.phone("c")):
        with pytest.raises(SendError, match="throttled"):
            runner.run(asked)
    assert "canary" not in caplog.text


def found(runner: asyncio.Runner, channel: MiniProgram) -> list[str]:
    """What the doctor says, in both languages; returns the keys."""
    symptoms = runner.run(channel.examine())
    for symptom in symptoms:
        for locale in i18n.LOCALES:
            text = i18n.translate(f"doctor.{symptom.key}", locale, **symptom.facts)
            assert "{" not in text
            assert "canary" not in text
    return [symptom.key.removeprefix("wxa.") for symptom in symptoms]


def test_the_doctor_says_what_is_wrong_and_nothing_where_all_is_well(
    wxa: FakeMiniProgram, opened: Opener, runner: asyncio.Runner
) -> None:
    assert found(runner, opened()) == []
    assert found(runner, opened("TM_other_00001 thing1=text")) == ["unknown_template"]
    assert found(runner, opened(f"{NEWS} phrase3=text time4=time")) == ["unfit_keyword", "left_out_keyword"]
    assert found(runner, opened(public_url="https://fix.example:8443")) == ["port"]
    wxa.is_callback_known = False
    assert found(runner, opened()) == ["no_hook"]
    assert found(runner, opened(token="", aes_key="")) == []
    wxa.fail("/wxaapi/newtmpl/gettemplate", says(48001))
    assert found(runner, opened(token="", aes_key="")) == ["no_templates_right"]
    assert found(runner, opened(secret="canary-wrong")) == ["bad_secret"]
    wxa.is_trusted = False
    assert found(runner, opened()) == ["untrusted_ip"]
    wxa.is_trusted = True
    wxa.fail(TOKEN, says(45009))
    with pytest.raises(SendError):
        runner.run(opened().examine())


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"app_id": "gh_1"}, "APP_ID"), ({"aes_key": "short"}, "AES_KEY"), ({"templates": {"jobs": NEWS}}, "jobs"),
        ({"templates": {"news": f"{NEWS} thing1=colour"}}, "GONGDAN_WXA__TEMPLATES: news"),
        ({"templates": {"news": "TM phrase2=text"}}, "news must begin with the id of a template"),
        ({"token": "a token"}, "GONGDAN_WXA__TOKEN"), ({"page": "pages/ticket/index"}, "PAGE must have {number}"),
        ({"templates": {"news": NEWS, "survey": NEWS}}, "template of its own"), ({}, ""),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_right_are_refused_at_the_start(
    sqlite_db: Database, tmp_path: Path, changes: dict[str, object], problem: str
) -> None:
    known = {"app_id": "wx0123456789abcdef", "app_secret": "s", "token": "tok", "aes_key": "k" * 43}
    settings = Settings(wxa=MiniProgramSettings.model_validate(known | changes))
    if not problem:
        assert isinstance(open_wxa(settings, open_storage(f"file://{tmp_path}"), sqlite_db), MiniProgram)
        return
    with pytest.raises(SettingsError) as caught:
        open_wxa(settings, open_storage(f"file://{tmp_path}"), sqlite_db)
    assert problem in str(caught.value.facts)
