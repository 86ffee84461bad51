"""Where tests keep their files: in memory where there is room, and no longer than their test unless it failed.

A commit waits for the disk, and the tests commit some hundred thousand times; what a killed process has written is
in memory as it would be on the disk, and none of them cuts the power.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

MEMORY = Path("/dev/shm")  # noqa: S108 - in it a folder of a name that nobody can guess
NEEDED = 4 * 2**30


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    is_worker = hasattr(config, "workerinput")  # which is told its folder
    if config.option.basetemp or is_worker or not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < NEEDED:
        return
    config.option.basetemp = tempfile.mkdtemp(prefix="gongdan-tests-", dir=MEMORY)
    config.add_cleanup(lambda: shutil.rmtree(config.option.basetemp, ignore_errors=True))
