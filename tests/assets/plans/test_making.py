"""Due dates become tickets: each once, the missed ones late, none of a paused plan, many in batches."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from assets import register
from assets.plans import making, planning, rounds
from assets.plans.models import Occurrence, Plan
from assets.plans.planning import Draft, NoTime, PlanTaken
from assets.plans.recurrence import Rhythm
from core import changes, decisions, trace
from core.database import Database, Session
from core.errors import Missing
from core.places import Site, ensure_path
from core.tickets import queries
from core.tickets.models import Ticket
from core.upkeep import places as upkeep
from tests.assets.plans.conftest import ASKED, Wake, Yard, made, planned

DAY = timedelta(days=1)


def told(session: Session, plan: Plan) -> list[tuple[str, str]]:
    """The events of a plan: what was done, and for which day."""
    events = trace.events_of(session, planning.stream_of(plan.id))
    return [(event.action, json.loads(event.facts).get("on", "")) for event in events]


def test_a_due_date_is_an_inspection_that_somebody_is_asked_to_do(
    db: Database, yard: Yard, now: datetime, wake: Wake
) -> None:
    with db.write_scope() as session:
        plan = planned(session, yard, now)
    assert wake(now).handled
    with db.read_scope() as session:
        [(one, ticket)] = made(session, plan)
        assert (ticket.kind, ticket.state, ticket.asset_id, ticket.text) == (
            "inspection",
            "assigned",
            yard.pump,
            "Pump",
        )
        assert (one.on_day, one.is_late) == (date(2026, 11, 20), False)
        assert [item.question for item in queries.checklist_of(session, ticket.id)] == ["Does the door open?", "Oil"]
        assert "planned" in [event.action for event in trace.events_of(session, f"ticket:{ticket.id}")]
        assert told(session, plan) == [("change", ""), ("make", "2026-11-20")]


def test_it_comes_once_however_often_it_is_asked(db: Database, yard: Yard, now: datetime, wake: Wake) -> None:
    with db.write_scope() as session:
        plan = planned(session, yard, now)
    with db.read_scope() as session:
        pieces = making.due(session, now)
    for piece in pieces * 2:
        with db.write_scope() as session:
            making.make(session, piece, now)
    assert wake(now).handled == 0
    with db.read_scope() as session:
        assert len(made(session, plan)) == 1


def test_what_was_missed_is_made_late_and_marked(db: Database, yard: Yard, now: datetime, wake: Wake) -> None:
    with db.write_scope() as session:
        plan = planned(session, yard, now)
    wake(now + 3 * DAY)
    with db.read_scope() as session:
        found = made(session, plan)
        assert [(f"{one.on_day:%d}", one.is_late) for one, _ in found] == [
            ("20", True), ("21", True), ("22", True), ("23", False),
        ]  # fmt: skip


def test_the_ticket_is_there_before_its_date_by_the_lead_time(
    db: Database, yard: Yard, now: datetime, wake: Wake
) -> None:
    with db.write_scope() as session:
        plan = planned(
            session,
            yard,
            now,
            rule="FREQ=WEEKLY",
            starts_on=date(2026, 11, 27),
            rhythm={"lead_days": 3, "tolerance_days": 2},
        )
        assert plan.wake_at == datetime(2026, 11, 24, 0, 0, tzinfo=now.tzinfo)  # eight in Shanghai
    assert wake(now + 3 * DAY).handled == 0
    wake(now + 4 * DAY)
    with db.read_scope() as session:
        assert [(one.on_day, one.until_on) for one, _ in made(session, plan)] == [
            (date(2026, 11, 27), date(2026, 11, 29))
        ]


def test_what_a_holiday_skips_is_an_event(db: Database, yard: Yard, now: datetime, wake: Wake) -> None:
    with db.write_scope() as session:
        plan = planned(session, yard, now, rule="FREQ=DAILY", rhythm={"on_holiday": "skip"})
    wake(now + 3 * DAY)
    with db.read_scope() as session:
        assert told(session, plan) == [
            ("change", ""), ("make", "2026-11-20"), ("skip", "2026-11-21"), ("skip", "2026-11-22"),
            ("make", "2026-11-23"),
        ]  # fmt: skip


def test_a_day_off_that_was_set_meanwhile_postpones_it(db: Database, yard: Yard, now: datetime, wake: Wake) -> None:
    with db.write_scope() as session:
        plan = planned(session, yard, now, starts_on=date(2026, 11, 24), rhythm={"on_holiday": "after"})
        site = session.get_one(Site, yard.cast.site)
        site.settings = {"calendar": {"country": "CN", "days": {"2026-11-24": {"off": True, "name": "Fair"}}}}
    wake(now + 4 * DAY)
    with db.read_scope() as session:
        assert made(session, plan) == []
        assert told(session, plan)[-1] == ("postpone", "2026-11-25")
    wake(now + 5 * DAY)
    with db.read_scope() as session:
        assert [one.on_day.day for one, _ in made(session, plan)] == [25]


def test_nothing_is_made_of_a_paused_plan_and_it_goes_on_from_today(
    db: Database, yard: Yard, now: datetime, wake: Wake
) -> None:
    with db.write_scope() as session:
        plan = planned(session, yard, now)
        planning.pause(session, yard.cast.site, plan.id, yard.cast.admin, now)
    assert wake(now + 5 * DAY).handled == 0
    with db.write_scope() as session:
        planning.resume(session, yard.cast.site, plan.id, yard.cast.admin, now + 5 * DAY)
    wake(now + 5 * DAY)
    with db.read_scope() as session:
        assert [one.on_day.day for one, _ in made(session, plan)] == [25]
        events = trace.events_of(session, planning.stream_of(plan.id))
        [left] = [json.loads(event.facts) for event in events if event.action == "leave_out"]
        assert left == {"count": 5, "first": "2026-11-20", "last": "2026-11-24"}


def test_a_plan_by_type_has_a_ticket_for_each_in_use(db: Database, yard: Yard, now: datetime, wake: Wake) -> None:
    with db.write_scope() as session:
        plan = planned(session, yard, now, subject="type", type_id=yard.type, asset_id=None)
        register.retire_asset(session, yard.lifts[2], now=now)
    wake(now)
    with db.read_scope() as session:
        assert {ticket.asset_id for _, ticket in made(session, plan)} == set(yard.lifts[:2])


def test_a_route_is_one_ticket_with_stops(db: Database, yard: Yard, now: datetime, wake: Wake) -> None:
    stops = [{"asset": str(yard.lifts[1])}, {"place": str(yard.cast.hall)}, {"asset": str(yard.pump)}]
    with db.write_scope() as session:
        plan = planned(session, yard, now, subject="route", stops=stops, asset_id=None)
    wake(now)
    with db.read_scope() as session:
        [(_, ticket)] = made(session, plan)
        asked = queries.checklist_of(session, ticket.id)
        assert [item.options["stop"] for item in asked] == [1, 1, 2, 2, 3, 3]
        assert ticket.asset_id is None


def test_a_route_goes_on_without_what_is_gone_and_says_so(db: Database, yard: Yard, now: datetime, wake: Wake) -> None:
    with db.write_scope() as session:
        shed = ensure_path(session, yard.cast.site, "A/Shed").id
        stops = [{"place": str(shed)}, {"asset": str(yard.lifts[1])}, {"place": str(yard.cast.hall)},
                 {"asset": str(yard.pump)}]  # fmt: skip
        plan = planned(session, yard, now, subject="route", stops=stops, asset_id=None)
        upkeep.remove(session, yard.cast.site, shed, yard.cast.admin, now)
        register.retire_asset(session, yard.pump, now=now)
    wake(now)
    with db.read_scope() as session:
        [(_, ticket)] = made(session, plan)
        assert [stop.asset_id or stop.place_id for stop in rounds.stops_of(session, ticket.id)] == [
            yard.lifts[1], yard.cast.hall,
        ]  # fmt: skip
        *_, gone = decisions.of_site(session, yard.cast.site, action="stops_gone")
        assert json.loads(gone.facts) == {"count": 2, "on": "2026-11-20", "stops": [1, 4]}


def test_a_route_of_which_nothing_is_left_ends_no_run(db: Database, yard: Yard, now: datetime, wake: Wake) -> None:
    with db.write_scope() as session:
        plan = planned(session, yard, now, subject="route", stops=[{"asset": str(yard.pump)}], asset_id=None)
        register.retire_asset(session, yard.pump, now=now)
    wake(now)
    with db.read_scope() as session:
        assert made(session, plan) == []
        assert told(session, plan)[-3:] == [("make", "2026-11-20"), ("stops_gone", "2026-11-20"), ("plan_empty", "")]


def test_many_are_made_in_batches(db: Database, yard: Yard, now: datetime, wake: Wake) -> None:
    with db.write_scope() as session:
        for number in range(making.BATCH + 5):
            register.add_asset(session, yard.cast.site, yard.cast.hall, f"Valve {number}", "Valve", now=now)
        kind = register.add_type(session, yard.cast.site, "Valve").id
        plan = planned(session, yard, now, subject="type", type_id=kind, asset_id=None)
    assert db.write(lambda session: making.make(session, plan.id, now)) == making.BATCH
    wake(now)
    with db.read_scope() as session:
        assert session.scalar(select(func.count()).select_from(Occurrence)) == making.BATCH + 5
        assert session.scalar(select(func.count()).select_from(Ticket)) == making.BATCH + 5


def test_an_edit_is_an_event_that_can_be_taken_back(db: Database, yard: Yard, now: datetime) -> None:
    with db.write_scope() as session:
        plan = planned(session, yard, now)
        planning.pause(session, yard.cast.site, plan.id, yard.cast.admin, now)
        change = changes.last_of(session, yard.cast.site, "plan", str(plan.id))
        assert change is not None
        changes.take_back(session, yard.cast.site, change.id, yard.cast.admin, now)
        assert plan.paused_at is None
        assert plan.next_on == date(2026, 11, 20)


def test_a_name_that_another_plan_has_by_now_is_not_taken_back(db: Database, yard: Yard, now: datetime) -> None:
    with db.write_scope() as session:
        plan = planned(session, yard, now)
        rhythm = Rhythm("FREQ=DAILY", date(2026, 11, 20))
        draft = Draft("Pumps", "general", "asset", rhythm, ASKED, asset_id=yard.pump)
        planning.edit(session, yard.cast.site, plan.id, draft, yard.cast.admin, now)
        planned(session, yard, now)
        change = changes.last_of(session, yard.cast.site, "plan", str(plan.id))
        assert change is not None
        with pytest.raises(PlanTaken):
            changes.take_back(session, yard.cast.site, change.id, yard.cast.admin, now)


def test_what_cannot_be_a_plan_is_refused(db: Database, yard: Yard, now: datetime) -> None:
    with db.write_scope() as session:
        planned(session, yard, now)
        with pytest.raises(PlanTaken):
            planned(session, yard, now)
        with pytest.raises(NoTime):
            planned(session, yard, now, name="b", rule="")
        with pytest.raises(Missing):
            planned(session, yard, now, name="b", asset_id=yard.cast.hall)
        with pytest.raises(Missing):
            planned(session, yard, now, name="b", checklist=[{"question": " "}])
