"""A round: how sure it is that somebody was there, what its failures lead to, and what goes into the next one."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from assets.plans import planning, recurrence, rounds, settling
from assets.plans.models import MeterReading, Plan
from assets.plans.rounds import HIGH, LOW, MEDIUM, Presence
from core import access, trace
from core.database import Database, Session
from core.errors import Missing
from core.tickets import actions, additions, queries
from core.tickets.models import Subject, Ticket
from tests.assets.plans.conftest import Wake, Yard, finish, planned
from tests.core import history
from tests.core.test_query_plans import walks
from tests.personas import play

DAY = timedelta(days=1)
CLEAN = {"question": "Clean?", "kind": "pass_fail"}
HOURS = {"question": "Hours", "kind": "meter", "unit": "h"}
GATE = {"lat": 31.2304, "lon": 121.4737, "accuracy": 10.0}


def route(yard: Yard, *order: int) -> list[dict[str, Any]]:
    """The hall and some lifts, in the order given; the hall has a question of its own, the last lift a meter."""
    stops: list[dict[str, Any]] = [
        {"place": str(yard.cast.hall), "checklist": [{"question": "Lamps", "kind": "photo"}]}
    ]
    return [*stops, *({"asset": str(yard.lifts[n])} for n in order)]


def walk(session: Session, yard: Yard, now: datetime) -> Plan:
    return planned(
        session, yard, now, subject="route", asset_id=None, stops=route(yard, 0, 1), checklist=[CLEAN, HOURS]
    )


@pytest.fixture
def walked(db: Database, yard: Yard, now: datetime, wake: Wake) -> Plan:
    """A round of today, with its ticket made."""
    with db.write_scope() as session:
        plan = walk(session, yard, now)
    wake(now)
    return plan


def newest(session: Session, kind: str = "inspection") -> Ticket:
    found = session.scalars(select(Ticket).where(Ticket.kind == kind).order_by(Ticket.id.desc())).first()
    assert found is not None
    return found


def photograph(session: Session, ticket: Ticket, item: int, yard: Yard, now: datetime, letter: str = "a") -> None:
    stored = {"hash": letter * 64, "mime": "image/jpeg"}
    additions.add_file(session, ticket, "other", stored, yard.cast.technician, now, item=item)


@pytest.mark.parametrize(
    ("proof", "distance", "level", "why"),
    [
        ("", None, LOW, ("none",)), ("opened", None, LOW, ("opened",)), ("typed", None, MEDIUM, ("typed",)),
        ("scanned", None, MEDIUM, ("scanned",)), ("opened", 40, MEDIUM, ("opened", "near")),
        ("typed", 40, HIGH, ("typed", "near")), ("scanned", 40, HIGH, ("scanned", "near")),
        ("scanned", 5000, MEDIUM, ("scanned", "far")), ("typed", 5000, LOW, ("typed", "far")),
    ],
)  # fmt: skip
def test_what_speaks_for_presence(proof: str, distance: int | None, level: str, why: tuple[str, ...]) -> None:
    found = rounds.confidence(proof, distance)
    assert (found.level, found.why) == (level, why)


def test_a_position_that_the_phone_is_unsure_of_agrees_with_its_neighbourhood_alone() -> None:
    found = [rounds.confidence("scanned", metres, accuracy).level for metres, accuracy in ((390, 100), (900, 9000))]
    assert found == [HIGH, MEDIUM]


@pytest.mark.parametrize(
    ("proof", "distance", "level"), [("scanned", None, HIGH), ("scanned", 5000, MEDIUM), ("typed", None, MEDIUM),
                                     ("opened", None, LOW)],
)  # fmt: skip
def test_a_photo_makes_a_scan_sure_and_nothing_else(proof: str, distance: int | None, level: str) -> None:
    assert rounds.confidence(proof, distance, has_photo=True).level == level


def test_each_stop_asks_its_own(db: Database, yard: Yard, walked: Plan) -> None:
    with db.read_scope() as session:
        ticket = newest(session)
        asked = [(item.options["stop"], item.question) for item in queries.checklist_of(session, ticket.id)]
        assert asked == [(1, "Lamps"), (2, "Clean?"), (2, "Hours"), (3, "Clean?"), (3, "Hours")]
        assert ticket.stops == 3
        assert rounds.progress(session, [ticket])[ticket.id] == rounds.Progress(0, 0, 3)


def test_a_photo_item_needs_its_photo(db: Database, yard: Yard, now: datetime, walked: Plan) -> None:
    with db.write_scope() as session:
        ticket = newest(session)
        with pytest.raises(Missing):
            additions.answer_item(session, ticket, 1, "photo", yard.cast.technician, now)
        photograph(session, ticket, 2, yard, now)
        assert queries.checklist_of(session, ticket.id)[0].answer == ""
        photograph(session, ticket, 1, yard, now)
        assert queries.checklist_of(session, ticket.id)[0].answer == "photo"
        assert [row.item for row in queries.attachments_of(session, ticket.id)] == [2, 1]


def test_the_code_leads_to_the_stop_of_the_own_open_round(
    db: Database, yard: Yard, now: datetime, walked: Plan
) -> None:
    with db.write_scope() as session:
        ticket, desk = newest(session), access.viewer(session, yard.cast.supervisor)
        actions.act(session, ticket, "assign", desk, now, facts={"assignee": str(yard.cast.technician)})
        lift, hall = (rounds.stops_of(session, ticket.id)[n] for n in (1, 0))
        for stop in (lift, hall):
            subject = Subject(
                ticket.site_id, stop.place_id, stop.place, is_common=True, asset_id=stop.asset_id, code=stop.code
            )
            found = rounds.stop_at(session, yard.cast.technician, subject)
            assert found is not None
            assert found[1].position == stop.position
            assert rounds.stop_at(session, yard.cast.second_technician, subject) is None


def test_the_best_proof_of_a_round_is_kept_and_each_is_in_the_trace(
    db: Database, yard: Yard, now: datetime, wake: Wake, walked: Plan
) -> None:
    with db.write_scope() as session:
        ticket = newest(session)
        stop = rounds.stops_of(session, ticket.id)[1]
        for proof, location in (("typed", None), ("scanned", GATE), ("opened", None)):
            rounds.visit(session, ticket, stop, Presence(proof, now, location), yard.cast.technician, now)
        assert (stop.proof, stop.location, stop.distance) == ("scanned", GATE, None)
        events = trace.events_of(session, f"ticket:{ticket.id}")
        told = [json.loads(event.facts) for event in events if event.action == "visit"]
        assert [facts["kind"] for facts in told] == ["typed", "scanned", "opened"]
        assert "31.23" not in json.dumps(told)
    wake(now + DAY)
    with db.write_scope() as session:
        ticket = newest(session)
        stop = rounds.stops_of(session, ticket.id)[1]
        away = {**GATE, "lat": GATE["lat"] + 0.1}
        rounds.visit(session, ticket, stop, Presence("scanned", now, GATE), yard.cast.technician, now)
        assert stop.distance is None  # there are only claims of their own
        coarse = {**GATE, "accuracy": 5000.0}
        rounds.visit(session, ticket, stop, Presence("scanned", now, coarse), yard.cast.second_technician, now)
        assert (stop.distance, stop.location) == (None, {})
        rounds.visit(session, ticket, stop, Presence("scanned", now, away), yard.cast.second_technician, now)
        assert stop.distance == pytest.approx(11120, abs=20)
        assert rounds.of_stop(stop).level == MEDIUM


def test_what_is_left_goes_to_the_same_thing_of_another_order(
    db: Database, yard: Yard, now: datetime, wake: Wake, walked: Plan
) -> None:
    with db.write_scope() as session:
        ticket = newest(session)
        photograph(session, ticket, 1, yard, now)
        stop = rounds.stop_of(session, ticket, 2)
        rounds.leave(session, ticket, stop, "no_access", yard.cast.technician, now)
        assert rounds.progress(session, [ticket])[ticket.id] == rounds.Progress(1, 1, 3)
        finish(session, ticket.id, yard, {4: "pass", 5: "10"}, now)
    wake(now, "plan_results")
    with db.write_scope() as session:
        draft = planning.Draft(
            "Pump", "general", "route", recurrence.of(session.get_one(Plan, walked.id).rhythm), [CLEAN],
            stops=route(yard, 1, 0),
        )  # fmt: skip
        planning.edit(session, yard.cast.site, walked.id, draft, yard.cast.admin, now)
    wake(now + DAY)
    with db.read_scope() as session:
        items = queries.checklist_of(session, newest(session).id)
        carried = [(i.options["stop"], i.question) for i in items if i.options.get("carried")]
        assert carried == [(3, "Clean?"), (3, "Hours")]


def test_nothing_is_left_of_what_is_answered(db: Database, yard: Yard, now: datetime, walked: Plan) -> None:
    with db.write_scope() as session:
        ticket = newest(session)
        photograph(session, ticket, 1, yard, now)
        with pytest.raises(rounds.NothingLeft):
            rounds.leave(session, ticket, rounds.stop_of(session, ticket, 1), "weather", yard.cast.technician, now)


def test_a_reopened_round_is_acted_on_again_without_doubling(
    db: Database, yard: Yard, now: datetime, wake: Wake, walked: Plan
) -> None:
    with db.write_scope() as session:
        ticket = newest(session)
        photograph(session, ticket, 1, yard, now)
        photograph(session, ticket, 2, yard, now, "b")
        finish(session, ticket.id, yard, {2: "fail", 3: "5", 4: "pass", 5: "7"}, now)
    wake(now, "plan_results")
    assert wake(now, "plan_results").handled == 0
    with db.write_scope() as session:
        fault = newest(session, "fault")
        answered = queries.checklist_of(session, ticket.id)[0].answered_at
        photograph(session, queries.by_id(session, ticket.id, lock=True), 1, yard, now + DAY, "c")
        assert queries.checklist_of(session, ticket.id)[0].answered_at == answered
        assert (fault.asset_id, [row.hash[0] for row in queries.attachments_of(session, fault.id)]) == (
            yard.lifts[0], ["b"],
        )  # fmt: skip
        desk, who = (access.viewer(session, p) for p in (yard.cast.supervisor, yard.cast.technician))
        ticket = queries.by_id(session, ticket.id, lock=True)
        later = now + timedelta(hours=1)
        actions.act(session, ticket, "reopen", desk, later, facts={"reason": "not_fixed"})
        for action in ("accept", "check_in"):
            actions.act(session, ticket, action, who, later)
        for position, answer in ((4, "fail"), (5, "8")):
            additions.answer_item(session, ticket, position, answer, who.person_id, later)
        actions.act(session, ticket, "sign_off", who, later, facts={"resolution": "failed"})
    wake(later, "plan_results")
    assert wake(later, "plan_results").handled == 0
    with db.read_scope() as session:
        found = session.scalars(select(Ticket.asset_id).where(Ticket.kind == "fault").order_by(Ticket.id)).all()
        assert found == [yard.lifts[0], yard.lifts[1]]
        assert sorted(session.scalars(select(MeterReading.value)).all()) == [5, 8]


def test_neither_a_scan_nor_a_tick_walks_through_what_grows(sqlite_db: Database, now: datetime) -> None:
    with sqlite_db.write_scope() as session:
        cast = play(session)
        history.opened(session, cast, now)
    hall = Subject(cast.site, cast.hall, "A/1/Hall", is_common=True)
    assert walks(sqlite_db, lambda session: rounds.stop_at(session, cast.technician, hall)) == []
    assert walks(sqlite_db, lambda session: settling.due(session, now)) == []
