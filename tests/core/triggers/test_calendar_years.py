"""A year that is not published is told to the administrators once."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from core.database import Database
from core.outbox import OutboxMessage
from core.triggers import Outcome
from core.upkeep import calendar
from tests.core.triggers.conftest import Wake
from tests.personas import Cast


def test_administrators_are_told_once_for_each_year(db: Database, cast: Cast, now: datetime, wake: Wake) -> None:
    db.write(lambda session: calendar.set_country(session, cast.site, "CN", "", cast.admin, now))
    assert wake("calendar_years", now - timedelta(days=40)) == Outcome()
    assert wake("calendar_years", now) == Outcome(handled=1)
    assert wake("calendar_years", now + timedelta(days=3)) == Outcome()
    with db.read_scope() as session:
        [letter] = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "calendar_unpublished"))
        assert (letter.person_id, letter.facts["year"]) == (cast.admin, 2027)
        assert letter.facts["site"] == str(cast.site)  # by which delivery finds the site, and its time


def test_a_country_whose_holidays_follow_from_rules_waits_for_nobody(
    db: Database, cast: Cast, now: datetime, wake: Wake
) -> None:
    db.write(lambda session: calendar.set_country(session, cast.site, "DE", "BE", cast.admin, now))
    assert wake("calendar_years", now) == Outcome()
