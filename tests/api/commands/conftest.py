"""The command line, run in this process on a data folder of the test's own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api import cli

Gongdan = Callable[..., Any]
Told = Callable[..., str]


@pytest.fixture
def gongdan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gongdan:
    """Run a command; its settings are those of an installation that has just been made."""
    monkeypatch.setenv("GONGDAN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")  # what is said is compared in English
    monkeypatch.chdir(tmp_path)
    return lambda *words, **kept: CliRunner().invoke(cli.build(), [str(word) for word in words], **kept)


@pytest.fixture
def told(gongdan: Gongdan, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Told:
    """Run a command that fails as a person does; what stands on the screen then, one line."""

    def run(*words: object) -> str:
        monkeypatch.setattr(sys, "argv", ["gongdan", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code == 1
        return capsys.readouterr().err.strip().removeprefix("gongdan: ")

    return run
