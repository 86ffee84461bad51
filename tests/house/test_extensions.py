"""An extension is one file: every package of extensions loads whole, whatever was imported before it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.house.source import ROOT

PACKAGES = ("bot.channels", "bot.flows", "core.triggers", "core.reports", "assets.importers")


@pytest.mark.parametrize("package", PACKAGES)
def test_every_file_of_a_package_of_extensions_loads_alone(package: str) -> None:
    program = f"from core.registry import load; load({package!r}); load({package!r})"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
