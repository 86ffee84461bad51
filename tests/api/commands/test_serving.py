"""`gongdan serve` says where it listens once it is ready, before and after the set-up."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.commands.conftest import Gongdan
from tests.durability.harness import free_port
from tests.house.source import ROOT


def told(folder: Path) -> str:
    """What a server prints until it is stopped, which is as soon as it is ready."""
    port = free_port()
    command = [sys.executable, "-m", "api.cli", "serve", "--port", str(port)]
    environment = {**os.environ, "GONGDAN_DATA_DIR": str(folder / "data"), "PYTHONPATH": str(ROOT)}
    lines = []
    with subprocess.Popen(
        command, env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        assert server.stdout is not None
        for line in server.stdout:
            lines.append(line)
            if "is ready" in line:
                server.send_signal(signal.SIGTERM)
    return "".join(lines).replace(str(port), "PORT")


@pytest.mark.slow
def test_a_server_says_that_it_is_ready(gongdan: Gongdan, tmp_path: Path) -> None:
    before = told(tmp_path)
    assert re.search(r"^Nothing is set up yet\. Open http://127\.0\.0\.1:8000/setup\?code=\w+$", before, re.MULTILINE)
    assert "Gongdan is ready: it listens on http://127.0.0.1:PORT" in before
    assert "/setup?code=" in gongdan("doctor").output
    assert gongdan("site", "add", "Garden Court").exit_code == 0
    after = told(tmp_path)
    assert "Nothing is set up" not in after
    assert "is ready: it listens on http://127.0.0.1:PORT, people reach it at http://127.0.0.1:8000." in after
