"""A command imports what it needs: nobody waits for the web server to print a token."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from typer.core import TyperGroup
from typer.main import get_command

from api.cli import build
from api.commands import files_of
from tests.house.source import ROOT

DEAR = ("fastapi", "openpyxl", "uvicorn", "reportlab")


def whole() -> dict[str, Any]:
    every = get_command(build())
    assert isinstance(every, TyperGroup)
    return dict(every.commands)


def modules_of(command: Any) -> Iterator[str]:
    """Where a command, or each command of a group, is written."""
    if isinstance(command, TyperGroup):
        for one in command.commands.values():
            yield from modules_of(one)
    else:
        yield command.callback.__module__


def told(program: str) -> list[str]:
    """What a process of its own prints, where nothing is imported yet."""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_setting_up_needs_no_web_server() -> None:
    loaded = told("import sys; from api.cli import build; build('token'); print(*sys.modules)")
    assert ("api.commands.setting_up" in loaded, [name for name in DEAR if name in loaded]) == (True, [])


def test_the_files_of_every_command_are_found_by_its_name() -> None:
    every = whole()
    missing = {
        name: set(modules_of(command)) - {f"api.commands.{file}" for file in files_of(name)}
        for name, command in every.items()
    }
    assert (len(every) > 20, {name: files for name, files in missing.items() if files}) == (True, {})


def test_what_is_no_command_shows_all_of_them() -> None:
    show = "from typer.main import get_command; from api.cli import build; print(*get_command(build('%s')).commands)"
    assert sorted(told(show % "nonsense")) == sorted(whole())
