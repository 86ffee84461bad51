"""How tests share the workers: those that need the same server or town stay together, and the long ones start first.

Our own rule, because the groups of pytest-xdist 3.8 are lost under pytest 9.2.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

TESTS = Path(__file__).parent
# Two browsers on two cores wait for each other, so all of them are one piece of work, as are those who read the whole
# source; a town serves one file.
WHOLE, BY_FILE = ("browser", "house"), ("durability",)
ALONE = ("test_extending.py",)  # reads a copy of its own
SPREAD = ("test_two_years.py",)  # builds its own towns, one for each seed


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.relative_to(TESTS).parts[0] not in WHOLE + BY_FILE)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    return Sharing(config, log)


class Sharing(LoadScopeScheduling):  # type: ignore[misc]
    """Gives a worker one piece of work after the other: a room, a file, or a single test."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        room, name = PurePosixPath(file).parts[1] if file.startswith("tests/") else "", PurePosixPath(file).name
        if room in WHOLE and name not in ALONE:
            return room
        is_whole = room in WHOLE + BY_FILE and name not in SPREAD
        return file if is_whole else nodeid
