"""SQLite serves one process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core.locks import AlreadyServed, alone
from core.settings import load_settings

HOLD = """
import sys
from core.locks import alone
from core.settings import load_settings
with alone(load_settings(data_dir=sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_second_server_is_refused_until_the_first_one_dies(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path)
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        with pytest.raises(AlreadyServed), alone(settings):
            raise AssertionError("two servers")
        first.kill()
        first.wait(10)
        with alone(settings):
            assert (tmp_path / "serving.lock").exists()


def test_postgres_serves_any_number(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path / "new", database_url="postgresql://db/gongdan", secret_key="x")
    with alone(settings), alone(settings):
        assert not (tmp_path / "new").exists()
