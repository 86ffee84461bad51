"""What comes to the hook and is no honest update: refused at once, and nothing is kept of it."""

from __future__ import annotations

import http.client
import json
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.durability.harness import Answer, Installation, serving
from tests.fakes.telegram import FakeTelegram, Sender

HOOK = "/hooks/telegram"
SECRET = "X-Telegram-Bot-Api-Secret-Token"
MEGABYTE = 1024 * 1024
LI = Sender(7, "Li", "en")


@dataclass(frozen=True, slots=True)
class Bot:
    """A server with a bot and nothing else."""

    telegram: FakeTelegram
    installation: Installation

    def post(self, body: bytes, secret: str | None = None) -> Answer:
        given = self.telegram.secret if secret is None else secret
        return self.installation.call("POST", HOOK, body, headers={SECRET: given})

    def kept(self) -> int:
        """How many messages the server has taken so far."""
        with sqlite3.connect(self.installation.folder / "data" / "gongdan.db") as database:
            return int(database.execute("SELECT count(*) FROM inbox").fetchone()[0])

    def greeting(self) -> bytes:
        return json.dumps(self.telegram.updates.text(LI, "hello")).encode()


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    with FakeTelegram() as telegram:
        installation = Installation(tmp_path_factory.mktemp("hooks"), telegram.environment("webhook"))
        with serving(installation):
            yield Bot(telegram, installation)


@pytest.mark.parametrize("secret", ["", " ", "wrong", "canary-secret_", "canary-secret_12", "CANARY-SECRET_1", "\xe9"])
def test_a_wrong_secret_is_refused(bot: Bot, secret: str) -> None:
    before = bot.kept()
    assert bot.post(bot.greeting(), secret).status == 401
    assert bot.kept() == before


def test_a_missing_or_repeated_secret_is_refused(bot: Bot) -> None:
    before = bot.kept()
    right = f"{SECRET}: {bot.telegram.secret}\r\n"
    assert raw(bot, bot.greeting(), "").status == 401
    assert raw(bot, bot.greeting(), right + right).status == 401
    assert raw(bot, bot.greeting(), right + f"{SECRET}: wrong\r\n").status == 401
    assert bot.kept() == before
    assert raw(bot, bot.greeting(), right).status == 200
    assert bot.kept() == before + 1


def raw(bot: Bot, body: bytes, secrets: str) -> Answer:
    """A post whose headers are written as they are given."""
    head = (
        f"POST {HOOK} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{secrets}"
    )
    connection = http.client.HTTPConnection("127.0.0.1", bot.installation.port, timeout=30)
    connection.connect()
    connection.sock.sendall(head.encode("latin-1") + b"\r\n" + body)
    answer = http.client.HTTPResponse(connection.sock, method="POST")
    answer.begin()
    try:
        return Answer(answer.status, answer.read())
    finally:
        connection.close()


def test_a_declared_giant_is_refused_before_it_is_sent(bot: Bot) -> None:
    head = (
        f"POST {HOOK} HTTP/1.1\r\nHost: x\r\nContent-Length: {50 * MEGABYTE}\r\n{SECRET}: {bot.telegram.secret}\r\n\r\n"
    )
    assert status_of(bot, [head.encode()]) == 413


def test_a_giant_with_a_wrong_secret_is_not_read_either(bot: Bot) -> None:
    head = f"POST {HOOK} HTTP/1.1\r\nHost: x\r\nContent-Length: {50 * MEGABYTE}\r\n{SECRET}: wrong\r\n\r\n"
    assert status_of(bot, [head.encode()]) == 401


def test_a_giant_without_a_length_is_refused_while_it_comes(bot: Bot) -> None:
    head = f"POST {HOOK} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n{SECRET}: {bot.telegram.secret}\r\n\r\n"
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    assert status_of(bot, [head.encode(), *[chunk] * 40]) == 413


def status_of(bot: Bot, parts: list[bytes]) -> int:
    """The status of a request that is sent in parts; the server may answer and hang up before the last one."""
    begun = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", bot.installation.port, timeout=10)
    connection.connect()
    try:
        for part in parts:
            connection.sock.sendall(part)
    except ConnectionError:
        pass  # it has said no already
    answer = http.client.HTTPResponse(connection.sock, method="POST")
    answer.begin()
    connection.close()
    assert time.monotonic() - begun < 5
    return answer.status


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"hello"', b'{"update_id": "one"}', b"\xff\xfe", b"[" * 9999]
)
def test_what_is_no_update_is_refused(bot: Bot, body: bytes) -> None:
    before = bot.kept()
    answer = bot.post(body)
    assert 400 <= answer.status < 500
    assert answer.json["status"] == answer.status
    assert bot.kept() == before


@pytest.mark.parametrize(
    "content",
    [
        {}, {"message": {}}, {"message": None}, {"message": {"chat": 7, "from": 7}}, {"callback_query": {"id": "1"}},
        {"purchased_paid_media": {"from": LI.as_json(), "paid_media_payload": "x"}},
        {"poll": {"id": "1", "options": []}},
        {"message_reaction": {"chat": {"id": 7, "type": "private"}, "user": LI.as_json(), "new_reaction": []}},
        {"message": {"message_id": 1, "date": 1, "chat": {"id": 7, "type": "private"}, "from": LI.as_json(), "x": 1}},
        {"a_kind_of_next_year": {"from": LI.as_json(), "chat": {"id": 7, "type": "private"}}},
    ],
)  # fmt: skip
def test_an_update_of_an_unknown_kind_is_taken(bot: Bot, content: dict[str, object]) -> None:
    number = bot.telegram.updates.text(LI, "")["update_id"]
    body = json.dumps({"update_id": number, **content}).encode()
    assert [bot.post(body).status for _ in range(2)] == [200, 200]
    assert bot.installation.troubles() == []


def test_a_replay_gets_the_same_answer(bot: Bot) -> None:
    body = bot.greeting()
    before = bot.kept()
    first = bot.post(body)
    assert (first.status, bot.kept()) == (200, before + 1)
    assert [bot.post(body) for _ in range(3)] == [first] * 3
    assert bot.kept() == before + 1


def test_a_channel_that_is_off_has_no_hook(bot: Bot) -> None:
    assert bot.installation.call("POST", "/hooks/wechat", b"{}").status == 404
    assert bot.installation.call("POST", "/hooks/nonsense", b"{}").status == 404
