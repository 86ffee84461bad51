"""The roster: weeks of duties in local time, over midnight and clock changes, taken off and put back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from core import calendars, changes
from core.database import Database
from core.errors import Invalid, Missing, NotFound
from core.upkeep import duty
from core.upkeep.duty import Plan
from tests.personas import Cast

ZONE = "Europe/Berlin"
MONDAY = date(2026, 10, 19)


@pytest.fixture
def plan(cast: Cast) -> Plan:
    return Plan(cast.technician, "on_call", MONDAY, (5, 6), 2, time(18), time(8))


def test_duties_are_planned_over_midnight_and_a_clock_change(
    db: Database, cast: Cast, now: datetime, plan: Plan
) -> None:
    with db.write_scope() as session:
        assert duty.add(session, cast.site, ZONE, plan, cast.admin, now) == 4
        days = duty.week(session, cast.site, ZONE, MONDAY)
        assert [len(day) for day in days] == [0, 0, 0, 0, 0, 1, 1]
        [long] = days[5]  # the night in which the clock is put back
        assert long.starts_at == datetime(2026, 10, 24, 16, tzinfo=UTC)
        assert long.ends_at - long.starts_at == timedelta(hours=15)
        assert calendars.on_call(session, cast.site, long.starts_at) == [cast.technician]
        assert calendars.on_call(session, cast.site, long.ends_at) == []


def test_planning_the_same_again_adds_nothing(db: Database, cast: Cast, now: datetime, plan: Plan) -> None:
    with db.write_scope() as session:
        duty.add(session, cast.site, ZONE, plan, cast.admin, now)
        assert duty.add(session, cast.site, ZONE, plan, cast.admin, now) == 0
        assert duty.add(session, cast.site, ZONE, replace(plan, kind="shift"), cast.admin, now) == 4
        assert duty.add(session, cast.site, ZONE, replace(plan, weeks=3), cast.admin, now) == 2


def test_a_shift_is_no_call(db: Database, cast: Cast, now: datetime, plan: Plan) -> None:
    with db.write_scope() as session:
        duty.add(session, cast.site, ZONE, replace(plan, kind="shift"), cast.admin, now)
        assert calendars.on_call(session, cast.site, datetime(2026, 10, 24, 20, tzinfo=UTC)) == []


def test_what_is_taken_off_can_be_put_back(db: Database, cast: Cast, now: datetime, plan: Plan) -> None:
    before = datetime(2026, 10, 1, tzinfo=UTC)
    with db.write_scope() as session:
        duty.add(session, cast.site, ZONE, plan, cast.admin, before)
        [entry] = duty.week(session, cast.site, ZONE, MONDAY)[5]
        duty.remove(session, cast.site, entry.id, cast.admin, before)
        assert duty.week(session, cast.site, ZONE, MONDAY)[5] == []
        change = changes.of_site(session, cast.site, kind="duty")[0]
        changes.take_back(session, cast.site, change.id, cast.admin, before)
        assert duty.week(session, cast.site, ZONE, MONDAY)[5] == [entry]


def test_a_duty_for_a_team_stands_beside_the_one_for_the_site(
    db: Database, cast: Cast, now: datetime, plan: Plan
) -> None:
    before = datetime(2026, 10, 1, tzinfo=UTC)
    with db.write_scope() as session:
        duty.add(session, cast.site, ZONE, plan, cast.admin, before)
        assert duty.add(session, cast.site, ZONE, replace(plan, team_id=cast.crew), cast.admin, before) == 4
        assert changes.of_site(session, cast.site, kind="duties")[0].after["team"] == str(cast.crew)
        both = duty.week(session, cast.site, ZONE, MONDAY)[5]
        assert [one.team for one in both] == ["", "House crew"]
        duty.remove(session, cast.site, both[1].id, cast.admin, before)
        change = changes.of_site(session, cast.site, kind="duty")[0]
        changes.take_back(session, cast.site, change.id, cast.admin, before)
        assert duty.week(session, cast.site, ZONE, MONDAY)[5] == both


def test_a_running_duty_ends_and_is_not_forgotten(db: Database, cast: Cast, plan: Plan) -> None:
    during = datetime(2026, 10, 24, 20, tzinfo=UTC)
    with db.write_scope() as session:
        duty.add(session, cast.site, ZONE, plan, cast.admin, during)
        [entry] = duty.week(session, cast.site, ZONE, MONDAY)[5]
        duty.remove(session, cast.site, entry.id, cast.admin, during)
        [kept] = duty.week(session, cast.site, ZONE, MONDAY)[5]
        assert kept.ends_at == during
        assert calendars.on_call(session, cast.site, during) == []


def test_what_cannot_be_is_refused(db: Database, cast: Cast, now: datetime, plan: Plan) -> None:
    with db.write_scope() as session:
        for wrong, error in (
            (replace(plan, kind="holiday"), Invalid), (replace(plan, weeks=0), Invalid),
            (replace(plan, weekdays=()), Missing), (replace(plan, weekdays=(7,)), Invalid),
            (replace(plan, person_id=cast.resident), NotFound), (replace(plan, team_id=cast.site), NotFound),
        ):  # fmt: skip
            with pytest.raises(error):
                duty.add(session, cast.site, ZONE, wrong, cast.admin, now)
