"""What a member sees of our messages, and what delivery learns when WeCom does not take them."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.channels.wecom import WeComChannel
from bot.messages import Button, HookRequest, Outgoing, SendError
from core import clock, quotas
from core.database import Database
from core.storage import Storage, StorageUnavailable, key_of
from tests.contracts.rigs.wecom import opened
from tests.fakes.wecom import PER_HOUR, PER_MINUTE, SECRET, SILENCE, FakeWeCom, Shown, error
from tests.pictures import corners, encoded

KEY = key_of("ab" * 32, ".screen.jpg")
ACCEPT, OPEN = Button("接单", "t" * 36), Button("打开看板", url="https://fix.example/desk?a=1&b=2")
LONG = "电梯不动了。\n" * 90
Send = Callable[[Outgoing], str]


@pytest.fixture
def app(wecom: FakeWeCom, sqlite_db: Database, storage: Storage, runner: asyncio.Runner) -> Iterator[WeComChannel]:
    channel = opened(wecom, sqlite_db, storage)
    yield channel
    runner.run(channel.close())


@pytest.fixture
def send(app: WeComChannel, runner: asyncio.Runner) -> Send:
    return lambda message: runner.run(app.send("li", message, "key"))


def failure(send: Send, message: Outgoing) -> SendError:
    with pytest.raises(SendError) as caught:
        send(message)
    told = "".join(traceback.format_exception(caught.value))
    assert not any(secret in told for secret in (SECRET, "access-token-"))
    return caught.value


def tapped(app: WeComChannel, request: HookRequest) -> str:
    [found] = app.parse(request)
    assert found.action == ACCEPT.token
    return found.message


def kinds(shown: list[Shown]) -> list[str]:
    return [one.kind for one in shown]


def test_links_stand_in_the_words_and_nobody_else_can_make_one(wecom: FakeWeCom, send: Send) -> None:
    send(Outgoing('<a href="https://evil.example">银行</a>', (replace(OPEN, label="Open the board"),)))
    [message] = wecom.seen("li")
    assert (message.kind, message.labels) == ("text", ["Open the board"])
    assert message.buttons[0]["url"] == OPEN.url


def test_a_heading_with_one_short_link_is_a_text_card(wecom: FakeWeCom, send: Send) -> None:
    send(Outgoing("今日\n三张工单\n一张超时", (OPEN,)))
    send(Outgoing("今日 <3\n三张工单", (OPEN,)))
    assert kinds(wecom.seen("li")) == ["textcard", "text"]
    assert wecom.seen("li")[0].text == "今日\n三张工单\n一张超时"


def test_words_that_a_card_cannot_show_go_before_it(wecom: FakeWeCom, send: Send) -> None:
    send(Outgoing(LONG.strip(), (ACCEPT, OPEN)))
    assert kinds(wecom.seen("li")) == ["text", "template_card"]
    assert wecom.seen("li")[0].text == LONG.strip()
    assert wecom.seen("li")[1].text == "电梯不动了。"


def test_a_first_line_too_long_for_a_title_goes_on_below_it(wecom: FakeWeCom, send: Send) -> None:
    line = "It is yours: WX-261122-001 Lift, entrance 1, building 3"
    words = "Please be there by 17:00 and check in when you are there.\n" * 2
    send(Outgoing(f"{line}\n{words}".strip(), (ACCEPT,)))
    [card] = wecom.seen("li")
    assert card.text == f"{line}\n{words}".strip()
    [told] = wecom.called("message/send")
    assert told["template_card"]["main_title"] == {
        "title": "It is yours: WX-261122-001 Lift,",
        "desc": "entrance 1, building 3",
    }


def test_one_long_line_is_whole_on_its_card(wecom: FakeWeCom, send: Send) -> None:
    text = "Got it: lift not moving, building 3, entrance 2 (WX-1120-042)."
    send(Outgoing(text, (ACCEPT,)))
    assert [one.text for one in wecom.seen("li")] == [text]


def test_a_picture_that_cannot_go_takes_no_words_with_it(wecom: FakeWeCom, storage: Storage, send: Send) -> None:
    send(Outgoing("修好了", photo=KEY))
    storage.put(KEY, encoded(corners(), "JPEG"))
    wecom.faults["media/upload"].append(error(40009, "invalid image size"))
    send(Outgoing("修好了", photo=KEY))
    send(Outgoing("修好了", (ACCEPT,), photo=KEY))
    assert kinds(wecom.seen("li")) == ["text", "text", "image", "template_card"]


def test_a_store_that_is_away_is_waited_for(
    wecom: FakeWeCom, storage: Storage, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(key: str) -> bytes:
        raise StorageUnavailable(reason=key)

    monkeypatch.setattr(storage, "get", away)
    assert failure(send, Outgoing("修好了", photo=KEY)).retryable
    assert wecom.seen("li") == []


def test_an_answer_takes_the_place_of_its_card_once(wecom: FakeWeCom, app: WeComChannel, send: Send) -> None:
    send(Outgoing("电梯不动\n接单吗?", (ACCEPT, OPEN)))
    code = tapped(app, wecom.press("li", "接单"))
    assert send(Outgoing("电梯不动\n已接单", (Button("到场", "u" * 36),), replaces=code)) == code
    [card] = wecom.seen("li")
    assert (card.text, card.labels) == ("电梯不动\n已接单", ["到场"])
    send(Outgoing("完工", replaces=code))
    assert [one.text for one in wecom.seen("li")] == ["电梯不动\n已接单", "完工"]


def test_an_answer_without_buttons_leaves_none(wecom: FakeWeCom, app: WeComChannel, send: Send) -> None:
    send(Outgoing("接单吗?", (ACCEPT,)))
    send(Outgoing("已转给别人", replaces=tapped(app, wecom.press("li", "接单"))))
    assert [(one.text, one.labels) for one in wecom.seen("li")] == [("已转给别人", [])]


def test_what_is_too_long_for_the_card_greys_it_and_follows(wecom: FakeWeCom, app: WeComChannel, send: Send) -> None:
    send(Outgoing("接单吗?", (ACCEPT,)))
    send(Outgoing(LONG.strip(), replaces=tapped(app, wecom.press("li", "接单"))))
    card, words = wecom.seen("li")
    assert (card.is_used, words.text) == ("✓", LONG.strip())


def test_a_change_whose_fate_is_unknown_is_not_sent_as_well(wecom: FakeWeCom, app: WeComChannel, send: Send) -> None:
    send(Outgoing("接单吗?", (ACCEPT,)))
    wecom.faults["message/update_template_card"].append(SILENCE)
    assert failure(send, Outgoing("已接单", replaces=tapped(app, wecom.press("li", "接单")))).is_unknown
    assert len(wecom.seen("li")) == 1


def test_a_token_that_ended_is_fetched_anew_once(wecom: FakeWeCom, send: Send) -> None:
    send(Outgoing("一"))
    wecom.expire()
    send(Outgoing("二"))
    assert ([one.text for one in wecom.seen("li")], len(wecom.called("gettoken"))) == (["一", "二"], 2)


def test_no_member_and_no_trust_are_told_apart(wecom: FakeWeCom, send: Send) -> None:
    wecom.members = set()
    gone = failure(send, Outgoing("x"))
    assert (gone.code, gone.stop_contact) == ("gone", True)
    wecom.trusted = False
    later = failure(send, Outgoing("x"))
    assert (later.code, later.retryable, later.after) == ("untrusted_ip", True, timedelta(minutes=10))
    wecom.trusted, wecom.members = True, {"li"}
    wecom.faults["message/send"].append({**error(0, "ok"), "unlicenseduser": "li"})
    assert failure(send, Outgoing("x")).said == "unlicenseduser"


def test_as_many_as_our_quotas_let_through_are_never_dropped(wecom: FakeWeCom) -> None:
    """Two of WeCom's messages for each of ours, as fast as they may go for two hours."""
    now = start = clock.now()
    sent: list[float] = []
    ours = [(quotas.kept(one.amount), one.per.total_seconds()) for one in WeComChannel.limits.quotas]
    while now < start + timedelta(hours=2):
        at = now.timestamp()
        if all(sum(at - before < span for before in sent[-most:]) < most for most, span in ours):
            sent.append(at)
        now += timedelta(seconds=1)
    theirs = [at for at in sent for _ in range(2)]
    for most, span in ((PER_MINUTE, 60), (PER_HOUR, 3600)):
        assert max(sum(0 <= at - before < span for before in theirs) for at in sent[::7]) <= most * 0.8
