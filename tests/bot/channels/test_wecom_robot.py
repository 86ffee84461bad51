"""A group robot posts digests; its key stays with us."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from bot.channels.wecom_robot import NOTHING, WeComRobotChannel, open_wecom_robots
from bot.messages import Button, Outgoing, SendError
from core.database import Database
from core.settings import Settings, WeComSettings
from core.storage import Storage, key_of
from tests.fakes.wecom import ROBOT, FakeWeCom
from tests.pictures import corners, encoded

KEY = key_of("ab" * 32, ".png")


@pytest.fixture
def robots(
    wecom: FakeWeCom, storage: Storage, sqlite_db: Database, runner: asyncio.Runner
) -> Iterator[WeComRobotChannel]:
    chosen = WeComSettings(base_url=wecom.url, robots={"ops": SecretStr(ROBOT), "old": SecretStr("canary-old-key")})
    channel = open_wecom_robots(Settings(secret_key=SecretStr("k"), wecom=chosen), storage, sqlite_db)
    assert isinstance(channel, WeComRobotChannel)
    yield channel
    runner.run(channel.close())


def test_each_robot_is_a_room_that_the_desk_can_offer(robots: WeComRobotChannel) -> None:
    assert robots.rooms() == {"robot:ops": "ops", "robot:old": "old"}
    assert all(robots.limits.is_group(conversation) for conversation in robots.rooms())


def test_a_picture_goes_before_its_words(
    wecom: FakeWeCom, robots: WeComRobotChannel, storage: Storage, runner: asyncio.Runner
) -> None:
    storage.put(KEY, picture := encoded(corners(), "PNG"))
    runner.run(robots.send("robot:ops", Outgoing("今日", photo=KEY), "k"))
    assert [(one.kind, one.photo) for one in wecom.robot] == [("image", picture), ("text", b"")]
    storage.put(KEY, bytes(2 * 1024 * 1024 + 1))
    runner.run(robots.send("robot:ops", Outgoing("今日", photo=key_of("cd" * 32, ".png")), "k"))
    assert [one.kind for one in wecom.robot] == ["image", "text", "text"]


def test_long_words_are_markdown_without_any(
    wecom: FakeWeCom, robots: WeComRobotChannel, runner: asyncio.Runner
) -> None:
    text = "# 今日\n**三张** [工单](http://x.org) `a` <font color=red>\n> b\n" + "电梯" * 500
    runner.run(robots.send("robot:ops", Outgoing(text, (Button("看板", url="https://fix.example/desk"),)), "k"))
    [posted] = wecom.robot
    assert (posted.kind, posted.text.replace(NOTHING, ""), posted.labels) == ("markdown", text, ["看板"])
    assert not any(sign in posted.text for sign in ("\n# ", "**", "](", "<font", "\n> "))


def test_a_robot_that_was_taken_out_ends_its_digests_and_tells_no_key(
    robots: WeComRobotChannel, runner: asyncio.Runner, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for conversation in ("robot:old", "robot:never"):
        with pytest.raises(SendError) as caught:
            runner.run(robots.send(conversation, Outgoing("今日"), "k"))
        assert (caught.value.code, caught.value.stop_contact) == ("gone", True)
        assert "canary" not in repr(caught.getrepr(chain=True, showlocals=False))
    assert "canary" not in caplog.text


def test_without_a_robot_there_is_no_channel(storage: Storage, sqlite_db: Database) -> None:
    assert open_wecom_robots(Settings(secret_key=SecretStr("k")), storage, sqlite_db) is None
