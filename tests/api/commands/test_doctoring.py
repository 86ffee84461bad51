"""`gongdan doctor` finds what is wrong, says what to do, and tells scripts by its status."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from api.doctor import examine
from assets.plans import planning
from assets.plans.planning import Draft
from assets.plans.recurrence import Rhythm
from bot.channels import open_channels
from core import clock, i18n, places, seals
from core.database import open_database
from core.errors import SettingsError
from core.outbox import OutboxMessage
from core.scheduler import Heartbeat
from core.settings import load_settings
from core.storage import open_storage
from core.trace import Entry, append
from tests.api.commands.conftest import Gongdan, Told
from tests.fakes.telegram import SECRET, FakeTelegram, unauthorized


@pytest.fixture
def telegram(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTelegram]:
    with FakeTelegram() as fake:
        for name, value in fake.environment().items():
            monkeypatch.setenv(name, value)
        yield fake


@pytest.fixture
def installed(gongdan: Gongdan) -> Gongdan:
    """An installation with a site and a scheduler that ticked a moment ago."""
    assert gongdan("site", "add", "Garden Court").exit_code == 0
    database = open_database(load_settings().database_url)
    with database.write_scope() as session:
        session.add(Heartbeat(name="closures", ticked_at=clock.now()))
    database.dispose()
    return gongdan


def found(gongdan: Gongdan, *, status: int = 0) -> dict[str, str]:
    """The findings by their keys, with what they say."""
    done = gongdan("doctor", "--json")
    assert done.exit_code == status, done.output
    told = json.loads(done.stdout)
    assert told["healthy"] == (status == 0)
    return {one["key"]: one["text"] for one in told["findings"]}


def test_a_fresh_machine_is_warned_and_not_broken(gongdan: Gongdan) -> None:
    done = gongdan("doctor")
    assert done.exit_code == 0
    assert "There is no database yet" in done.output
    assert "0 broken" in done.output


def test_an_installation_that_works_is_healthy(installed: Gongdan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONGDAN_PUBLIC_URL", "https://fix.example.org")
    keys = found(installed)
    assert {"address.ok", "storage.ok", "database.ok", "scheduler.ok", "outbox.ok", "inbox.ok"} <= keys.keys()


@pytest.mark.parametrize(
    ("url", "key", "status"),
    [
        ("http://127.0.0.1:8000", "address.local", 0),
        ("http://fix.example.org", "address.plain", 0),
        ("fix.example.org", "address.bad", 1),
    ],
)
def test_an_address_that_phones_cannot_use_is_told(
    installed: Gongdan, monkeypatch: pytest.MonkeyPatch, url: str, key: str, status: int
) -> None:
    monkeypatch.setenv("GONGDAN_PUBLIC_URL", url)
    assert url in found(installed, status=status)[key]


def test_a_half_set_channel_is_named_and_nothing_else_is_tried(
    gongdan: Gongdan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GONGDAN_TELEGRAM__SECRET", SECRET)
    keys = found(gongdan, status=1)
    assert list(keys) == ["settings.incomplete"]
    assert "GONGDAN_TELEGRAM__TOKEN" in keys["settings.incomplete"]


def test_each_channel_that_cannot_be_opened_says_why_and_the_others_are_asked(
    installed: Gongdan, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = {"APP_ID": "cli_1", "APP_SECRET": "s", "ENCRYPT_KEY": "short", "VERIFICATION_TOKEN": "t"}
    for name, value in app.items():
        monkeypatch.setenv(f"GONGDAN_FEISHU__{name}", value)
    monkeypatch.setenv("GONGDAN_DINGTALK__ROBOTS", '{"managers": "k"}')
    monkeypatch.setenv(
        "GONGDAN_WECOM__ROBOTS", '{"managers": "https://qyapi.weixin.qq.com/send?key=hush", "staff": ""}'
    )
    done = installed("doctor")
    assert done.exit_code == 1
    assert "3 broken" in done.output
    assert "hush" not in done.output
    said = [
        "GONGDAN_FEISHU__ENCRYPT_KEY must have at least 32 characters", "GONGDAN_DINGTALK__ROBOTS needs an app",
        "GONGDAN_WECOM__ROBOTS: managers, staff must be the key alone", "is set up",
    ]  # fmt: skip
    assert [one for one in said if one not in done.output] == []
    with pytest.raises(SettingsError, match=r"FEISHU__ENCRYPT_KEY.*WECOM__ROBOTS"):
        open_channels(load_settings(), open_storage(load_settings().storage_url), open_database("sqlite://"))


def test_a_key_that_others_can_read_is_broken_with_the_command_that_mends_it(installed: Gongdan) -> None:
    file = load_settings().data_dir / "signing.key"
    file.write_text("42" * 32)
    file.chmod(0o644)
    assert f"chmod 600 {file}" in found(installed, status=1)["keys.readable"]


def test_another_signing_key_than_the_one_that_sealed_is_found(installed: Gongdan) -> None:
    settings = load_settings()
    database = open_database(settings.database_url)
    with database.write_scope() as session:
        append(session, "site:1", [Entry("opened")], clock.now())
        seals.seal(session, seals.load_key(settings), clock.now())
    database.dispose()
    assert "seals.ok" in found(installed)
    key = settings.data_dir / "signing.key"
    key.write_text("24" * 32)
    assert "seals.other" in found(installed, status=1)
    key.unlink()
    assert "seals.lost" in found(installed, status=1)
    assert not key.exists()


def test_a_folder_that_takes_nothing_is_broken(installed: Gongdan, monkeypatch: pytest.MonkeyPatch) -> None:
    (Path.cwd() / "file").write_text("in the way")
    monkeypatch.setenv("GONGDAN_STORAGE_URL", f"file://{Path.cwd()}/file")
    assert "GONGDAN_STORAGE_URL" in found(installed, status=1)["storage.broken"]


def test_the_probe_of_the_storage_leaves_nothing_behind(installed: Gongdan) -> None:
    found(installed)
    assert [file for file in (load_settings().data_dir / "media").rglob("*") if file.is_file()] == []


def test_a_scheduler_that_fell_silent_is_broken(installed: Gongdan) -> None:
    _write(Heartbeat(name="offers", ticked_at=clock.now() - timedelta(hours=1)), clear=True)
    assert "36" in found(installed, status=1)["scheduler.silent"]


def test_messages_that_were_given_up_are_a_warning_and_a_queue_that_stands_is_broken(installed: Gongdan) -> None:
    _write(_message(state="dead", is_due=False))
    assert "1 messages were given up" in found(installed)["outbox.dead"]
    _write(_message(state="ready", not_before=clock.now() - timedelta(hours=1)))
    assert "60 minutes" in found(installed, status=1)["outbox.stuck"]


def test_a_database_that_does_not_answer_is_told_in_one_line(gongdan: Gongdan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONGDAN_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
    monkeypatch.setenv("GONGDAN_SECRET_KEY", "k")
    keys = found(gongdan, status=1)
    assert "GONGDAN_DATABASE_URL" in keys["database.unreachable"]
    assert "keys.shared" in keys


def test_a_bot_that_polls_is_well(installed: Gongdan, telegram: FakeTelegram) -> None:
    assert "channel.ok" in found(installed)
    assert {call.method for call in telegram.calls} == {"getMe", "getWebhookInfo"}


def test_a_hook_that_points_elsewhere_is_found(
    installed: Gongdan, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in telegram.environment(mode="webhook").items():
        monkeypatch.setenv(name, value)
    assert "/hooks/telegram" in found(installed, status=1)["telegram.other_hook"]


def test_a_token_that_is_not_known_is_told_and_not_shown(installed: Gongdan, telegram: FakeTelegram) -> None:
    telegram.fail("getMe", unauthorized())
    done = installed("doctor")
    assert done.exit_code == 1
    assert "does not know the token" in done.output
    assert os.environ["GONGDAN_TELEGRAM__TOKEN"].partition(":")[2] not in done.output


def test_a_platform_that_does_not_answer_is_called_by_its_name_and_its_address(
    installed: Gongdan, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Telegram answers" in found(installed)["channel.ok"]
    monkeypatch.setenv("GONGDAN_TELEGRAM__BASE_URL", "http://me:hush@127.0.0.1:9")
    said = found(installed, status=1)["channel.unreachable_at"]
    assert "Telegram does not answer at http://127.0.0.1:9 (" in said
    assert "hush" not in said


@pytest.mark.parametrize(
    ("chosen", "said"),
    [("zh_CN.UTF-8", "0 项故障"), ("en_GB.UTF-8", "0 broken"), ("de_DE", "0 broken"), ("", "0 broken")],
)
def test_the_doctor_speaks_the_language_of_the_terminal(
    gongdan: Gongdan, told: Told, monkeypatch: pytest.MonkeyPatch, chosen: str, said: str
) -> None:
    monkeypatch.delenv("LC_ALL")
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.setenv("LANG", chosen)
    assert said in gongdan("doctor").output
    monkeypatch.setenv("GONGDAN_WECHAT__TEMPLATES", "TM00017")
    assert ("设置有误或不完整" in told("serve")) == ("项" in said)


def test_every_finding_has_words_in_both_languages() -> None:
    keys = {key for key in i18n.catalog("en") if key.startswith("doctor.")}
    assert keys == {key for key in i18n.catalog("zh_CN") if key.startswith("doctor.")}


def _message(**values: object) -> OutboxMessage:
    known = {"channel": "web", "account": "web", "conversation": "c", "kind": "help", "facts": {}}
    return OutboxMessage(**(known | values))


def _write(row: object, *, clear: bool = False) -> None:
    database = open_database(load_settings().database_url)
    with database.write_scope() as session:
        if clear:
            for old in session.query(Heartbeat):
                session.delete(old)
        session.add(row)
    database.dispose()


def test_a_plan_that_cannot_be_worked_out_is_named(installed: Gongdan) -> None:
    assert "plans.ok" in found(installed)
    database = open_database(load_settings().database_url)
    with database.write_scope() as session:
        site = places.site_named(session, "Garden Court").id
        hall = places.ensure_path(session, site, "A/1/Hall").id
        rhythm = Rhythm("FREQ=DAILY", clock.now().date())
        draft = Draft("Lamps", "general", "place", rhythm, [{"question": "Lit?", "kind": "pass_fail"}], place_id=hall)
        plan = planning.add(session, site, draft, None, clock.now())
        plan.held_at, plan.held_for = clock.now(), "rule"
    database.dispose()
    assert "nothing is made of the plan Lamps. Its rule cannot be read" in found(installed)["plans.held"]
    assert [one.site_id for one in examine(load_settings()) if one.key == "plans.held"] == [site]
