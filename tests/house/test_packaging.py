"""What the program reads beside its code is in the package, and the lock fits the dependencies that are named."""

from __future__ import annotations

import re
import tomllib
from fnmatch import fnmatch
from importlib.metadata import version

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.source import ROOMS, ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
RUN_LOCK = (ROOT / "requirements-run.lock").read_text(encoding="utf-8")
DEVELOPERS_OWN = ("*.py", "*.pyc", "*.mako", "*.md")


def test_every_file_that_is_read_at_run_time_is_packaged() -> None:
    patterns = (*PROJECT["tool"]["setuptools"]["package-data"]["*"], *DEVELOPERS_OWN)
    kept = (file for room in ROOMS for file in (ROOT / room).rglob("*") if file.is_file())
    assert [str(file) for file in kept if not any(fnmatch(file.name, pattern) for pattern in patterns)] == []


def test_the_lock_holds_every_dependency_in_a_version_that_is_allowed() -> None:
    locked = dict(re.findall(r"^([a-z0-9.-]+)==([^ ;]+)", LOCK, re.MULTILINE))
    named = [Requirement(line) for line in (*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"])]
    unmet = [str(need) for need in named if not need.specifier.contains(locked.get(canonicalize_name(need.name), "0"))]
    assert unmet == []


@pytest.mark.parametrize("lock", [LOCK, RUN_LOCK], ids=["all", "run"])
def test_the_lock_names_no_address_and_hashes_everything(lock: str) -> None:
    assert re.findall(r"https?:|file:|--index|--find-links", lock) == []
    assert len(re.findall("^[a-z0-9].*==", lock, re.MULTILINE)) == len(
        re.findall(r"^[a-z0-9].*==.* \\\n +--hash=sha256:", lock, re.MULTILINE)
    )


def test_what_runs_in_a_house_brings_no_tools_of_developers() -> None:
    everything, needed = (set(re.findall(r"^([a-z0-9.-]+==[^ ;]+)", lock, re.MULTILINE)) for lock in (LOCK, RUN_LOCK))
    names = {line.partition("==")[0] for line in needed}
    assert needed - everything == set()
    assert names >= {canonicalize_name(Requirement(line).name) for line in PROJECT["project"]["dependencies"]}
    assert names & {"pytest", "playwright", "ruff", "mypy", "moto", "flask"} == set()


def test_the_libraries_in_use_are_the_locked_ones() -> None:
    locked = re.findall(r"^([a-z0-9.-]+)==([^ ;]+) \\$", LOCK, re.MULTILINE)
    assert [name for name, number in locked if version(name) != number] == []
