"""Three days of silence close a finished ticket as unanswered."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from core.database import Database
from core.tickets.actions import SILENCE
from core.tickets.models import Ticket
from core.trace import Event
from core.triggers import Outcome
from core.upkeep import policies
from tests.core.history import done, reread, take
from tests.core.triggers.conftest import Wake
from tests.personas import Cast

WORK = timedelta(hours=1)


@pytest.fixture
def finished(db: Database, cast: Cast, now: datetime) -> Ticket:
    with db.write_scope() as session:
        return done(session, cast, now)


def lapses(db: Database) -> int:
    with db.read_scope() as session:
        return session.scalar(select(func.count()).select_from(Event).where(Event.action == "lapse")) or 0


def test_the_resident_has_three_days(db: Database, finished: Ticket, now: datetime, wake: Wake) -> None:
    assert wake("closures", now + WORK + SILENCE - timedelta(seconds=1)) == Outcome()
    assert reread(db, finished).state == "done"


def test_silence_closes_as_unanswered_never_as_fixed(db: Database, finished: Ticket, now: datetime, wake: Wake) -> None:
    assert wake("closures", now + WORK + SILENCE) == Outcome(handled=1)
    closed = reread(db, finished)
    assert (closed.state, closed.resolution, closed.wake_at) == ("closed", "unanswered", None)


def test_an_answer_in_time_is_what_counts(
    db: Database, finished: Ticket, cast: Cast, now: datetime, wake: Wake
) -> None:
    with db.write_scope() as session:
        take(session, session.merge(finished), "confirm", cast.resident, now + 2 * WORK)
    assert wake("closures", now + timedelta(days=30)) == Outcome()
    assert reread(db, finished).resolution == "fixed"


def test_after_downtime_it_closes_once(db: Database, finished: Ticket, now: datetime, wake: Wake) -> None:
    for _ in range(3):
        wake("closures", now + timedelta(days=40))
    assert lapses(db) == 1


def test_two_schedulers_at_once_close_once(db: Database, finished: Ticket, now: datetime, wake: Wake) -> None:
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda _: wake("closures", now + timedelta(days=4)), range(4)))
    assert all(outcome.failed == 0 for outcome in outcomes)
    assert lapses(db) == 1


def test_nobody_is_woken_by_the_end_of_silence(
    db: Database, cast: Cast, finished: Ticket, now: datetime, wake: Wake
) -> None:
    """At ten in the morning of Shanghai; quiet until noon."""
    with db.write_scope() as session:
        policies.set_quiet(session, cast.site, ("09:00", "12:00"), cast.admin, now)
    wake("closures", now + WORK + SILENCE)
    assert reread(db, finished).state == "done"
    wake("closures", now + WORK + SILENCE + timedelta(hours=2))
    assert reread(db, finished).state == "closed"
