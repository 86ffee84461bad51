"""The command line, run in this process on a data folder of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import build

Gongdan = Callable[..., Any]


@pytest.fixture
def gongdan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gongdan:
    """Run a command; its settings are those of an installation that has just been made."""
    monkeypatch.setenv("GONGDAN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return lambda *words, **kept: CliRunner().invoke(build(), [str(word) for word in words], **kept)
