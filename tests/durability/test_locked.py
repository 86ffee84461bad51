"""Somebody holds the database for seconds while people write: each platform gets its answer in time, and it is true.

What was answered with 200 is taken, once; what was refused is taken, once, when the platform brings it again.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Select, select

from core.database import open_database
from core.inbox import InboxMessage
from core.outbox import OutboxMessage
from tests.durability.harness import Installation, serving
from tests.durability.hooks import WAITS, Answered, Crowd, all_fakes
from tests.postgres import Server, running_postgres

PACE = 50.0
BESIDE_OTHERS = 2.0  # seconds that an answer may take longer where other tests have the processors, too
Hold = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Wave:
    """So many messages, and when for how many seconds the database is held."""

    messages: int
    at: float
    held: float


# The second one is held longer than a platform waits, which only few may notice.
SHORT = (Wave(100, 0.0, 2.0), Wave(12, 0.0, 4.0))
FULL = (Wave(3000, 30.0, 2.0), Wave(12, 0.0, 4.0))


@contextmanager
def held(wave: Wave, hold: Hold) -> Iterator[None]:
    """The database in other hands for a while; where that is at once, before anybody writes."""
    is_held = threading.Event()

    def work() -> None:
        time.sleep(wave.at)
        with hold():
            is_held.set()
            time.sleep(wave.held)

    holder = threading.Thread(target=work)
    holder.start()
    assert wave.at or is_held.wait(30)
    yield
    holder.join()


@contextmanager
def held_sqlite(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


@contextmanager
def held_postgres(server: Server) -> Iterator[None]:
    with server.connect() as connection, connection.transaction():
        connection.execute("LOCK TABLE inbox, outbox IN ACCESS EXCLUSIVE MODE")
        yield


@contextmanager
def installed(kind: str, folder: Path, settings: dict[str, str]) -> Iterator[tuple[Installation, str, Hold]]:
    """An installation on one of the databases, its address, and how to hold it."""
    if kind == "sqlite":
        path = folder / "data" / "gongdan.db"
        yield Installation(folder, settings), f"sqlite:///{path}", partial(held_sqlite, path)
        return
    with running_postgres(durable=True) as server:
        url = server.url("postgres")
        installation = Installation(folder, {
            **settings, "GONGDAN_DATABASE_URL": url, "GONGDAN_SECRET_KEY": "a-key-of-the-proofs",
        })  # fmt: skip
        installation.run("migrate")
        yield installation, url, partial(held_postgres, server)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_every_hook_is_answered_in_time_and_nothing_is_lost(kind: str, tmp_path: Path, *, full: bool) -> None:
    if kind == "postgres" and not full:
        return  # the rule is the same, and its server costs two seconds more
    with all_fakes() as fakes, installed(kind, tmp_path, fakes.environment()) as (installation, url, hold):
        with serving(installation):
            crowd, answers = Crowd(fakes, installation), []
            for wave in FULL if full else SHORT:
                with held(wave, hold):
                    answers.append(crowd.write(wave.messages, PACE))
                print(told(kind, wave, answers[-1]))  # noqa: T201 - the figures of the proof
            wait_until_done(url)
        for answered in answers:
            verify(answered, 0.0 if full else BESIDE_OTHERS)
        sent = Counter(one.channel for answered in answers for one in answered)
        assert (taken(url), answered_once(url)) == (sent, sent)
        # On PostgreSQL the worker says aloud that it could neither read nor settle, and goes on.
        assert kind == "postgres" or installation.troubles() == []


def told(kind: str, wave: Wave, answers: list[Answered]) -> str:
    """The figures of a wave."""
    slowest = {name: max((one.took for one in answers if one.channel == name), default=0.0) for name in WAITS}
    refused = sum(len(one.statuses) > 1 for one in answers)
    times = ", ".join(f"{name} {seconds:.2f}" for name, seconds in slowest.items())
    return (
        f"{kind}: {wave.messages} messages, held {wave.held} s, {refused} refused first; slowest answers (s): {times}"
    )


def verify(answers: list[Answered], slack: float) -> None:
    """In time, and either taken or refused so that the platform brings it again, whereupon it was taken."""
    late = [(one.channel, one.took) for one in answers if one.took >= WAITS[one.channel] + slack]
    odd = [one for one in answers if not one.is_taken or not set(one.statuses[:-1]) <= {503}]
    assert (late, odd) == ([], [])


def wait_until_done(url: str, seconds: float = 30) -> None:
    """What was only kept in the meantime is handled by the worker."""
    ends = time.monotonic() + seconds
    while counted(url, select(InboxMessage.channel).where(InboxMessage.state == "pending")):
        assert time.monotonic() < ends, "messages still wait"
        time.sleep(0.1)


def taken(url: str) -> Counter[str]:
    """The messages that were handled, by their channel."""
    return counted(url, select(InboxMessage.channel).where(InboxMessage.state == "done"))


def answered_once(url: str) -> Counter[str]:
    """What was said because of them, by the channel."""
    return counted(url, select(OutboxMessage.channel).where(OutboxMessage.kind == "not_set_up"))


def counted(url: str, query: Select[Any]) -> Counter[str]:
    database = open_database(url)
    with database.read_scope() as session:
        found = Counter(session.scalars(query))
    database.dispose()
    return found
