"""What README.md and docs/ name exists: commands with their options, settings, make targets, files."""

from __future__ import annotations

import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import CliRunner
from pydantic import BaseModel

from core.settings import Settings
from tests.house.source import ROOT

DOCS = [file for file in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))) if file.exists()]
OPERATING = ROOT / "docs/operating.md"
CODE = re.compile(r"^```[a-z]*\n(.*?)^```|`([^`\n]+)`", re.MULTILINE | re.DOTALL)
SETTING = re.compile(r"\bGONGDAN_[A-Z0-9_]+[A-Z0-9]\b")
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
OF_TESTS = {"GONGDAN_REAL_DATA", "GONGDAN_TEST_DATABASES"}


@pytest.fixture(params=DOCS, ids=lambda file: file.name)
def page(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


def test_every_command_of_the_docs_exists_and_explains_itself(page: Path) -> None:
    for line in _lines_of_code(page, "gongdan "):
        path, options = _understood(line)
        told = CliRunner().invoke(_tree(), [*path, "--help"])
        assert told.exit_code == 0, f"{line}: {told.output}"
        assert options - _options(path) == set(), line


def test_every_setting_of_the_docs_exists(page: Path) -> None:
    assert set(SETTING.findall(page.read_text(encoding="utf-8"))) - _settings(Settings) - OF_TESTS == set()


def test_every_make_target_of_the_docs_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {line.split()[1] for line in _lines_of_code(page, "make ")}
    assert named - targets == set()


def test_every_file_that_the_docs_point_at_exists(page: Path) -> None:
    pointed_at = LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in pointed_at if not (page.parent / link).exists()] == []


@pytest.mark.skipif(not OPERATING.exists(), reason="docs/operating.md is not written yet")
def test_every_setting_and_command_is_documented() -> None:
    text = "\n".join(file.read_text(encoding="utf-8") for file in DOCS)
    assert {name for name in _settings(Settings) if name not in text} == set()
    assert {name for name in _commands([]) if name not in text} == set()


def _lines_of_code(page: Path, start: str) -> list[str]:
    """Lines of code that begin with a command, with neither prompt nor variables before it."""
    spans = (fenced or inline for fenced, inline in CODE.findall(page.read_text(encoding="utf-8")))
    lines = (
        re.sub(r"^\s*(\$ )?([A-Z_]+=\S* )*(\.venv/bin/)?", "", line) for span in spans for line in span.splitlines()
    )
    return [line for line in lines if line.startswith(start)]


def _understood(line: str) -> tuple[list[str], set[str]]:
    """The path of commands of a line and the options it gives: `site add` and `--timezone`."""
    words = shlex.split(re.sub(r"[\[\]]", " ", line), comments=True)[1:]
    path: list[str] = []
    while words and words[0] in _below(path):
        path.append(words.pop(0))
    assert not _below(path) or not words or words[0].startswith("-"), f"no such command: {line}"
    return path, {word.partition("=")[0] for word in words if word.startswith("--")}


def _options(path: list[str]) -> set[str]:
    return {option for parameter in _command(path).params for option in parameter.opts} | {"--help"}


def _below(path: list[str]) -> list[str]:
    """The commands of a group, and none for a command."""
    return list(getattr(_command(path), "commands", {}))


def _command(path: list[str]) -> Any:
    here: Any = _tree()
    for name in path:
        here = here.commands[name]
    return here


def _commands(path: list[str]) -> set[str]:
    below = _below(path)
    if not below:
        return {" ".join(["gongdan", *path])}
    return {found for name in below for found in _commands([*path, name])}


def _settings(model: type[BaseModel], prefix: str = "GONGDAN_") -> set[str]:
    names: set[str] = set()
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            names |= _settings(field.annotation, f"{prefix}{name.upper()}__")
        else:
            names.add(f"{prefix}{name.upper()}")
    return names


@cache
def _tree() -> Any:
    from api.cli import build  # noqa: PLC0415 - a broken command must not hide what the other tests find

    return typer.main.get_command(build())
