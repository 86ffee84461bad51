"""The trace is sealed by the ticker, the whole backlog at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from core import audit, seals, trace
from core.database import Database
from core.trace import Entry
from core.triggers import Outcome
from tests.core.history import KEY
from tests.core.triggers.conftest import Wake


def write(db: Database, number: int, now: datetime) -> None:
    with db.write_scope() as session:
        trace.append(session, "place:hall", [Entry("moved")] * number, now)


def test_new_events_are_sealed_once(db: Database, now: datetime, wake: Wake) -> None:
    write(db, 3, now)
    assert wake("seals", now) == Outcome(handled=1)
    assert wake("seals", now) == Outcome()


def test_a_backlog_is_sealed_in_batches(db: Database, now: datetime, wake: Wake) -> None:
    write(db, seals.BATCH + 1, now)
    assert wake("seals", now) == Outcome(handled=2)
    with db.read_scope() as session:
        report = audit.verify(session, KEY.public)
    assert (report.problems, report.seals, report.unsealed) == ((), 2, 0)


def test_two_schedulers_at_once_keep_one_log(db: Database, now: datetime, wake: Wake) -> None:
    write(db, 50, now)
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda _: wake("seals", now), range(4)))
    assert all(outcome.failed == 0 for outcome in outcomes)
    with db.read_scope() as session:
        report = audit.verify(session, KEY.public)
    assert (report.problems, report.seals, report.unsealed) == ((), 1, 0)
