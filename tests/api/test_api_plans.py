"""Plans over HTTP: listed a page at a time, read with their reasons, and to whom they are shown."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from assets import register
from assets.plans import making, planning
from assets.plans.models import Plan
from assets.plans.planning import Draft
from assets.plans.recurrence import Rhythm
from core import access, clock, places
from core.database import Database, Session
from core.tickets import actions, queries
from tests.api.calling import Api, kind_of
from tests.personas import NOW, Cast

ASKED = [{"question": "Bar", "kind": "number", "low": "2", "high": "4", "unit": "bar"}]


def added(session: Session, site: UUID, place: UUID, name: str, who: UUID | None) -> Plan:
    pump = register.add_asset(session, site, place, name, "Pump", now=NOW).id
    rhythm = Rhythm("FREQ=DAILY", date(2026, 11, 20), on_holiday="skip")
    return planning.add(session, site, Draft(name, "general", "asset", rhythm, ASKED, asset_id=pump), who, NOW)


@pytest.fixture
def plan(db: Database, cast: Cast) -> Plan:
    """Of every working day, made for some of them; the first ticket was cancelled, the second is made late."""
    with db.write_scope() as session:
        plan = added(session, cast.site, cast.hall, "Pump 1", cast.admin)
        making.make(session, plan.id, NOW)
        [(_, ticket)] = planning.occurrences_of(session, cast.site, date(2026, 11, 1), date(2026, 11, 30))
        ticket = queries.by_id(session, ticket.id, lock=True)
        actions.act(session, ticket, "cancel", access.viewer(session, cast.supervisor), NOW, facts={"reason": "other"})
        making.make(session, plan.id, NOW + timedelta(days=4))
        return plan


def test_a_plan_is_read_with_its_checklist_and_its_next_dates(api: Api, cast: Cast, plan: Plan) -> None:
    found = api.as_(cast.supervisor).get(f"/api/v1/plans/{plan.id}").json()
    assert (found["name"], found["state"], found["next"]) == ("Pump 1", "active", "2026-11-25")
    assert found["checklist"][0]["high"] == 4
    assert len(found["coming"]) == 20
    passed = [(one["on"], one["why"]) for one in found["coming"] if one["skipped"]]
    assert passed[:2] == [("2026-11-28", "weekend"), ("2026-11-29", "weekend")]


def test_occurrences_say_how_they_stand_the_latest_first(api: Api, cast: Cast, plan: Plan) -> None:
    caller, way = api.as_(cast.admin), f"/api/v1/plans/{plan.id}/occurrences"
    with clock.at(NOW + timedelta(days=4)):
        first = caller.get(way, limit="2").json()
        second = caller.get(way, limit="2", after=first["next"]).json()
    told = [(one["on"], one["state"], one["late"]) for one in first["items"] + second["items"]]
    late = ("2026-11-23", "missed", True)
    assert told == [("2026-11-24", "open", False), late, ("2026-11-20", "skipped", False)]
    assert second["next"] is None
    assert caller.get(first["items"][0]["links"]["ticket"]).json()["kind"] == "inspection"
    assert caller.get(way, after="eA").status_code == 422


def test_plans_are_listed_a_page_at_a_time(api: Api, db: Database, cast: Cast, plan: Plan) -> None:
    with db.write_scope() as session:
        names = [added(session, cast.site, cast.hall, f"Pump {number}", cast.admin).name for number in (2, 3)]
    caller = api.as_(cast.supervisor)
    first = caller.get("/api/v1/plans", limit="2").json()
    second = caller.get("/api/v1/plans", limit="2", after=first["next"]).json()
    assert [one["name"] for one in first["items"] + second["items"]] == ["Pump 1", *names]
    assert second["next"] is None


def test_only_who_sees_plans_at_the_desk_reads_them(api: Api, db: Database, cast: Cast, plan: Plan) -> None:
    for person in (cast.resident, cast.technician, cast.manager, cast.outsider):
        refused = [
            api.as_(person).get(f"/api/v1/plans{rest}") for rest in ("", f"/{plan.id}", f"/{plan.id}/occurrences")
        ]
        assert [(one.status_code, kind_of(one)) for one in refused] == [(403, "forbidden")] * 3
    with db.write_scope() as session:
        site = places.add_site(session, "River Court", locale="en").id
        lobby = places.ensure_path(session, site, "R/Lobby").id
        foreign = added(session, site, lobby, "Theirs", None).id
    assert api.as_(cast.admin).get(f"/api/v1/plans/{foreign}").status_code == 404
    assert api.as_(cast.admin).get(f"/api/v1/plans/{foreign}/occurrences").status_code == 404
    assert api.as_(cast.admin).get("/api/v1/plans", site=str(site)).status_code == 404
