"""What follows from an inspection: faults, readings, what was left open, and the next date."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from assets.plans import checklists, planning
from assets.plans.models import MeterReading, Plan
from core import access
from core.database import Database, Session
from core.tickets import actions, queries
from core.tickets.models import Ticket
from tests.assets.plans.conftest import ASKED, Wake, Yard, finish, made, planned

DAY = timedelta(days=1)
RUN = {"question": "Hours run", "kind": "meter", "unit": "h"}


def faults(session: Session) -> list[Ticket]:
    return list(session.scalars(select(Ticket).where(Ticket.kind == "fault").order_by(Ticket.id)))


def go(db: Database, yard: Yard, wake: Wake, now: datetime, answers: dict[int, str], **more: Any) -> None:
    """The newest inspection of a day is made, done and acted on."""
    wake(now)
    with db.write_scope() as session:
        found = session.scalars(select(Ticket).where(Ticket.kind == "inspection").order_by(Ticket.id.desc())).first()
        assert found is not None
        finish(session, found.id, yard, answers, now, **more)
    wake(now, "plan_results")


def test_a_failed_item_opens_one_fault_while_it_is_open(db: Database, yard: Yard, now: datetime, wake: Wake) -> None:
    with db.write_scope() as session:
        planned(session, yard, now)
    go(db, yard, wake, now, {1: "fail", 2: "9"})
    with db.read_scope() as session:
        door, oil = faults(session)
        assert (door.text, oil.text) == ("Does the door open?: Failed", "Oil: 9 l")
        assert (door.asset_id, door.follows_id is not None) == (yard.pump, True)
    go(db, yard, wake, now + DAY, {1: "fail", 2: "3"})
    with db.write_scope() as session:
        assert len(faults(session)) == 2
        desk = access.viewer(session, yard.cast.supervisor)
        actions.act(session, queries.by_id(session, door.id), "cancel", desk, now + DAY, facts={"reason": "done"})
    go(db, yard, wake, now + 2 * DAY, {1: "fail", 2: "3"})
    with db.read_scope() as session:
        assert [one.text for one in faults(session)][2:] == ["Does the door open?: Failed"]


def test_what_was_waived_is_asked_again(db: Database, yard: Yard, now: datetime, wake: Wake) -> None:
    with db.write_scope() as session:
        plan = planned(session, yard, now)
    go(db, yard, wake, now, {1: "pass"}, waived="checklist")
    wake(now + DAY)
    with db.read_scope() as session:
        _, (_, ticket) = made(session, plan)
        assert [bool(one.options.get("carried")) for one in queries.checklist_of(session, ticket.id)] == [False, True]


def test_what_is_left_of_the_last_one_becomes_a_follow_up(db: Database, yard: Yard, now: datetime, wake: Wake) -> None:
    with db.write_scope() as session:
        planned(session, yard, now, rule="FREQ=DAILY;COUNT=1")
    go(db, yard, wake, now, {1: "pass"}, waived="checklist")
    with db.read_scope() as session:
        _, rest = session.scalars(select(Ticket).order_by(Ticket.id)).all()
        assert [item.question for item in queries.checklist_of(session, rest.id)] == ["Oil"]


def test_what_fails_in_a_follow_up_opens_its_fault(db: Database, yard: Yard, now: datetime, wake: Wake) -> None:
    with db.write_scope() as session:
        plan = planned(session, yard, now, rule="FREQ=DAILY;COUNT=1")
    go(db, yard, wake, now, {1: "pass"}, waived="checklist")
    with db.write_scope() as session:
        _, (one, rest) = made(session, plan)
        assert (one.reason, one.on_day, rest.repair_by) == ("rest", now.date(), rest.promised_at)
        finish(session, rest.id, yard, {1: "9"}, now)
    wake(now, "plan_results")
    with db.read_scope() as session:
        assert session.scalars(select(Ticket.text).where(Ticket.follows_id == rest.id)).all() == ["Oil: 9 l"]


def test_it_counts_from_the_day_on_which_it_was_done(db: Database, yard: Yard, now: datetime, wake: Wake) -> None:
    with db.write_scope() as session:
        plan = planned(session, yard, now, rule="FREQ=DAILY;INTERVAL=30", rhythm={"counts_from": "completed"})
    wake(now)
    assert wake(now + 60 * DAY).handled == 0
    with db.write_scope() as session:
        [(_, ticket)] = made(session, plan)
        finish(session, ticket.id, yard, {1: "pass", 2: "3"}, now + 5 * DAY)
    wake(now + 5 * DAY, "plan_results")
    with db.read_scope() as session:
        assert session.get_one(Plan, plan.id).next_on == date(2026, 12, 25)


def test_the_meter_may_come_first(db: Database, yard: Yard, now: datetime, wake: Wake) -> None:
    with db.write_scope() as session:
        plan = planned(session, yard, now, rule="FREQ=YEARLY", checklist=[RUN], meter_every=100.0)
    go(db, yard, wake, now, {1: "1000"})
    with db.write_scope() as session:
        planning.read_meter(session, yard.pump, 1099, now + DAY)
    assert wake(now + DAY).handled == 0
    with db.write_scope() as session:
        planning.read_meter(session, yard.pump, 1100, now + DAY)
    wake(now + DAY)
    with db.read_scope() as session:
        assert [(one.reason, one.on_day.day) for one, _ in made(session, plan)] == [("planned", 20), ("meter", 21)]
        assert session.get_one(Plan, plan.id).next_on == date(2027, 11, 20)
        assert session.scalars(select(MeterReading.value).order_by(MeterReading.id)).all() == [1000, 1099, 1100]


def test_an_answer_that_cannot_be_read_is_a_failure_and_holds_up_nothing(
    db: Database, yard: Yard, now: datetime, wake: Wake
) -> None:
    """Such answers were taken once: the largest that still fitted was no number any more."""
    with db.write_scope() as session:
        planned(session, yard, now, checklist=[*ASKED, RUN])
    wake(now)
    with db.write_scope() as session:
        found = session.scalars(select(Ticket).where(Ticket.kind == "inspection")).one()
        finish(session, found.id, yard, {1: "fail", 2: "3", 3: "5"}, now)
        for item in queries.checklist_of(session, found.id)[1:]:
            item.answer = "999999999999.999999"
    assert wake(now, "plan_results").handled == 1
    with db.read_scope() as session:
        assert [one.text.partition(":")[0] for one in faults(session)] == ["Does the door open?", "Oil", "Hours run"]
        assert session.scalars(select(MeterReading)).all() == []


def test_what_an_answer_may_be_and_when_it_is_a_failure() -> None:
    items = checklists.checked(
        [*ASKED, {"question": "Colour", "kind": "choice", "choices": ["a", "b"], "failing": ["b"]}]
    )
    _, oil, colour = items
    assert [checklists.is_failed("number", oil, said) for said in ("1,9", "2", "4.5", "4,6", "")] == [
        True, False, False, True, False,
    ]  # fmt: skip
    assert [checklists.is_failed("choice", colour, said) for said in ("a", "b")] == [False, True]
