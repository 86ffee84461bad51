"""The server is killed again and again while the reports come in: what it has acknowledged is there, once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from tests.durability import town, verdict
from tests.durability.conftest import hooked
from tests.durability.harness import Installation, serving
from tests.durability.nyc311 import Row
from tests.durability.residents import Post, Resident, all_report
from tests.durability.town import Town
from tests.fakes.telegram import FakeTelegram
from tests.postgres import running_postgres

KILLS, FULL_KILLS = 2, 30
# A killed server's messages come back after its lease on PostgreSQL, so residents have to be patient there.
PATIENCE = 300
LEAST_UPDATES = 3  # of one report


@contextmanager
def killed(installation: Installation, post: Post, times: int, expected: int) -> Iterator[None]:
    """Kill and restart the server that often, spread over the expected updates, each time at a random moment."""
    seed = random.randrange(10**6)
    print(f"kills with seed {seed}")  # noqa: T201 - shown when the proof fails
    chance, is_over = random.Random(seed), Event()

    def work() -> int:
        done = 0
        while done < times and not is_over.wait(0.01):
            if len(post.sent) >= (done + 1) * expected // (times + 1):
                is_over.wait(chance.uniform(0, 0.3))
                installation.kill()
                installation.start()
                done += 1
        return done

    with ThreadPoolExecutor(1) as hand:
        killing = hand.submit(work)
        try:
            yield
        finally:
            is_over.set()
        assert killing.result() == times


def replay_with_kills(
    installation: Installation, residents: list[Resident], tokens: dict[str, str], times: int
) -> None:
    for resident in residents:
        resident.patience = PATIENCE
    post = residents[0].post
    with serving(installation):
        with killed(installation, post, times, len(residents) * LEAST_UPDATES):
            all_report(residents)
        verdict.assert_every_report_counts_once(installation, tokens["admin"], residents)
        verified = installation.verify()
    assert verified.returncode == 0, verified.stderr
    if times >= FULL_KILLS:  # a single kill may fall between two updates; of thirty some hit one
        assert post.refused > 0


def test_nothing_acknowledged_is_lost_or_doubled(
    installation: Installation, residents: list[Resident], the_town: Town, pytestconfig: pytest.Config
) -> None:
    times = FULL_KILLS if pytestconfig.getoption("--full") else KILLS
    replay_with_kills(installation, residents, the_town.tokens, times)


def test_nor_on_postgresql(
    rows: list[Row], telegram: FakeTelegram, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    if not pytestconfig.getoption("--full"):
        rows, times = rows[::4], 1
    else:
        times = FULL_KILLS
    with running_postgres(durable=True) as server:
        settings = {"GONGDAN_DATABASE_URL": server.url("postgres"), "GONGDAN_SECRET_KEY": "k" * 40}
        installation = Installation(tmp_path, hooked(telegram) | settings)
        telegram.deliver_to(f"{installation.url}/hooks/telegram")
        there = town.build(installation, rows)
        post = Post(telegram)
        residents = [Resident(row, there.codes.get(row.thing, ""), post) for row in rows]
        replay_with_kills(installation, residents, there.tokens, times)
