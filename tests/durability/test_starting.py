"""How a server starts: with what is missing named, and whether or not the platform can be reached."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.durability.harness import Installation, free_port, serving
from tests.fakes.telegram import FakeTelegram, Sender

TOKEN, SECRET, MODE = (f"GONGDAN_TELEGRAM__{name}" for name in ("TOKEN", "SECRET", "MODE"))
HALF_SET = {
    SECRET: {TOKEN: "42:abc", MODE: "webhook"},
    TOKEN: {SECRET: "s", MODE: "webhook"},
    "GONGDAN_SECRET_KEY": {"GONGDAN_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"},
    MODE: {TOKEN: "42:abc", MODE: "pigeon"},
}


@pytest.mark.parametrize("missing", HALF_SET)
def test_a_half_set_installation_says_what_is_missing(missing: str, tmp_path: Path) -> None:
    refused = Installation(tmp_path, HALF_SET[missing]).run("serve", "--port", str(free_port()), check=False)
    assert refused.returncode != 0
    assert missing in refused.stderr
    assert "Traceback" not in refused.stderr + refused.stdout
    assert len(refused.stderr.strip().splitlines()) == 1


def test_a_second_server_of_the_same_folder_is_refused(tmp_path: Path) -> None:
    first = Installation(tmp_path)
    with serving(first):
        second = Installation(tmp_path).run("serve", "--port", str(free_port()), check=False)
    assert second.returncode != 0
    assert "another server" in second.stderr.lower()
    assert "Traceback" not in second.stderr


def settings_for(port: int) -> dict[str, str]:
    """The settings of a bot whose platform is expected at a port."""
    with FakeTelegram(port) as telegram:
        return telegram.environment("webhook")


def test_an_unreachable_platform_does_not_stop_the_start(tmp_path: Path) -> None:
    with serving(Installation(tmp_path, settings_for(free_port()))) as server:
        assert server.call("GET", "/healthz").status == 200
    assert "canary-token" not in server.log.read_text()


def test_what_was_said_while_the_platform_was_away_is_answered_when_it_is_back(tmp_path: Path) -> None:
    port = free_port()
    with serving(Installation(tmp_path, settings_for(port))) as server, FakeTelegram() as elsewhere:
        elsewhere.deliver_to(f"{server.url}/hooks/telegram")
        answer = elsewhere.say(Sender(7, "Li", "en"), "help")
        assert answer is not None
        assert answer.status == 200
        with FakeTelegram(port) as telegram:
            telegram.wait_for_text(7, "not set up yet", timeout=30)
