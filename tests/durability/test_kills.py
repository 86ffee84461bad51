"""The server is killed again and again while the reports come in: what it has acknowledged is there, once."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import update

from core import clock, outbox
from core.database import open_database
from core.leases import Lease
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
def killed(
    installation: Installation, post: Post, times: int, expected: int, meanwhile: Callable[[], None]
) -> Iterator[None]:
    """Kill and restart the server that often, spread over the expected updates, each time at a random moment.

    `meanwhile`: what happens while it is dead.
    """
    seed = random.randrange(10**6)
    print(f"kills with seed {seed}")  # noqa: T201 - shown when the proof fails
    chance, is_over = random.Random(seed), Event()

    def work() -> int:
        done = 0
        while done < times and not is_over.wait(0.01):
            if len(post.sent) >= (done + 1) * expected // (times + 1):
                is_over.wait(chance.uniform(0, 0.3))
                installation.kill()
                meanwhile()
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


def nothing() -> None:
    """The server is back at once."""


def replay_with_kills(
    installation: Installation,
    residents: list[Resident],
    token: str,
    times: int,
    meanwhile: Callable[[], None] = nothing,
) -> None:
    """Returns when everybody has their ticket. The verdict is the caller's."""
    for resident in residents:
        resident.patience = PATIENCE
    post = residents[0].post
    with serving(installation):
        with killed(installation, post, times, len(residents) * LEAST_UPDATES, meanwhile):
            all_report(residents)
        verdict.assert_every_report_counts_once(installation, token, residents)
    if times >= FULL_KILLS:  # a single kill may fall between two updates; of thirty some hit one
        assert post.refused > 0


def test_nothing_acknowledged_is_lost_or_doubled(
    installation: Installation, residents: list[Resident], the_town: Town, pytestconfig: pytest.Config
) -> None:
    times = FULL_KILLS if pytestconfig.getoption("--full") else KILLS
    replay_with_kills(installation, residents, the_town.tokens["admin"], times)
    verified = installation.verify()
    assert verified.returncode == 0, verified.stderr


def let_leases_end(url: str) -> None:
    """What the dead had claimed is free, as it is a minute after they died."""
    database = open_database(url)
    with database.write_scope() as session:
        outbox.release(session)
        session.execute(update(Lease).values(expires_at=clock.now()))
    database.dispose()


def test_nor_on_postgresql(
    rows: list[Row], telegram: FakeTelegram, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    is_full = pytestconfig.getoption("--full")
    rows, times = (rows, FULL_KILLS) if is_full else (rows[::4], 1)
    with running_postgres(durable=True) as server:
        url = server.url("postgres")
        settings = {"GONGDAN_DATABASE_URL": url, "GONGDAN_SECRET_KEY": "k" * 40}
        installation = Installation(tmp_path, hooked(telegram) | settings)
        telegram.deliver_to(f"{installation.url}/hooks/telegram")
        there = town.build(installation, rows)
        post = Post(telegram)
        residents = [Resident(row, there.codes.get(row.thing, ""), post) for row in rows]
        # The long form waits for the leases, thirty times.
        meanwhile = nothing if is_full else partial(let_leases_end, url)
        replay_with_kills(installation, residents, there.tokens["admin"], times, meanwhile)
        verified = installation.verify()
    assert verified.returncode == 0, verified.stderr
