"""What every channel promises to the rest of the bot, tried on each one that is registered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pydantic import SecretStr

from bot import channels, flows
from bot.channels import CHANNELS, SignsIn
from bot.cutting import shorten
from bot.messages import Button, HookRequest, Outgoing, SendError, unpacked
from bot.render import Setting, render
from bot.replying import Replying
from bot.router import Router
from core import i18n, registry, sendings
from core.database import Database
from core.errors import Invalid
from core.settings import Settings
from core.storage import key_of, open_storage
from tests.contracts.rigs import Rig, rig_of
from tests.personas import NOW
from tests.pictures import corners, encoded

registry.load(channels.__name__)
NAMES = list(CHANNELS)
INCOMING = ("text", "photo", "voice", "location", "button", "scan", "unknown")
FAULTS = ("throttled", "timeout", "refused", "blocked", "closed")
REPLAYED = "stale"
PHOTO = key_of("ab" * 32, ".screen.jpg")
WORDS = {
    "plain": "Got it: lift not moving, building 3 (WX-1120-042).",
    "chinese": "已收到:3号楼2单元电梯不动(工单 WX-1120-042)。张师傅会在 15:30 前到。",
    "emoji": "👍🏽 👨‍👩‍👧‍👦 🇨🇳 1️⃣ 电梯🛗 ok",
    "mixed": "工单 WX-1120-042：👨‍👩‍👧‍👦 🇨🇳 lift é 3️⃣ — 请看 https://fix.example/t/WX-1120-042",
    "markup": "<b>a</b> & *b* _c_ [d](http://e.f) `g` ]]> {h} %s @li #x",
}


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def rig(name: str, sqlite_db: Database, tmp_path: Path, runner: asyncio.Runner) -> Iterator[Rig]:
    storage = open_storage(f"file://{tmp_path}/media")
    storage.put(PHOTO, encoded(corners(), "JPEG"))
    rig = rig_of(name)(sqlite_db, storage)
    yield rig
    rig.close(runner)


def pairs(cases: Iterable[str]) -> list[tuple[str, str]]:
    """Each channel with each case that its platform knows."""
    return [(name, case) for name in NAMES for case in cases if case not in rig_of(name).lacks]


def send(rig: Rig, runner: asyncio.Runner, message: Outgoing) -> str:
    return runner.run(rig.channel.send(rig.conversation, message, "00000000-0000-7000-8000-000000000001"))


@pytest.mark.parametrize("name", NAMES)
def test_what_a_platform_lacks_is_said_with_a_reason(name: str) -> None:
    lacks = rig_of(name).lacks
    assert set(lacks) <= {*INCOMING, *FAULTS, REPLAYED}
    assert all(lacks.values())


@pytest.mark.parametrize("name", NAMES)
def test_no_window_and_no_quota_is_longer_than_what_was_sent_is_kept(rig: Rig) -> None:
    limits = rig.channel.limits
    spans = [window.lasts for window in limits.windows] + [quota.per for quota in limits.quotas]
    assert max(spans, default=sendings.KEPT) <= sendings.KEPT


@pytest.mark.parametrize(("name", "case"), pairs(INCOMING))
def test_a_callback_is_authentic_and_says_what_was_sent(rig: Rig, name: str, case: str) -> None:
    known = rig.incoming()[case]
    assert rig.channel.is_welcome(known.request)
    assert rig.channel.is_authentic(known.request)
    [found] = rig.channel.parse(known.request)
    assert {field: getattr(found, field) for field in known.expected} == dict(known.expected)
    assert (found.channel, found.account, rig.channel.name) == (name, rig.channel.account, name)


@pytest.mark.parametrize(("name", "case"), pairs(INCOMING))
def test_a_redelivered_callback_is_the_same_message_also_after_the_inbox(rig: Rig, case: str) -> None:
    request = rig.incoming()[case].request
    [first], [again] = rig.channel.parse(request), rig.channel.parse(request)
    assert first.dedupe_key
    assert first == again == unpacked(json.loads(json.dumps(first.packed())))


@pytest.mark.parametrize("name", NAMES)
def test_nothing_forged_is_authentic(rig: Rig) -> None:
    forged = rig.forged()
    assert forged
    assert not any(rig.channel.is_authentic(request) for request in forged)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_was_overheard_is_authentic_later(rig: Rig) -> None:
    stale = rig.stale()
    assert bool(stale) != (REPLAYED in rig.lacks)
    assert not any(rig.channel.is_authentic(request) for request in stale)


@pytest.mark.parametrize(("name", "case"), pairs(INCOMING))
def test_a_replay_is_taken_once_and_answered_with_the_same_bytes(rig: Rig, sqlite_db: Database, case: str) -> None:
    request = rig.incoming()[case].request
    flows.load()
    settings = Settings(secret_key=SecretStr("k"))
    taken, told = [], []
    for _ in range(3):
        messages = rig.channel.parse(request)
        taken += [Router(sqlite_db, settings).take(incoming) for incoming in messages]
        told.append(Replying(sqlite_db, settings).to(rig.channel, request, messages, is_late=False).answer)
    assert taken == ["done", "replay", "replay"]
    assert told == [told[0]] * 3


@pytest.mark.parametrize("name", NAMES)
def test_what_only_asks_whether_we_are_there_is_no_message(rig: Rig) -> None:
    for case in rig.incoming().values():
        assert rig.channel.handshake(case.request) is None
    assert rig.channel.handshake(HookRequest("GET", b"")) is None


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_callback_is_invalid(rig: Rig) -> None:
    for request in rig.garbage():
        assert rig.channel.is_authentic(request)
        with pytest.raises(Invalid):
            rig.channel.parse(request)


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("name", NAMES)
def test_words_arrive_as_they_were_written(rig: Rig, runner: asyncio.Runner, words: str) -> None:
    assert send(rig, runner, Outgoing(WORDS[words]))
    assert [message.text for message in rig.seen()] == [WORDS[words]]


@pytest.mark.parametrize("character", ["a", "工", "🛗", "工a👨‍👩‍👧‍👦 é🇨🇳"])
@pytest.mark.parametrize("name", NAMES)
def test_the_longest_message_that_the_limits_allow_is_taken(rig: Rig, runner: asyncio.Runner, character: str) -> None:
    limits = rig.channel.limits
    text = shorten(character * (limits.text + 1), limits.text, limits.unit)
    send(rig, runner, Outgoing(text))
    assert [message.text for message in rig.seen()] == [text]


@pytest.mark.parametrize("name", NAMES)
def test_a_photo_arrives_with_its_words_and_buttons(rig: Rig, runner: asyncio.Runner) -> None:
    """As far as the limits say that it can: nothing else is asked of a channel."""
    limits = rig.channel.limits
    tap, link = Button("确认", "t" * 40), Button("看", url="https://x.org/t/1")
    shown = tuple(one for one, can in ((tap, limits.has_taps), (link, limits.has_links)) if can)[: limits.buttons]
    send(rig, runner, Outgoing("修好了", shown, photo=PHOTO if limits.has_photos else ""))
    labels = [one.label for one in shown]
    assert [(m.text, m.labels, m.has_photo) for m in rig.seen()] == [("修好了", labels, limits.has_photos)]


@pytest.mark.parametrize("locale", i18n.LOCALES)
@pytest.mark.parametrize("name", NAMES)
def test_what_can_be_chosen_is_seen_whatever_the_platform_has(rig: Rig, runner: asyncio.Runner, locale: str) -> None:
    """A long offer: its buttons are taps, links or numbers, and its address is a button or stands in the words."""
    url = "https://fix.example/desk"
    setting = Setting(locale, "Asia/Shanghai", NOW, str, "https://fix.example/w/x")
    kept = [_kept("work.accept"), _kept("work.decline"), _kept("digest.board", url)]
    message = render("note", {"number": "", "text": "漏水👨‍👩‍👧‍👦" * 5000}, kept, setting, rig.channel.limits)
    send(rig, runner, message)
    [seen] = rig.seen()
    assert seen.text == message.text
    for button, _ in kept[:2]:
        label = i18n.translate(f"button.{button['action']}", locale)
        assert label in seen.labels or label in seen.text
    assert any(one.url == url for one in message.buttons) or url in seen.text


def _kept(action: str, url: str = "") -> tuple[dict[str, Any], str]:
    return {"action": action, "facts": {}, "label": "", "text": "", "url": url, "row": 0}, action.ljust(36, "t")


@pytest.mark.parametrize("name", NAMES)
def test_a_platform_with_taps_carries_every_token_of_ours_and_many_buttons(rig: Rig, runner: asyncio.Runner) -> None:
    limits = rig.channel.limits
    buttons = tuple(Button(f"{n}", f"{n:040}", row=n // 2) for n in range(min(limits.buttons, 40)))
    send(rig, runner, Outgoing("哪一类?", buttons if limits.has_taps else ()))
    assert rig.seen()[0].labels == ([button.label for button in buttons] if limits.has_taps else [])


@pytest.mark.parametrize(("name", "case"), pairs(FAULTS))
def test_a_message_that_was_not_taken_says_what_to_do(rig: Rig, runner: asyncio.Runner, case: str) -> None:
    rig.faults()[case]()
    with pytest.raises(SendError) as caught:
        send(rig, runner, Outgoing("您好"))
    error = caught.value
    if case == "closed":
        assert error.code == "window_closed"
    if case == "throttled":
        assert error.retryable
        assert error.after
    else:
        assert (error.is_unknown, error.stop_contact, error.retryable) == (case == "timeout", case == "blocked", False)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_is_not_there_is_a_send_error(rig: Rig, runner: asyncio.Runner) -> None:
    with pytest.raises(SendError):
        runner.run(rig.channel.fetch("no-such-file"))


@pytest.mark.parametrize("name", NAMES)
def test_a_platform_that_signs_in_is_told_where_to_come_back_to(rig: Rig, runner: asyncio.Runner) -> None:
    if not isinstance(rig.channel, SignsIn):
        return
    back = f"https://fix.example/sign-in/{rig.channel.name}/back"
    url = rig.channel.sign_in_url("a1B2" * 8, back)
    assert url.startswith("https://")
    assert "a1B2" * 8 in url
    assert quote(back, safe="") in url
    assert runner.run(rig.channel.who("no-such-code")) == []


@pytest.mark.parametrize("name", NAMES)
def test_opening_needs_no_platform(name: str, sqlite_db: Database, tmp_path: Path) -> None:
    settings = Settings(secret_key=SecretStr("k"))
    opened = CHANNELS[name](settings, open_storage(f"file://{tmp_path}/media"), sqlite_db)
    assert opened is None or opened.name == name
