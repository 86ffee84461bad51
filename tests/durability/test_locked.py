"""Another process holds the database for seconds: the platform gets its answer in time, and what it says is true."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.durability.harness import Installation, serving
from tests.fakes.telegram import FakeTelegram, Sender
from tests.fakes.telegram_updates import Update

ANSWER_WITHIN = 3.0


@contextmanager
def locked(installation: Installation, seconds: float) -> Iterator[None]:
    """The database's write lock in other hands."""
    taken = threading.Event()

    def hold() -> None:
        path = installation.folder / "data" / "gongdan.db"
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            taken.set()
            time.sleep(seconds)
            connection.execute("ROLLBACK")

    holder = threading.Thread(target=hold)
    holder.start()
    assert taken.wait(10)
    yield
    holder.join()


@pytest.mark.parametrize("seconds", [2.0, 4.0])
def test_every_hook_is_answered_in_time(seconds: float, telegram: FakeTelegram, tmp_path: Path) -> None:
    installation = Installation(tmp_path, telegram.environment("webhook"))
    telegram.deliver_to(f"{installation.url}/hooks/telegram")
    people = [Sender(100 + number, f"R{number}", "en") for number in range(8)]
    updates = [telegram.updates.text(who, "/help") for who in people]
    with serving(installation):
        with locked(installation, seconds), ThreadPoolExecutor(8) as crowd:
            answers = list(crowd.map(lambda update: timed(telegram, update), updates))
        assert max(took for _, took in answers) < ANSWER_WITHIN
        assert {status for status, _ in answers} <= {200, 503}
        for update, (status, _) in zip(updates, answers, strict=True):
            if status == 503:
                assert timed(telegram, update)[0] == 200
        for who in people:
            telegram.wait_for_text(who.id, "not set up yet", timeout=20)
    assert all(sum("not set up yet" in text for text in telegram.sent_texts(who.id)) == 1 for who in people)


def timed(telegram: FakeTelegram, update: Update) -> tuple[int, float]:
    """The status of the answer to an update, and the seconds until it came."""
    begun = time.monotonic()
    answer = telegram.push_update(update)
    assert answer is not None, json.dumps(update)
    return answer.status, time.monotonic() - begun
