"""What a platform's answers mean to delivery, over real connections; and that nothing secret is told on the way."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from bot.calling import Caller, PlatformError, Verdict
from bot.messages import SendError
from bot.tokens import SpentToken
from tests.fakes.scripted import Scripted, ScriptedServer, says

T = TypeVar("T")
SECRET = "a-secret-that-nobody-may-see"
TOKEN = "an-access-token-of-this-hour"
VERDICTS: dict[int | str, Verdict] = {
    43004: Verdict("blocked", stop_contact=True),
    45009: Verdict("throttled", retryable=True, after=timedelta(minutes=1)),
    40001: Verdict("bad_token", is_spent=True),
    "Forbidden.Robot": Verdict("gone", stop_contact=True),
}


@pytest.fixture
def platform() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


def called(platform: ScriptedServer, work: Callable[[Caller], Awaitable[T]], **given: Any) -> T:
    async def run() -> T:
        caller = Caller(platform.url, VERDICTS, secrets=[SECRET], **{"patience": 5.0, **given})
        try:
            return await work(caller)
        finally:
            await caller.close()

    return asyncio.run(run())


def send(platform: ScriptedServer, *, is_repeatable: bool = False, **given: Any) -> dict[str, Any]:
    query = {"access_token": TOKEN}
    return called(
        platform, lambda caller: caller.post("/send", {"to": "li"}, query=query, is_repeatable=is_repeatable), **given
    )


def failed(platform: ScriptedServer, answer: Scripted, **given: Any) -> SendError:
    platform.answers = [answer]
    with pytest.raises(SendError) as caught:
        send(platform, **given)
    return caught.value


def told(error: SendError) -> tuple[str, bool, bool, bool]:
    return error.code, error.retryable, error.stop_contact, error.is_unknown


def test_a_message_goes_to_the_address_of_the_settings_and_its_answer_comes_back(platform: ScriptedServer) -> None:
    platform.answers = [says(errcode=0, msgid=7)]
    assert send(platform)["msgid"] == 7
    assert platform.asked == [("POST", f"/send?access_token={TOKEN}", b'{"to":"li"}')]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (says(errcode=43004, errmsg="require subscribe"), ("blocked", False, True, False)),
        (says(errcode=45009, errmsg="reach max api"), ("throttled", True, False, False)),
        (says(errcode=99999, errmsg="something new"), ("refused", False, False, False)),
        (says(code=99999, msg="something new"), ("refused", False, False, False)),
        (says(400, code="Forbidden.Robot", message="no"), ("gone", False, True, False)),
        (says(400, code="Other", message="no"), ("refused", False, False, False)),
        (says(429), ("throttled", True, False, False)),
        (says(500), ("unreachable", True, False, False)),
        (says(504), ("timeout", False, False, True)),
        (says(302), ("refused", False, False, False)),
        (Scripted(b"<html>a portal", 200), ("unreachable", False, False, True)),
        (says(400, code=["odd"]), ("refused", False, False, False)),
        (says(200, errcode={"odd": 1}), ("refused", False, False, False)),
        (Scripted(b"[]", 200), ("unreachable", False, False, True)),
        (Scripted(is_cut=True), ("unreachable", False, False, True)),
        (Scripted(b"x" * (1024 * 1024 + 1)), ("too_large", False, False, False)),
    ],
)
def test_each_failure_says_what_to_do(
    platform: ScriptedServer, answer: Scripted, expected: tuple[str, bool, bool, bool]
) -> None:
    assert told(failed(platform, answer)) == expected


def test_a_timeout_is_unknown_and_one_that_harms_nobody_is_repeated(platform: ScriptedServer) -> None:
    slow = Scripted(pause=1.0)
    assert told(failed(platform, slow, patience=0.2)) == ("timeout", False, False, True)
    assert told(failed(platform, slow, patience=0.2, is_repeatable=True)) == ("timeout", True, False, False)


def test_what_never_left_is_sent_again() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        closed = f"http://127.0.0.1:{taken.getsockname()[1]}"

        async def run() -> None:
            caller = Caller(closed, {})
            try:
                await caller.post("/send", {})
            finally:
                await caller.close()

        with pytest.raises(SendError) as caught:
            asyncio.run(run())
    assert told(caught.value) == ("unreachable", True, False, False)


@pytest.mark.parametrize(
    ("wish", "seconds"), [("7", 7), ("0", 1), ("", 1), ("soon", 1), ("999999", 3600), ("9" * 40, 1), ("-5", 1)]
)
def test_a_throttle_is_waited_for_within_reason(platform: ScriptedServer, wish: str, seconds: int) -> None:
    answer = Scripted(b"{}", 429, {"retry-after": wish})
    assert failed(platform, answer).after == timedelta(seconds=seconds)


def test_a_spent_token_is_told_apart(platform: ScriptedServer) -> None:
    assert isinstance(failed(platform, says(errcode=40001, errmsg="invalid credential")), SpentToken)


def test_nothing_secret_is_told(platform: ScriptedServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "bot")
    words = f"invalid {SECRET}, token {TOKEN} hint"
    error = failed(platform, says(errcode=99999, errmsg=words))
    assert isinstance(error, PlatformError)
    assert (error.number, error.said) == (99999, "invalid …, token … hint")
    cut = failed(platform, Scripted(is_cut=True))
    everything = f"{caplog.text} {error!r} {cut!r} {cut.__cause__!r} {error.__cause__!r}"
    assert SECRET not in everything
    assert TOKEN not in everything
    assert logging.getLogger("httpx").level == logging.WARNING


def test_media_are_read_up_to_their_limit_and_errors_among_them_are_found(platform: ScriptedServer) -> None:
    picture = {"content-type": "image/jpeg"}
    platform.answers = [Scripted(b"x" * 100, 200, picture)]
    assert called(platform, lambda caller: caller.download("/media?id=1")) == b"x" * 100
    platform.answers = [Scripted(b"x" * 101, 200, picture)]
    with pytest.raises(SendError, match="too_large"):
        called(platform, lambda caller: caller.download("/media", most=100))
    platform.answers = [says(errcode=40007, errmsg="invalid media_id")]
    with pytest.raises(SendError, match="refused"):
        called(platform, lambda caller: caller.download("/media", {"media_id": "x"}))
    platform.answers = [Scripted(pause=1.0)]
    with pytest.raises(SendError) as slow:
        called(platform, lambda caller: caller.download("/media"), patience=0.2)
    assert slow.value.retryable


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:1/x", "//evil.example/x", "https://evil.example/x", "https://media.example@evil.example/x",
        "https://evil-media.example/x", "http://media.example/x", "https://media.example:8443/x", "file:///etc/passwd",
        "", "x", "https://media.example:bad/x", "https://[media.example/x", "https://[::1].media.example/x",
        "https://evil\uff0f.media.example/x", "/a\nb", "https://media.example/a\x00b",
    ],
)  # fmt: skip
def test_no_address_that_a_message_names_is_called(platform: ScriptedServer, address: str) -> None:
    with pytest.raises(SendError, match="refused"):
        called(platform, lambda caller: caller.download(address), hosts=["media.example"])
    assert platform.asked == []


def test_a_file_is_posted_as_a_form(platform: ScriptedServer) -> None:
    files = {"media": ("photo.jpg", b"\xff\xd8", "image/jpeg")}
    called(platform, lambda caller: caller.post("/upload", files=files))
    assert b'filename="photo.jpg"' in platform.asked[0][2]


def test_a_change_is_put_as_a_message_is_posted(platform: ScriptedServer) -> None:
    platform.answers = [says(errcode=0, changed=True), says(errcode=43004)]
    change = {"card": "1"}
    assert called(platform, lambda caller: caller.post("/cards", change, method="PUT"))["changed"]
    with pytest.raises(PlatformError):
        called(platform, lambda caller: caller.post("/cards", change, method="PUT"))
    assert [(method, path) for method, path, _ in platform.asked] == [("PUT", "/cards")] * 2
