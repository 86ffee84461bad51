"""The channel as a whole: opened from the settings, called by hook, asked by the doctor, asked who somebody is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.channels import Examined, Proven, SignsIn
from bot.channels._dingtalk_proofs import card_secret, signed
from bot.channels.dingtalk import DingTalkChannel, open_dingtalk
from bot.messages import HookRequest, SendError
from core import clock, i18n
from core.database import Database
from core.settings import DingTalkSettings, Settings
from core.storage import Storage
from tests.bot.channels.conftest import Naps
from tests.bot.channels.dingtalk_office import Office, office_of
from tests.fakes.dingtalk import SECRET, TEMPLATE, Member, refused
from tests.fakes.dingtalk_http import Told
from tests.real_data import real_data as real_data  # noqa: PLC0414 - the fixture

LI = Member("li01", "Li")
HOOK = "https://fix.example"
DENIED = "Forbidden.AccessDenied.AccessTokenPermissionDenied"
UNTRUSTED = "Forbidden.AccessDenied.IpNotInWhiteList"


@pytest.fixture
def office(sqlite_db: Database, storage: Storage, runner: asyncio.Runner) -> Iterator[Office]:
    with office_of(sqlite_db, storage, runner) as found:
        yield found


def opened(database: Database, storage: Storage, **given: object) -> DingTalkChannel | None:
    known = {"client_id": "c", "client_secret": "s", "robot_code": "r", **given}
    chosen = DingTalkSettings.model_validate(known)
    settings = Settings(secret_key=SecretStr("k"), public_url=HOOK, dingtalk=chosen)
    found = open_dingtalk(settings, storage, database)
    assert found is None or isinstance(found, DingTalkChannel)
    return found


def test_the_settings_choose_the_way_and_what_buttons_are(sqlite_db: Database, storage: Storage) -> None:
    off = open_dingtalk(Settings(secret_key=SecretStr("k")), storage, sqlite_db)
    heard, hooked = opened(sqlite_db, storage), opened(sqlite_db, storage, mode="webhook", card_template=TEMPLATE)
    assert off is None
    assert heard is not None
    assert hooked is not None
    assert (heard.is_polled, heard.limits.has_taps, heard.account) == (True, False, "c")
    assert (hooked.is_polled, hooked.limits.has_taps, hooked.limits.has_edits) == (False, True, True)
    assert isinstance(heard, Examined)
    assert isinstance(heard, SignsIn)


def test_no_hook_is_open_while_the_stream_is_heard(office: Office) -> None:
    make = office.dingtalk.callbacks
    genuine = HookRequest("POST", json.dumps(make.text(LI, "x")).encode(), make.headers())
    assert not office.links.is_welcome(genuine)
    assert not office.links.is_authentic(genuine)
    assert office.open(public_url=HOOK).is_authentic(genuine)


def test_a_tap_that_is_overheard_has_the_same_number_and_one_that_is_repeated_another(office: Office) -> None:
    make, channel = office.dingtalk.callbacks, office.open(public_url=HOOK)
    body, secret = json.dumps(make.tap(LI, "row-1", "t1")).encode(), card_secret(SECRET)
    first = make.card_headers(secret, str(make.stamp() - 1000))
    hooks = [HookRequest("POST", body, headers, part="cards") for headers in (first, first, make.card_headers(secret))]
    assert all(channel.is_authentic(hook) for hook in hooks)
    keys = [channel.parse(hook)[0].dedupe_key for hook in hooks]
    assert (keys[0] == keys[1], keys[0] == keys[2]) == (True, False)


def test_the_event_callback_of_the_documentation_is_not_one_of_ours(office: Office, real_data: Path) -> None:
    """It belongs to the contact book; its proof covers nothing that the robot is told."""
    known = json.loads((real_data / "vectors.json").read_text(encoding="utf-8"))["dingtalk_http_callback"]
    channel = office.open(public_url=HOOK)
    query = {name: known[name] for name in ("signature", "timestamp", "nonce")}
    body = json.dumps({"encrypt": known["encrypt"]}).encode()
    with clock.at(datetime.fromtimestamp(int(known["timestamp"]) / 1000, UTC)):
        for headers in ({}, {"timestamp": known["timestamp"], "sign": known["signature"]}):
            assert not channel.is_authentic(HookRequest("POST", body, headers, query))


def test_where_cards_call_us_is_registered_as_often_as_it_takes(office: Office, naps: Naps) -> None:
    hooked = office.open(public_url=HOOK, template=TEMPLATE, sleep=naps)
    office.dingtalk.fail("register", refused(status=503), Told({"code": DENIED, "message": "x"}, 403))
    office.runner.run(hooked.prepare())
    wish = office.dingtalk.api.registered
    assert (wish["callbackUrl"], wish["forceUpdate"]) == (f"{HOOK}/hooks/dingtalk/cards", True)
    assert (wish["apiSecret"], len(naps.taken)) == (card_secret(SECRET), 2)
    assert SECRET not in str(wish)
    office.runner.run(office.cards.prepare())
    assert len(office.dingtalk.called("register")) == 3


def test_what_cannot_be_registered_is_told_and_not_repeated(office: Office, naps: Naps) -> None:
    office.dingtalk.fail("register", refused())
    office.runner.run(office.open(public_url=HOOK, template=TEMPLATE, sleep=naps).prepare())
    assert (len(office.dingtalk.called("register")), naps.taken) == (1, [])


def test_a_file_is_fetched_from_dingtalk_and_from_nowhere_else(office: Office) -> None:
    office.dingtalk.keep("c1", b"a picture")
    assert office.runner.run(office.links.fetch("c1")) == b"a picture"
    for elsewhere in (
        "https://example.org/a",
        "http://169.254.169.254/x",
        "//example.org",
        "https://dingtalk.com.evil.cn/",
    ):
        office.dingtalk.fail("messageFiles/download", Told({"downloadUrl": elsewhere}))
        with pytest.raises(SendError) as caught:
            office.runner.run(office.links.fetch("c1"))
        assert caught.value.code == "refused"


def test_a_file_that_is_too_large_or_gone_is_told(office: Office) -> None:
    office.dingtalk.keep("big", bytes(20 * 1024 * 1024 + 1))
    for code, reason in (("big", "too_large"), ("unknown", "refused")):
        with pytest.raises(SendError) as caught:
            office.runner.run(office.links.fetch(code))
        assert caught.value.code == reason


def test_the_doctor_is_content_and_says_that_buttons_are_links(office: Office) -> None:
    assert [one.key for one in office.runner.run(office.links.examine())] == ["dingtalk.links.ok"]
    assert office.runner.run(office.cards.examine()) == []
    assert office.runner.run(office.open(public_url=HOOK, template=TEMPLATE).examine()) == []
    assert office.dingtalk.api.sent == []


@pytest.mark.parametrize(
    ("path", "fault", "symptom"),
    [
        ("accessToken", refused("invalidClientIdOrSecret"), "unknown_app"),
        ("batchSend", Told({"code": UNTRUSTED, "message": "request ip=1.2.3.4"}, 403), "untrusted_ip"),
        ("batchSend", Told({"code": DENIED, "message": "qyapi_robot_sendmsg"}, 403), "no_permission"),
        ("connections/open", refused("ua.invalid", "stream"), "no_stream"),
        ("batchSend", refused("resource.not.found", "robot 不存在"), "unknown_robot"),
        ("accessToken", refused("Other", "no"), "refused"),
    ],
)
def test_the_doctor_says_what_to_do_in_the_console(office: Office, path: str, fault: Told, symptom: str) -> None:
    office.dingtalk.fail(path, fault)
    [found] = office.runner.run(office.links.examine())
    assert (found.key, found.facts["reason"]) == (f"dingtalk.{symptom}", fault.content["message"])
    for locale in i18n.LOCALES:
        assert i18n.translate(f"doctor.{found.key}", locale, **found.facts) != f"doctor.{found.key}"


def test_the_doctor_sees_a_clock_that_is_wrong_and_a_platform_that_is_away(office: Office) -> None:
    office.dingtalk.fail("/", Told(headers={"date": f"{clock.now() - timedelta(minutes=9):%a, %d %b %Y %H:%M:%S} GMT"}))
    [found] = [one for one in office.runner.run(office.cards.examine()) if "clock" in one.key]
    assert found.facts == {"minutes": 9}
    office.dingtalk.fail("accessToken", refused(status=503))
    with pytest.raises(SendError) as caught:
        office.runner.run(office.cards.examine())
    assert caught.value.code == "unreachable"


def test_a_code_from_inside_dingtalk_and_one_from_its_sign_in_page_name_the_same_person(office: Office) -> None:
    api = office.dingtalk.api
    api.codes["h5"] = {"userid": "li01", "unionid": "u1", "name": "Li"}
    api.web_codes |= {"web": "u1", "guest": "u2"}
    api.unions["u1"] = "li01"
    whole = [Proven("ding_userid", "li01", conversation="li01"), Proven("ding_unionid", "u1")]
    who = [office.runner.run(office.links.who(code)) for code in ("h5", "web", "guest", "h5", "x")]
    assert who == [whole, whole, [Proven("ding_unionid", "u2")], [], []]


def test_who_somebody_is_stays_open_while_dingtalk_is_away(office: Office) -> None:
    office.dingtalk.fail("getuserinfo", Told({}, 502))
    with pytest.raises(SendError):
        office.runner.run(office.links.who("x"))


@pytest.mark.parametrize(
    ("secret", "signature"),
    [
        ("this is a secret", "DJrE6qdyVGCQz9z5r2MDuNcNAhwYnuAkyj13cx169CA="),
        ("this is secret", "hmPWwU+7lVdm3ZZz0r9tSfx0L4Q26jWOZr9+Gs6EZQM="),
    ],
)
def test_signatures_are_those_that_others_make(secret: str, signature: str) -> None:
    """The time and the secrets of DingTalk's examples, with what independent implementations of them give."""
    assert signed("1577262236757", secret) == signature
