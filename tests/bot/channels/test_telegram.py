"""The Telegram channel as the rest of the bot sees it: proof, set-up, downloads, taps, and no token anywhere."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

import orjson
import pytest
from pydantic import SecretStr

from bot.channels._telegram_updates import MAX_DOWNLOAD
from bot.channels.telegram import COMMANDS, TelegramChannel, open_telegram
from bot.messages import HookRequest, Incoming, Outgoing, SendError
from core.database import Database
from core.errors import Invalid, SettingsError
from core.settings import Settings, TelegramSettings
from core.storage import Storage
from tests.bot.channels.conftest import Naps
from tests.fakes.telegram import (
    SECRET,
    TOKEN,
    FakeTelegram,
    Fault,
    Sender,
    refused,
    reset,
    server_error,
    silence,
    unauthorized,
)
from tests.fakes.telegram_updates import Updates

HEADER = "x-telegram-bot-api-secret-token"
LI = Sender(7)


def hook(secret: str | None, body: bytes = b"{}") -> HookRequest:
    return HookRequest("POST", body, {} if secret is None else {HEADER: secret})


def test_our_own_secret_proves_a_hook(hooked: TelegramChannel) -> None:
    assert hooked.is_authentic(hook(SECRET))
    assert hooked.is_welcome(hook(SECRET))


@pytest.mark.parametrize(
    "secret",
    [None, "", " ", SECRET[:-1], SECRET + "x", SECRET.upper(), f"{SECRET}, {SECRET}", "é", "\ud800", SECRET + "\x00"],
)
def test_anything_else_proves_nothing(hooked: TelegramChannel, secret: str | None) -> None:
    assert not hooked.is_authentic(hook(secret))
    assert not hooked.is_welcome(hook(secret))


@pytest.mark.parametrize("secret", [None, "", SECRET])
def test_no_hook_is_believed_while_updates_are_polled(bot: TelegramChannel, secret: str | None) -> None:
    assert not bot.is_authentic(hook(secret))


def test_a_hook_brings_the_message_of_its_update(hooked: TelegramChannel) -> None:
    [found] = hooked.parse(hook(SECRET, orjson.dumps(Updates().text(LI, "电梯"))))
    assert (found.channel, found.account, found.text) == ("telegram", "42", "电梯")


def test_a_hook_that_brings_no_update_is_invalid(hooked: TelegramChannel) -> None:
    with pytest.raises(Invalid):
        hooked.parse(hook(SECRET, b"not json"))


def test_set_up_registers_the_hook_with_its_secret_and_lists_the_commands(
    telegram: FakeTelegram, hooked: TelegramChannel, runner: asyncio.Runner
) -> None:
    runner.run(hooked.prepare())
    assert telegram.api.webhook["url"] == "https://fix.example.org/hooks/telegram"
    assert telegram.api.webhook["secret_token"] == SECRET
    assert "callback_query" in telegram.api.webhook["allowed_updates"]
    assert sorted(telegram.api.commands) == ["", "en", "zh"]
    assert tuple(c["command"] for c in telegram.api.commands["zh"]) == COMMANDS
    assert telegram.api.commands["zh"][0]["description"] == "报修"
    assert telegram.api.commands[""][0]["description"] == "Report a fault"


def test_set_up_for_polling_registers_no_hook(
    telegram: FakeTelegram, bot: TelegramChannel, runner: asyncio.Runner
) -> None:
    runner.run(bot.prepare())
    assert telegram.api.webhook == {}
    assert telegram.api.commands


def test_set_up_learns_the_bots_name(bot: TelegramChannel, runner: asyncio.Runner) -> None:
    runner.run(bot.prepare())
    assert bot.username == "gongdan_bot"


def test_set_up_tries_until_telegram_can_be_reached(
    telegram: FakeTelegram, hooked: TelegramChannel, runner: asyncio.Runner, naps: Naps
) -> None:
    telegram.fail("getMe", reset(), server_error(), silence())
    telegram.fail("setWebhook", server_error())
    runner.run(hooked.prepare())
    assert telegram.api.webhook
    assert naps.taken == [1, 2, 4, 1]


def test_a_refused_hook_address_is_told_and_the_rest_is_set_up(
    telegram: FakeTelegram, storage: Storage, runner: asyncio.Runner, caplog: pytest.LogCaptureFixture
) -> None:
    bot = TelegramChannel(TOKEN, storage, base_url=telegram.base_url, secret=SECRET, public_url="http://plain.org")
    runner.run(bot.prepare())
    runner.run(bot.close())
    assert "an https url must be provided" in caplog.text
    assert telegram.api.commands


def test_a_tap_is_answered_within_telegrams_limit(
    telegram: FakeTelegram, bot: TelegramChannel, runner: asyncio.Runner
) -> None:
    [tap] = bot.parse(hook(None, orjson.dumps(telegram.updates.tap(LI, "token"))))
    runner.run(bot.settle_tap(tap, "好" * 300))
    [(callback, notice)] = telegram.api.notices
    assert (callback, len(notice)) == ("tap-1000", 200)


def test_a_tap_that_is_too_old_to_answer_is_no_error(
    telegram: FakeTelegram, bot: TelegramChannel, runner: asyncio.Runner
) -> None:
    telegram.fail(
        "answerCallbackQuery", refused("query is too old and response timeout expired or query ID is invalid")
    )
    [tap] = bot.parse(hook(None, orjson.dumps(telegram.updates.tap(LI, "token"))))
    runner.run(bot.settle_tap(tap, "好"))
    assert len(telegram.called("answerCallbackQuery")) == 1


def test_a_message_without_a_button_has_nothing_to_settle(
    telegram: FakeTelegram, bot: TelegramChannel, runner: asyncio.Runner
) -> None:
    runner.run(bot.settle_tap(Incoming("telegram", "42", "1", "text", "7", "7", "telegram_id"), "好"))
    assert telegram.calls == []


def test_a_photo_is_downloaded_whole(telegram: FakeTelegram, bot: TelegramChannel, runner: asyncio.Runner) -> None:
    data = bytes(range(256)) * 4000
    assert runner.run(bot.fetch(telegram.keep(data))) == data


def test_a_file_that_is_longer_than_promised_is_given_up(
    telegram: FakeTelegram, bot: TelegramChannel, runner: asyncio.Runner
) -> None:
    file_id = telegram.keep(b"small")
    telegram.fail("download", Fault(answer=b"x" * (MAX_DOWNLOAD + 1)))
    with pytest.raises(SendError) as caught:
        runner.run(bot.fetch(file_id))
    assert (caught.value.code, caught.value.retryable) == ("too_large", False)


@pytest.mark.parametrize(
    ("method", "fault", "code", "is_retryable"),
    [
        ("getFile", refused("wrong file_id or the file is temporarily unavailable"), "refused", False),
        ("getFile", refused("file is too big"), "too_large", False),
        ("getFile", silence(), "timeout", True),
        ("getFile", reset(), "unreachable", True),
        ("getFile", unauthorized(), "bad_token", True),
        ("download", server_error(), "unreachable", True),
        ("download", refused("wrong path"), "gone", False),
        ("download", silence(), "unreachable", True),
        ("download", reset(), "unreachable", True),
    ],
)
def test_a_download_that_fails_says_whether_to_try_again(
    telegram: FakeTelegram, bot: TelegramChannel, runner: asyncio.Runner, method: str, fault: Fault, code: str,
    *, is_retryable: bool,
) -> None:  # fmt: skip
    file_id = telegram.keep(b"photo")
    telegram.fail(method, fault)
    with pytest.raises(SendError) as caught:
        runner.run(bot.fetch(file_id))
    assert (caught.value.code, caught.value.retryable, caught.value.is_unknown) == (code, is_retryable, False)


def test_the_token_is_in_no_log_whatever_goes_wrong(
    telegram: FakeTelegram, sqlite_db: Database, storage: Storage, runner: asyncio.Runner,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    bot = opened(sqlite_db, storage, token=TOKEN, base_url=telegram.base_url)
    assert bot is not None
    with caplog.at_level(logging.DEBUG):
        for fault in (unauthorized(), server_error(), refused("no"), Fault(answer=b"?"), reset()):
            telegram.fail("sendMessage", fault)
            with pytest.raises(SendError) as caught:
                runner.run(bot.send("7", Outgoing("您好"), "key"))
            logging.getLogger().error("failed", exc_info=caught.value)
        runner.run(bot.prepare())
    runner.run(bot.close())
    assert "canary" not in caplog.text


@pytest.fixture(autouse=True)
def _library_logs_as_before() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in ("httpx", "httpcore", "telegram")]
    levels = [logger.level for logger in loggers]
    yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def opened(database: Database, storage: Storage, **chosen: str) -> TelegramChannel | None:
    settings = Settings(telegram=TelegramSettings.model_validate(chosen), secret_key=SecretStr("k"))
    found = open_telegram(settings, storage, database)
    assert found is None or isinstance(found, TelegramChannel)
    return found


def test_without_a_token_it_is_off(sqlite_db: Database, storage: Storage) -> None:
    assert opened(sqlite_db, storage) is None


@pytest.mark.parametrize("token", ["abc", "42:", ":abc", "bot42:abc"])
def test_what_is_no_token_is_told_without_showing_it(sqlite_db: Database, storage: Storage, token: str) -> None:
    with pytest.raises(SettingsError) as caught:
        opened(sqlite_db, storage, token=token)
    assert "GONGDAN_TELEGRAM__TOKEN" in str(caught.value)
    assert "bot42" not in str(caught.value)


@pytest.mark.parametrize("secret", ["a b", "密", "x" * 257, "a,b"])
def test_a_secret_that_telegram_would_not_take_is_told_at_the_start(
    sqlite_db: Database, storage: Storage, secret: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        opened(sqlite_db, storage, token=TOKEN, mode="webhook", secret=secret)
    assert "GONGDAN_TELEGRAM__SECRET" in str(caught.value)


def test_a_proxy_of_the_environment_is_used(
    telegram: FakeTelegram, storage: Storage, runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", telegram.base_url)
    bot = TelegramChannel(TOKEN, storage, base_url="http://telegram.invalid")
    runner.run(bot.send("7", Outgoing("您好"), "key"))
    assert runner.run(bot.fetch(telegram.keep(b"photo"))) == b"photo"
    runner.run(bot.close())
    assert telegram.sent_texts(7) == ["您好"]


def test_the_account_is_the_bots_number(sqlite_db: Database, storage: Storage) -> None:
    bot = opened(sqlite_db, storage, token=TOKEN, base_url="http://127.0.0.1:1/")
    assert bot is not None
    assert bot.account == "42"
