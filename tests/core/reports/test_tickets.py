"""The figures of the tickets report, counted by hand: one ticket a fact."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from core import reports, surveys
from core.database import Database
from core.tickets import queries
from tests.core.history import done, opened, take
from tests.personas import Cast

MONTH = "2026-11"
LATER = timedelta(days=60)


class Month:
    """A month of a site as a manager reads it, long after it ended."""

    def __init__(self, db: Database, cast: Cast, now: datetime) -> None:
        self.db, self.cast, self.now = db, cast, now

    def done(self) -> str:
        """A ticket signed off one hour after its report."""
        with self.db.write_scope() as session:
            return done(session, self.cast, self.now).number

    def opened(self) -> str:
        with self.db.write_scope() as session:
            return opened(session, self.cast, self.now, "the lamp flickers", "electricity").number

    def act(self, number: str, action: str, *, after: timedelta, **facts: object) -> None:
        with self.db.write_scope() as session:
            ticket = queries.by_number(session, number, lock=True)
            take(session, ticket, action, self.cast.resident, self.now + after, **facts)

    def rate(self, number: str, stars: int) -> None:
        with self.db.write_scope() as session:
            ticket = queries.by_number(session, number, lock=True)
            surveys.rate(session, ticket, self.cast.resident, stars, self.now + timedelta(hours=3))

    def figure(self, name: str, period: str = MONTH, *, after: timedelta = LATER) -> tuple[float | None, list[str]]:
        with self.db.read_scope() as session:
            found = reports.figures_of(session, "tickets", self.cast.site, period, self.now + after)
        one = next(figure for figure in found.figures if figure.name == name)
        return one.value, list(one.tickets)


@pytest.fixture
def month(db: Database, cast: Cast, now: datetime) -> Month:
    return Month(db, cast, now)


def test_a_quiet_month_has_no_shares_and_no_means(month: Month) -> None:
    assert month.figure("opened") == (0, [])
    for name in ("promises_kept", "minutes_to_accept", "stars", "response_rate"):
        assert month.figure(name) == (None, [])


def test_what_is_opened_counts_in_its_month_only(month: Month) -> None:
    number = month.opened()
    assert month.figure("opened") == (1, [number])
    assert month.figure("opened", "2026-12") == (0, [])


def test_work_counts_as_done_when_it_is_signed_off_and_as_closed_when_it_is_confirmed(month: Month) -> None:
    number = month.done()
    assert (month.figure("done"), month.figure("closed")) == ((1, [number]), (0, []))
    month.act(number, "confirm", after=timedelta(hours=2))
    assert month.figure("closed") == (1, [number])


def test_a_reopening_in_december_takes_nothing_out_of_november(month: Month) -> None:
    number = month.done()
    month.act(number, "confirm", after=timedelta(days=5))
    month.act(number, "reopen", after=timedelta(days=11), reason="still drips")
    assert (month.figure("done"), month.figure("closed")) == ((1, [number]), (1, [number]))
    assert (month.figure("reopened"), month.figure("reopened", "2026-12")) == ((0, []), (1, [number]))
    assert (month.figure("still_open"), month.figure("still_open", "2026-12")) == ((0, []), (1, [number]))


def test_a_rating_is_no_second_closing(month: Month) -> None:
    number = month.done()
    month.act(number, "confirm", after=timedelta(hours=2))
    month.rate(number, 4)
    assert month.figure("closed") == (1, [number])


def test_a_promise_is_kept_by_accepting_in_time_and_broken_by_silence(month: Month) -> None:
    kept, silent = month.done(), month.opened()
    assert month.figure("promises_kept") == (50.0, [kept, silent])


def test_a_promise_whose_time_still_runs_is_not_judged(month: Month) -> None:
    kept, _ = month.done(), month.opened()
    assert month.figure("promises_kept", after=timedelta(hours=2)) == (100.0, [kept])


def test_what_was_withdrawn_in_time_broke_no_promise(month: Month) -> None:
    number = month.opened()
    month.act(number, "cancel", after=timedelta(minutes=1), reason="by mistake")
    assert month.figure("promises_kept") == (None, [])


def test_minutes_to_accept_are_the_median_of_what_was_accepted(month: Month) -> None:
    number, _ = month.done(), month.opened()
    assert month.figure("minutes_to_accept") == (5.0, [number])


def test_stars_stand_beside_the_share_of_questions_that_were_answered(month: Month) -> None:
    """The second closure is within a week of the first, so nobody is asked about it again."""
    rated, unasked, silent = month.done(), month.done(), month.done()
    for number, days in ((rated, 0), (unasked, 1), (silent, 8)):
        month.act(number, "confirm", after=timedelta(days=days, hours=2))
    month.rate(rated, 2)
    assert month.figure("stars") == (2.0, [rated])
    assert month.figure("asked") == (2, [rated, silent])
    assert month.figure("answered") == month.figure("stars_2") == (1, [rated])
    assert month.figure("stars_5") == (0, [])
    assert month.figure("response_rate") == (50.0, [rated, silent])


def test_what_is_not_closed_was_not_asked_about(month: Month) -> None:
    month.done()
    assert month.figure("response_rate") == (None, [])
