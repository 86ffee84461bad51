"""What the proofs share: a fake Telegram, the town that is set up once, and copies of it that may be ruined."""

from __future__ import annotations

import fcntl
import os
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.durability import nyc311, town
from tests.durability.harness import Installation
from tests.durability.nyc311 import Row
from tests.durability.residents import Post, Resident
from tests.durability.town import Town
from tests.fakes.telegram import FakeTelegram

GROUPS = 8
# Telegram's own pace would make hours of a proof, and test_delivery holds it.
HURRIED = {"GONGDAN_TELEGRAM__PER_SECOND": "500", "GONGDAN_TELEGRAM__PER_CHAT_SECOND": "50"}


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    with FakeTelegram() as fake:
        yield fake


@pytest.fixture(scope="session")
def all_rows(real_data: Path) -> list[Row]:
    return nyc311.read(real_data)


@pytest.fixture(scope="session")
def rows(all_rows: list[Row], pytestconfig: pytest.Config) -> list[Row]:
    """Whose requests are replayed: everybody's, or in the short form an excerpt."""
    return all_rows if pytestconfig.getoption("--full") else nyc311.excerpt(all_rows, GROUPS)


@pytest.fixture(scope="session")
def the_town(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Built by the first worker that asks for it; the others wait for it and take the same."""
    folder = tmp_path_factory.getbasetemp()
    folder = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "town"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = folder / "town.pickle"
        if not kept.exists():
            kept.write_bytes(pickle.dumps(town.build(Installation(folder), rows)))
        built: Town = pickle.loads(kept.read_bytes())  # noqa: S301 - our own file
    return built


@pytest.fixture
def installation(the_town: Town, telegram: FakeTelegram, tmp_path: Path) -> Iterator[Installation]:
    """A copy of the town with the Telegram hook, not started."""
    copy = Installation(tmp_path, hooked(telegram))
    the_town.copy_to(copy)
    telegram.deliver_to(f"{copy.url}/hooks/telegram")
    yield copy
    copy.stop()


def hooked(telegram: FakeTelegram) -> dict[str, str]:
    """The settings of an installation that this Telegram posts to."""
    return telegram.environment("webhook") | HURRIED


@pytest.fixture
def post(telegram: FakeTelegram) -> Post:
    return Post(telegram)


@pytest.fixture
def residents(rows: list[Row], the_town: Town, post: Post) -> list[Resident]:
    return [Resident(row, the_town.codes.get(row.thing, ""), post) for row in rows]


@pytest.fixture(scope="session")
def pictures(real_data: Path) -> list[bytes]:
    return [file.read_bytes() for file in nyc311.photos(real_data)]
