"""Rules about deadlines: the most specific one counts, wrong ones are refused, each has its way back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from core import changes
from core.database import Database, Session
from core.deadlines import Matter
from core.errors import Invalid, NotFound
from core.upkeep import deadlines
from core.upkeep.deadlines import OutOfOrder, SameMatter
from tests.personas import Cast

RULE: dict[str, Any] = {
    "category": "water", "respond": 30, "arrive": 60, "repair": 480, "clock": "always", "stops": ["access"],
    "remind": [10], "steps": [(0, "technician"), (20, "manager")],
}  # fmt: skip


def test_the_rule_that_names_most_counts(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        for respond, named in enumerate(
            ({}, {"priority": "urgent"}, {"category": "water"}, {"team": str(cast.crew)}), 1
        ):
            deadlines.save(
                session, cast.site, "", {**RULE, "category": "", **named, "respond": respond}, cast.admin, now
            )

        def respond_of(**matter: str) -> timedelta:
            found = deadlines.tried(session, cast.site, Matter(kind="fault", **matter), now)
            assert found[0].due_at is not None
            return found[0].due_at - now

        minutes = [
            respond_of(category="lift", priority="low"), respond_of(category="lift", priority="urgent"),
            respond_of(category="water", priority="urgent"),
            respond_of(category="water", priority="urgent", team=str(cast.crew)),
        ]  # fmt: skip
        assert minutes == [timedelta(minutes=one) for one in (1, 2, 3, 4)]


def test_a_rule_is_changed_removed_and_brought_back(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        key = deadlines.save(session, cast.site, "", RULE, cast.admin, now)
        assert deadlines.save(session, cast.site, key, {**RULE, "respond": 45}, cast.admin, now) == key
        [rule] = deadlines.rules(session, cast.site)
        assert (rule.minutes["respond"], rule.remind, [step.tell for step in rule.steps]) == (
            45, (10,), ["technician", "manager"],
        )  # fmt: skip
        deadlines.remove(session, cast.site, key, cast.admin, now)
        assert deadlines.rules(session, cast.site) == []
        [removed, *_] = changes.of_site(session, cast.site, kind="deadline")
        changes.take_back(session, cast.site, removed.id, cast.admin, now)
        assert deadlines.rules(session, cast.site) == [rule]


@pytest.mark.parametrize(
    "wrong",
    [
        {"category": "magic"}, {"priority": "soon"}, {"kind": "party"}, {"team": "x"}, {"respond": 10**9},
        {"respond": 0, "arrive": 0, "repair": 0}, {"clock": "slow"}, {"stops": ["lunch"]}, {"remind": [0]},
        {"steps": [(0, "resident")]},
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_is_refused(db: Database, cast: Cast, now: datetime, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        db.write(lambda session: deadlines.save(session, cast.site, "", {**RULE, **wrong}, cast.admin, now))


def test_two_rules_for_the_same_are_refused_and_what_is_not_there_is_said(
    db: Database, cast: Cast, now: datetime
) -> None:
    with db.write_scope() as session:
        deadlines.save(session, cast.site, "", RULE, cast.admin, now)
        with pytest.raises(SameMatter):
            deadlines.save(session, cast.site, "", {**RULE, "respond": 9}, cast.admin, now)
        with pytest.raises(NotFound):
            deadlines.remove(session, cast.site, "nothing", cast.admin, now)


def test_an_emergency_counts_around_the_clock_whatever_a_rule_says(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        rule = {**RULE, "category": "", "clock": "working"}
        deadlines.save(session, cast.site, "", rule, cast.admin, now)
        night = now + timedelta(hours=10)
        found = deadlines.tried(session, cast.site, Matter("gas", "emergency", "fault"), night)
        assert found[1].due_at == night + timedelta(minutes=60)


def test_a_rule_for_everything_slows_no_emergency_down(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        slow = {**RULE, "category": "", "respond": 60, "arrive": 90}
        deadlines.save(session, cast.site, "", slow, cast.admin, now)
        assert _responds(session, cast, now) == timedelta(minutes=15)
        deadlines.save(session, cast.site, "", {**slow, "priority": "emergency"}, cast.admin, now)
        assert _responds(session, cast, now) == timedelta(minutes=60)


def _responds(session: Session, cast: Cast, now: datetime) -> timedelta:
    found = deadlines.tried(session, cast.site, Matter(priority="emergency", kind="fault"), now)
    assert found[0].due_at is not None
    return found[0].due_at - now


@pytest.mark.parametrize("wrong", [{"arrive": 20}, {"repair": 45}, {"respond": 500}])
def test_a_later_step_has_at_least_as_long(db: Database, cast: Cast, now: datetime, wrong: dict[str, int]) -> None:
    with db.write_scope() as session, pytest.raises(OutOfOrder):
        deadlines.save(session, cast.site, "", RULE | wrong, cast.admin, now)
