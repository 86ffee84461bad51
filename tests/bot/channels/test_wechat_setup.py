"""Setting an account up: what the doctor finds, the menu, signing in, codes that join, pages that scan."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.channels import Proven, Symptom
from bot.channels._weixin_sending import template_of
from bot.channels.wechat import WeChatChannel
from bot.messages import SendError
from bot.proofs import page_signature
from core import clock, i18n
from core.database import Database
from core.storage import open_storage
from tests.bot.channels.conftest import Naps
from tests.contracts.rigs.wechat import LI, channel_of
from tests.fakes.wechat import TOKEN, FakeWeChat, Fault, says

ID = "TM0000000001"
CHECK, MENU = "/cgi-bin/callback/check", "/cgi-bin/menu/create"
Opener = Callable[..., WeChatChannel]


@pytest.fixture
def wechat() -> Iterator[FakeWeChat]:
    with FakeWeChat() as fake:
        fake.templates = {ID: "{{thing1.DATA}}"}
        yield fake


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def opened(wechat: FakeWeChat, sqlite_db: Database, tmp_path: Path, runner: asyncio.Runner) -> Iterator[Opener]:
    made = []

    def make(*purposes: str, said: str = f"{ID} thing1=thing", **changes: Any) -> WeChatChannel:
        templates = {purpose: template_of(purpose, said) for purpose in purposes or ("work", "news")}
        storage = open_storage(f"file://{tmp_path}/media")
        made.append(channel_of(wechat, sqlite_db, storage, templates=templates, **changes))
        return made[-1]

    yield make
    for channel in made:
        runner.run(channel.close())


def found(runner: asyncio.Runner, channel: WeChatChannel) -> list[str]:
    """What the doctor says, in both languages; returns the keys."""
    symptoms = runner.run(channel.examine())
    for symptom in symptoms:
        for locale in i18n.LOCALES:
            text = i18n.translate(f"doctor.{symptom.key}", locale, **symptom.facts)
            assert "{" not in text
            assert "canary" not in text
    return [symptom.key.removeprefix("wechat.") for symptom in symptoms]


def test_nothing_is_wrong_with_an_account_that_is_set_up(
    wechat: FakeWeChat, opened: Opener, runner: asyncio.Runner
) -> None:
    channel = opened()
    runner.run(channel.prepare())
    assert found(runner, channel) == []


def test_what_is_wrong_is_told_with_what_to_do(wechat: FakeWeChat, opened: Opener, runner: asyncio.Runner) -> None:
    assert found(runner, opened("work", said=f"{ID} keyword1=thing")) == ["no_template", "left_out_keyword"]
    assert found(runner, opened(said="TM000000other")) == ["unknown_template"] * 2
    assert found(runner, opened(aes_key="", public_url="https://fix.example:8443")) == ["plain", "port"]
    assert found(runner, opened(secret="canary-wrong")) == ["bad_secret"]
    wechat.dns, wechat.menu = [], {"button": [{"type": "view", "name": "x", "url": "https://x.example"}]}
    assert found(runner, opened()) == ["unresolved_hook", "other_menu"]
    wechat.is_trusted = False
    assert found(runner, opened()) == ["untrusted_ip"]


@pytest.mark.parametrize(("number", "key"), [(40201, ["no_hook"]), (40203, ["unchecked_hook"]), (48001, [])])
def test_the_way_back_to_us_is_tried(
    wechat: FakeWeChat, opened: Opener, runner: asyncio.Runner, number: int, key: list[str]
) -> None:
    wechat.fail(CHECK, says(number))
    wechat.fail("/cgi-bin/get_current_selfmenu_info", says(48001))
    assert found(runner, opened()) == key


def test_an_account_without_the_right_to_templates_is_told_so(
    wechat: FakeWeChat, opened: Opener, runner: asyncio.Runner
) -> None:
    wechat.fail("/cgi-bin/template/get_all_private_template", says(48001))
    assert found(runner, opened()) == ["no_templates_right"]


def test_who_signs_in_is_known_to_all_apps_of_one_owner(
    wechat: FakeWeChat, opened: Opener, runner: asyncio.Runner
) -> None:
    wechat.codes = {"a": {"openid": LI, "unionid": "u-1"}, "b": {"openid": LI, "is_snapshotuser": 1, "unionid": "u-2"}}
    channel = opened()
    [mine, ours] = runner.run(channel.who("a"))
    assert mine.key(channel) == ("wechat", wechat.app_id, "openid", LI)
    assert (ours.key(channel), ours.conversation) == (("weixin_open", "", "unionid", "u-1"), "")
    assert runner.run(channel.who("b")) == []


def test_a_clock_that_is_wrong_is_found_by_the_platforms_own(opened: Opener, runner: asyncio.Runner) -> None:
    async def ahead() -> list[Symptom]:
        with clock.at(clock.now() + timedelta(minutes=4)):
            return await opened().examine()

    [wrong, *_] = runner.run(ahead())
    assert (wrong.key, 235 < wrong.facts["seconds"] < 245) == ("wechat.clock", True)


def test_a_platform_that_is_away_is_an_error_and_no_symptom(
    wechat: FakeWeChat, opened: Opener, runner: asyncio.Runner
) -> None:
    wechat.fail(TOKEN, Fault(is_cut=True))
    with pytest.raises(SendError, match="unreachable"):
        runner.run(opened().examine())


def test_the_menu_is_ours_once_wechat_can_be_reached(
    wechat: FakeWeChat, opened: Opener, runner: asyncio.Runner
) -> None:
    naps, channel = Naps(), opened()
    channel._sleep = naps  # noqa: SLF001 - pauses that pass at once
    wechat.fail(MENU, Fault(status=503, error={}), says(-1))
    runner.run(channel.prepare())
    assert naps.taken == [1.0, 2.0]
    assert [row["name"] for row in wechat.menu["button"]] == ["报修", "我的", "更多 / More"]
    keys = [item["key"] for row in wechat.menu["button"] for item in row.get("sub_button", [row])]
    assert [key.removeprefix("gongdan.") for key in keys] == "report scan mine link work language help".split()


def test_a_menu_of_somebody_elses_stays_and_a_refusal_ends_the_trying(
    wechat: FakeWeChat, opened: Opener, runner: asyncio.Runner
) -> None:
    theirs = {"button": [{"name": "x", "sub_button": [{"type": "click", "name": "y", "key": "theirs"}]}]}
    wechat.menu = theirs
    runner.run(opened().prepare())
    assert wechat.menu == theirs
    wechat.menu = {}
    wechat.fail(MENU, says(48001))
    runner.run(opened().prepare())
    assert wechat.menu == {}


def test_a_code_of_the_sign_in_is_good_once_and_names_no_passer_by(
    wechat: FakeWeChat, opened: Opener, runner: asyncio.Runner
) -> None:
    wechat.codes = {"c1": {"openid": LI}, "c2": {"openid": "o-nobody", "is_snapshotuser": 1}}
    channel = opened()
    told = [runner.run(channel.who(code)) for code in ("c1", "c1", "c2")]
    assert told == [[Proven("openid", LI, LI)], [], []]
    wechat.fail("/sns/oauth2/access_token", says(-1))
    with pytest.raises(SendError):
        runner.run(channel.who("c3"))


def test_a_scanned_code_joins_by_its_one_time_code(wechat: FakeWeChat, opened: Opener, runner: asyncio.Runner) -> None:
    channel = opened()
    url = runner.run(channel.joining_code("a_b-c" * 5, timedelta(minutes=15)))
    [message] = channel.parse(wechat.event(LI, "subscribe", f"qrscene_{url.rpartition('/')[2]}"))
    assert (message.kind, message.argument) == ("scan", "link-" + "a_b-c" * 5)


def test_a_page_proves_itself_as_wechat_publishes_it(
    wechat: FakeWeChat, opened: Opener, runner: asyncio.Runner, real_data: Path
) -> None:
    known = json.loads((real_data / "vectors.json").read_text())["wechat_jssdk"]
    parts = (known["ticket"], known["noncestr"], str(known["timestamp"]))
    assert page_signature(*parts, known["url"]) == page_signature(*parts, f"{known['url']}#x") == known["signature"]
    channel = opened()
    proof, _ = (runner.run(channel.page_proof("https://fix.example/scan")) for _ in range(2))
    wanted = page_signature("canary-ticket", proof["nonceStr"], proof["timestamp"], "https://fix.example/scan")
    assert (proof["appId"], proof["signature"]) == (wechat.app_id, wanted)
    assert [one.path for one in wechat.asked].count("/cgi-bin/ticket/getticket") == 1
