"""A lease has one holder at a time, and every change of hands has a new epoch."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from core import leases
from core.database import Database

LIFE = timedelta(seconds=15)


def hold(db: Database, holder: str, now: datetime) -> int | None:
    return db.write(lambda session: leases.hold(session, "scheduler", holder, LIFE, now))


def test_the_first_one_gets_it_and_the_second_does_not(db: Database, now: datetime) -> None:
    assert hold(db, "one", now) == 1
    assert hold(db, "two", now) is None
    with db.read_scope() as session:
        assert leases.holder_of(session, "scheduler", now) == "one"


def test_renewing_keeps_the_epoch_and_prolongs_it(db: Database, now: datetime) -> None:
    hold(db, "one", now)
    assert hold(db, "one", now + LIFE / 2) == 1
    assert hold(db, "two", now + LIFE) is None


def test_an_expired_lease_changes_hands_under_a_new_epoch(db: Database, now: datetime) -> None:
    hold(db, "one", now)
    assert hold(db, "two", now + LIFE) == 2
    assert hold(db, "one", now + LIFE) is None


def test_a_lease_given_back_is_free_at_once(db: Database, now: datetime) -> None:
    hold(db, "one", now)
    db.write(lambda session: leases.let_go(session, "scheduler", "one", now))
    with db.read_scope() as session:
        assert leases.holder_of(session, "scheduler", now) is None
    assert hold(db, "two", now) == 2


def test_nobody_gives_back_what_another_holds(db: Database, now: datetime) -> None:
    hold(db, "one", now)
    db.write(lambda session: leases.let_go(session, "scheduler", "two", now))
    assert hold(db, "two", now) is None


def test_of_many_who_ask_at_once_one_gets_it(db: Database, now: datetime) -> None:
    got: list[int | None] = []
    start = threading.Barrier(8)

    def ask(name: str) -> None:
        start.wait()
        got.append(hold(db, name, now))

    threads = [threading.Thread(target=ask, args=(f"holder {number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got, key=str) == [1, *[None] * 7]


def test_the_shared_clock_tells_the_time_of_now(db: Database) -> None:
    with db.read_scope() as session:
        first, second = leases.shared_now(session), leases.shared_now(session)
    assert first <= second < first + timedelta(minutes=1)
    assert first.tzinfo is not None
