"""An extension is one file: each package of extensions loads whole, and no extension knows another.

What outgrows its file, or is shared by several, stands beside it with a leading underscore. A channel's parts are
named after it (`telegram.py`, `_telegram_errors.py`) and known by it alone.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import source
from tests.house.source import ROOMS, ROOT

PACKAGES = ("bot.channels", "bot.flows", "core.triggers", "assets.triggers", "core.reports", "assets.importers")
CHANNELS = [file.stem for file in source.files("bot/channels") if not file.stem.startswith("_")]
# A platform's own library, and the channels that may use it.
# `weixin`: what the platforms of Tencent have in common.
SDKS = {"telegram": ("telegram",), "wechatpy": ("wechat", "wecom", "weixin"), "dingtalk_stream": ("dingtalk",)}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_file_of_a_package_of_extensions_loads_alone(package: str) -> None:
    program = f"from core.registry import load; load({package!r}); load({package!r})"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("package", PACKAGES)
def test_an_extension_knows_no_other(package: str) -> None:
    folder = ROOT / package.replace(".", "/")
    names = {file.stem for file in folder.glob("*.py")}
    strays = [
        f"{source.named(file)} → {imported}"
        for file in source.files(str(folder))
        for imported in _siblings(file, package) & names
        if not imported.startswith("_")
    ]
    assert strays == []


def test_the_parts_of_a_channel_are_known_by_it_alone() -> None:
    strays = [
        f"{source.named(file)} → {imported}"
        for file in source.files("bot/channels")
        for imported in _siblings(file, "bot.channels")
        for channel in CHANNELS
        if imported.startswith(f"_{channel}") and not _is_part(file, channel)
    ]
    assert strays == []


def test_the_library_of_a_platform_is_used_by_its_channels_alone() -> None:
    strays = [
        f"{source.named(file)} → {module}"
        for file in source.files(*ROOMS)
        for module in _imports(file)
        if (channels := SDKS.get(module.partition(".")[0])) and not any(_is_part(file, one) for one in channels)
    ]
    assert strays == []


def _is_part(file: Path, channel: str) -> bool:
    return file.parent == ROOT / "bot/channels" and file.stem.lstrip("_").startswith(channel)


def _siblings(file: Path, package: str) -> set[str]:
    return {
        module.removeprefix(f"{package}.").partition(".")[0]
        for module in _imports(file)
        if module.startswith(f"{package}.")
    }


def _imports(file: Path) -> Iterator[str]:
    """Every module that a file imports; `from a import b` may mean the module `a.b` and counts as both."""
    for node in ast.walk(source.tree(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
