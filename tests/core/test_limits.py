"""Counting keeps one address from flooding the others, and forgets what is over."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from core import limits
from core.database import Database
from core.errors import TooMany


def count(db: Database, now: datetime, key: str = "report:1.2.3.4", most: int = 3) -> int:
    return db.write(lambda session: limits.count(session, key, now, most=most))


def test_what_is_within_the_limit_passes(db: Database, now: datetime) -> None:
    assert [count(db, now) for _ in range(3)] == [1, 2, 3]


def test_one_more_is_told_how_long_to_wait(db: Database, now: datetime) -> None:
    for _ in range(3):
        count(db, now + timedelta(minutes=4))
    with pytest.raises(TooMany) as refused:
        count(db, now + timedelta(minutes=4))
    assert refused.value.facts["seconds"] == 6 * 60


def test_a_new_window_begins_anew(db: Database, now: datetime) -> None:
    for _ in range(3):
        count(db, now)
    assert count(db, now + limits.WINDOW) == 1


def test_one_flood_does_not_touch_another_key(db: Database, now: datetime) -> None:
    for _ in range(3):
        count(db, now)
    assert count(db, now, "report:5.6.7.8") == 1


def test_counts_are_forgotten_a_day_later_and_no_earlier(db: Database, now: datetime) -> None:
    count(db, now)
    assert db.write(lambda session: limits.forget_old(session, now + timedelta(days=1))) == 0
    assert db.write(lambda session: limits.forget_old(session, now + timedelta(days=1) + limits.WINDOW)) == 1
