"""A month of plans tells what was done, late, missed and passed over, what is open, and what is to come."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from assets.plans import months, planning
from assets.plans.models import Plan
from assets.plans.months import Asked
from core import categories, places
from core.database import Database, Session
from tests.assets.plans.conftest import Wake, Yard, finish, made, planned

NOON = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)


def shown(session: Session, yard: Yard, now: datetime, **asked: Any) -> list[tuple[str, str, int]]:
    first, last = asked.pop("first", date(2026, 11, 1)), asked.pop("last", date(2026, 11, 30))
    found = months.month(session, places.site_of(session, yard.cast.site), Asked(first, last, **asked), now)
    assert not found.is_cut
    return [(f"{one.day:%m-%d}", one.state, one.count) for one in found.entries]


@pytest.fixture
def weekly(db: Database, yard: Yard, now: datetime) -> Plan:
    with db.write_scope() as session:
        return planned(session, yard, now, rule="FREQ=WEEKLY;BYDAY=FR", starts_on=date(2026, 11, 6))


def test_a_day_is_open_then_missed_then_done_late(db: Database, yard: Yard, weekly: Plan, wake: Wake) -> None:
    friday = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
    wake(friday)
    with db.write_scope() as session:
        coming = [("11-27", "coming", 1)]
        assert shown(session, yard, friday) == [("11-20", "open", 1), *coming]
        assert shown(session, yard, NOON) == [("11-20", "missed", 1), *coming]
        [(_, ticket)] = made(session, session.get_one(Plan, weekly.id))
        finish(session, ticket.id, yard, {1: "pass", 2: "3"}, NOON, waived="code_scan")
        assert shown(session, yard, NOON) == [("11-20", "late", 1), *coming]


def test_what_is_done_in_its_tolerance_is_in_time(db: Database, yard: Yard, now: datetime, wake: Wake) -> None:
    with db.write_scope() as session:
        rhythm = {"tolerance_days": 5}
        plan = planned(session, yard, now, rule="FREQ=WEEKLY;BYDAY=FR", rhythm=rhythm)
    wake(now)
    with db.write_scope() as session:
        [(_, ticket)] = made(session, session.get_one(Plan, plan.id))
        finish(session, ticket.id, yard, {1: "pass", 2: "3"}, NOON, waived="code_scan")
        assert shown(session, yard, NOON)[0] == ("11-20", "done", 1)


def test_what_was_passed_over_stands_there_with_its_reason(db: Database, yard: Yard, wake: Wake, now: datetime) -> None:
    with db.write_scope() as session:
        planned(session, yard, now, rhythm={"on_holiday": "skip"})
    wake(now)
    wake(now + timedelta(days=3))
    with db.read_scope() as session:
        site = places.site_of(session, yard.cast.site)
        found = months.month(session, site, Asked(date(2026, 11, 1), date(2026, 11, 30)), now + timedelta(days=3))
    passed = [(one.day, one.reason, one.why) for one in found.entries if one.state == "skipped"]
    assert passed == [(date(2026, 11, day), "skipped", "weekend") for day in (21, 22, 28, 29)]
    assert [one.day.day for one in found.entries if one.state == "coming"] == [24, 25, 26, 27, 30]


def test_many_things_of_one_plan_are_one_line(db: Database, yard: Yard, wake: Wake, now: datetime) -> None:
    with db.write_scope() as session:
        planned(session, yard, now, subject="type", asset_id=None, type_id=yard.type, rule="FREQ=MONTHLY")
    wake(now)
    with db.read_scope() as session:
        assert shown(session, yard, now) == [("11-20", "open", 3)]


def test_a_building_a_plan_and_a_team_leave_their_own(db: Database, yard: Yard, wake: Wake, now: datetime) -> None:
    cast = yard.cast
    with db.write_scope() as session:
        other = places.ensure_path(session, cast.site, "B/Roof").id
        top = next(one for one in places.tops(session, cast.site) if one.name == "B").id
        here = planned(session, yard, now)
        roof = planned(session, yard, now, name="Roof", subject="place", asset_id=None, place_id=other)
        route = planned(
            session, yard, now, name="Round", subject="route", asset_id=None,
            stops=[{"asset": str(yard.pump)}, {"place": str(other)}],
        )  # fmt: skip
    wake(now)
    with db.write_scope() as session:
        site = places.site_of(session, cast.site)

        def names(**asked: Any) -> set[str]:
            asked_for = Asked(date(2026, 11, 23), date(2026, 11, 30), **asked)
            return {one.plan for one in months.month(session, site, asked_for, now).entries}

        assert names() == {here.name, roof.name, route.name}
        assert names(place_id=top) == {roof.name, route.name}
        assert names(plan_id=here.id) == {here.name}
        assert names(team_id=cast.crew) == set()
        categories.set_category(session, cast.site, "equipment", team_id=cast.crew)
        site = places.site_of(session, cast.site)
        assert names(team_id=cast.crew) == {here.name, roof.name, route.name}


def test_a_paused_plan_has_nothing_to_come(db: Database, yard: Yard, weekly: Plan, now: datetime) -> None:
    with db.write_scope() as session:
        planning.pause(session, yard.cast.site, weekly.id, yard.cast.admin, now)
        assert shown(session, yard, now) == []


def test_a_far_month_ends_at_a_limit_and_says_so(db: Database, yard: Yard, now: datetime) -> None:
    with db.write_scope() as session:
        planned(session, yard, now)
        site = places.site_of(session, yard.cast.site)
        assert not months.month(session, site, Asked(date(2027, 12, 1), date(2027, 12, 31)), now).is_cut
        assert months.month(session, site, Asked(date(2098, 12, 1), date(2098, 12, 31)), now).is_cut


def test_a_plan_whose_rule_is_none_takes_no_other_plan_away(db: Database, yard: Yard, now: datetime) -> None:
    """As one stands there that an earlier version let through."""
    with db.write_scope() as session:
        planned(session, yard, now)
        bad = planned(session, yard, now, name="Bad")
        bad.rhythm = {**bad.rhythm, "rule": "FREQ=MONTHLY;BYDAY=1MO,9MO"}
    with db.read_scope() as session:
        site = places.site_of(session, yard.cast.site)
        found = months.month(session, site, Asked(date(2026, 12, 1), date(2026, 12, 31)), now)
        assert {one.plan for one in found.entries} == {"Pump"}
        assert planning.next_dates(session, session.get_one(Plan, bad.id)) == []
