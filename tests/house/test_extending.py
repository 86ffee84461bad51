"""The examples of docs/extending.md work as they stand there, and the contracts hold for them.

They are written into a copy of the project, because the registries of this process must not know them.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import ROOMS, ROOT

PAGE = ROOT / "docs/extending.md"
FILE = re.compile(r"^\*\*`([\w/.]+)`\*\*\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BESIDE = ("tests", "docs", "pyproject.toml", "Makefile", "README.md", "requirements.lock")
KINDS = ("core/triggers/", "core/reports/", "assets/importers/", "bot/flows/", "bot/channels/")
NAMES = "forgotten or emergencies or jsonl or hours or sms"


@pytest.fixture(scope="module")
def examples() -> dict[str, str]:
    return dict(FILE.findall(PAGE.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def copy(examples: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with the examples in it."""
    folder = tmp_path_factory.mktemp("extended")
    for name in (*ROOMS, *BESIDE):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)
        elif (ROOT / name).exists():
            shutil.copy(ROOT / name, folder / name)
    for name, text in examples.items():
        assert not (folder / name).exists(), f"{name} exists in the product"
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def run(copy: Path, *words: str) -> tuple[int, str]:
    """How a tool ends in the copy and what it says; nothing of this project may be imported instead of it."""
    environment = {**os.environ, "PYTHONPATH": str(copy), "GONGDAN_TEST_DATABASES": "sqlite", "CI": ""}
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=copy, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_there_is_one_example_of_every_kind(examples: dict[str, str]) -> None:
    assert [sum(name.startswith(kind) for name in examples) for kind in KINDS] == [1] * len(KINDS)


def test_the_examples_are_written_as_the_product_is(copy: Path, examples: dict[str, str]) -> None:
    python = [name for name in examples if name.endswith(".py")]
    for words in (("check",), ("format", "--check")):
        status, told = run(copy, "ruff", *words, *python)
        assert status == 0, told


def test_the_contracts_hold_for_the_examples(copy: Path, examples: dict[str, str]) -> None:
    own = [name for name in examples if name.startswith("tests/") and "/rigs/" not in name]
    status, told = run(copy, "pytest", "-q", "-p", "no:cacheprovider", "-rA", "tests/contracts", *own, "-k", NAMES)
    assert status == 0, told
    for name in NAMES.split(" or "):
        assert f"[{name}" in told or f"-{name}" in told, name
    assert [name for name in own if f"PASSED {name}" not in told] == []


def test_the_examples_load_alone_and_speak_both_languages(copy: Path) -> None:
    house = ("tests/house/test_extensions.py", "tests/house/test_translations.py")
    status, told = run(
        copy, "pytest", "-q", "-p", "no:cacheprovider", *house, "-k", "loads_alone or every_key or same_facts"
    )
    assert status == 0, told
