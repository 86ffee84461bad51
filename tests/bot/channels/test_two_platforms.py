"""The main job with its resident on one platform and its technician on another, in both languages.

Reported with words and a photo, offered, accepted, gone to, photographed, signed off, confirmed, rated: each with what
the platform has, and each platform once on either side.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from core.database import Database
from core.storage import Storage
from tests.bot.channels.seats import Server, serving
from tests.personas import play
from tests.pictures import corners, encoded

LI, WANG = "8001", "8002"  # what a person is called wherever ids are free; Telegram has numbers
NAMES = {
    "telegram": (LI, WANG), "wechat": ("o-li", "o-wang"), "wecom": ("li", "wang"), "dingtalk": ("li01", "wang01"),
    "feishu": ("ou_li", "ou_wang"),
}  # fmt: skip
PAIRS = [
    ("telegram", "wechat"), ("wechat", "wecom"), ("wecom", "dingtalk"), ("dingtalk", "feishu"), ("feishu", "telegram"),
]  # fmt: skip
WORDS = {
    "en": {
        "fault": "the kitchen lamp is broken", "taken": "Got it", "accept": "Accept", "mine": "It is yours",
        "progress": "has taken it", "check_in": "Check in", "arrived": "has arrived", "after": "Photos after",
        "done": "Fixed", "confirm": "Confirm", "stars": "5 ★", "thanks": "5 stars",
    },
    "zh_CN": {
        "fault": "厨房的灯坏了", "taken": "已收到", "accept": "接单", "mine": "接单成功", "progress": "已接单",
        "check_in": "到场签到", "arrived": "已到场", "after": "拍完工后", "done": "已修好", "confirm": "确认",
        "stars": "5 ★", "thanks": "5 星",
    },
}  # fmt: skip


@pytest.fixture(params=PAIRS, ids="-".join)
def pair(request: pytest.FixtureRequest) -> tuple[str, str]:
    found: tuple[str, str] = request.param
    return found


@pytest.fixture
def server(pair: tuple[str, str], sqlite_db: Database, storage: Storage, runner: asyncio.Runner) -> Iterator[Server]:
    with sqlite_db.write_scope() as session:
        cast = play(session)
    with serving(sqlite_db, storage, runner, cast, *pair) as found:
        yield found


@pytest.mark.parametrize("locale", WORDS)
def test_the_main_job_over_two_platforms(server: Server, pair: tuple[str, str], locale: str) -> None:
    words, cast, photo = WORDS[locale], server.cast, encoded(corners(), "JPEG")
    [(home, li), (work, wang)] = [(channel, NAMES[channel][place]) for place, channel in enumerate(pair)]
    server.join(home, li, cast.resident, locale)
    server.join(work, wang, cast.technician, locale)

    server.say(home, li, words["fault"])
    number = server.ticket().number
    assert words["taken"] in said(server, home, li, number)
    assert number in said(server, work, wang, words["accept"])
    server.show(home, li, photo)
    server.press(work, wang, words["accept"])
    assert words["mine"] in said(server, work, wang, number)
    assert server.ticket().assignee_id == cast.technician
    assert said(server, home, li, words["progress"])
    server.press(work, wang, words["check_in"])
    assert said(server, home, li, words["arrived"])
    server.press(work, wang, words["after"])
    server.show(work, wang, photo)
    assert server.attached() == ["after", "report"]

    server.act(number, "waive", cast.supervisor, evidence="technician_signature", reason="test")
    server.act(number, "sign_off", cast.technician, resolution="fixed")
    assert said(server, home, li, words["done"])
    assert any(one.has_photo for one in server.seen(home, li))
    server.press(home, li, words["confirm"])
    server.press(home, li, words["stars"])
    assert said(server, home, li, words["thanks"])
    assert server.ticket().state == "closed"


def said(server: Server, channel: str, who: str, part: str) -> str:
    """The newest message that contains this, among its words or its buttons."""
    seen = server.seen(channel, who)
    found = [text for text in ("\n".join([one.text, *one.labels]) for one in seen) if part in text]
    assert found, (part, seen)
    return found[-1]
