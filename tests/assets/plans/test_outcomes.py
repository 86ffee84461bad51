"""What came of an inspection: each fault that it led to, those that were open before among them."""

from __future__ import annotations

from datetime import datetime, timedelta

from assets.plans import outcomes
from core.database import Database
from core.tickets import queries
from tests.assets.plans.conftest import Wake, Yard, finish, made, planned

DAY = timedelta(days=1)


def test_a_fault_is_told_as_new_once_and_as_known_after_that(
    db: Database, yard: Yard, now: datetime, wake: Wake
) -> None:
    with db.write_scope() as session:
        plan = planned(session, yard, now)
    for days in range(2):
        wake(now + days * DAY)
        with db.write_scope() as session:
            _, ticket = made(session, plan)[-1]
            finish(session, ticket.id, yard, {1: "fail", 2: "3"}, now + days * DAY)
            assert outcomes.faults_of(session, ticket) == []
            assert not outcomes.is_settled(session, ticket)
        wake(now + days * DAY, "plan_results")
    with db.read_scope() as session:
        first, second = (queries.by_id(session, ticket.id) for _, ticket in made(session, plan))
        [new], [known] = outcomes.faults_of(session, first), outcomes.faults_of(session, second)
        assert (new.fault.id, new.position, new.is_new, known.is_new) == (known.fault.id, 1, True, False)
        assert outcomes.is_settled(session, second)
