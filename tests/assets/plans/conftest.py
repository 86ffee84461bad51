"""Plans of the tests: a site in Shanghai that keeps the holidays of mainland China, with lifts and a pump."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from assets import register
from assets.models import AssetType
from assets.plans import planning
from assets.plans.models import Occurrence, Plan
from assets.plans.planning import Draft
from assets.plans.recurrence import Rhythm
from core import access, registry
from core.database import Database, Session
from core.places import Site
from core.settings import load_settings
from core.tickets import actions, additions, queries
from core.tickets.models import Ticket
from core.triggers import TRIGGERS, Outcome, Tick, run
from tests.personas import Cast

Wake = Callable[..., Outcome]
ASKED = [
    {"question": "Does the door open?", "kind": "pass_fail"},
    {"question": "Oil", "kind": "number", "low": "2", "high": "4,5", "unit": "l"},
]


@dataclass(frozen=True, slots=True)
class Yard:
    """The things that the plans are about."""

    cast: Cast
    lifts: list[UUID]
    type: UUID
    pump: UUID
    codes: list[str]


@pytest.fixture
def yard(db: Database, cast: Cast, now: datetime) -> Yard:
    with db.write_scope() as session:
        session.get_one(Site, cast.site).settings = {"calendar": {"country": "CN"}}
        lifts = [
            register.add_asset(session, cast.site, cast.hall, f"Lift {n}", "Passenger lift", now=now) for n in range(3)
        ]
        pump = register.add_asset(session, cast.site, cast.hall, "Pump", "Pump", now=now)
        assert lifts[0].type_id is not None
        assert session.get(AssetType, lifts[0].type_id)
        return Yard(cast, [one.id for one in lifts], lifts[0].type_id, pump.id, [one.code for one in lifts])


@pytest.fixture
def wake(db: Database, tmp_path: Path) -> Wake:
    for package in ("core.triggers", "assets.triggers"):
        registry.load(package)
    settings = load_settings(data_dir=tmp_path)
    return lambda now, name="plans": run(db, TRIGGERS[name], Tick(now, settings))


def planned(session: Session, yard: Yard, now: datetime, **more: Any) -> Plan:
    """A plan of the yard's: by default the pump every day."""
    rule = more.pop("rule", "FREQ=DAILY")
    rhythm = Rhythm(rule, more.pop("starts_on", date(2026, 11, 20)), **more.pop("rhythm", {}))
    given: dict[str, Any] = {
        "level": "general",
        "subject": "asset",
        "asset_id": yard.pump,
        "checklist": ASKED,
        "name": "Pump",
    } | more
    return planning.add(session, yard.cast.site, Draft(rhythm=rhythm, **given), yard.cast.admin, now)


def made(session: Session, plan: Plan) -> list[tuple[Occurrence, Ticket]]:
    """What was made of a plan, the oldest in front."""
    found = planning.occurrences_of(session, plan.site_id, date(2020, 1, 1), date(2040, 1, 1), plan_id=plan.id)
    return sorted(found, key=lambda one: (one[0].on_day, one[0].subject))


def finish(
    session: Session, ticket_id: UUID, yard: Yard, answers: dict[int, str], now: datetime, waived: str = ""
) -> Ticket:
    """A technician does an inspection: answers, and signs it off."""
    ticket, desk = queries.by_id(session, ticket_id, lock=True), access.viewer(session, yard.cast.supervisor)
    who = access.viewer(session, yard.cast.technician)
    actions.act(session, ticket, "assign", desk, now, facts={"assignee": str(who.person_id)})
    actions.act(session, ticket, "accept", who, now)
    actions.act(session, ticket, "check_in", who, now, facts={"code": ticket.asset_code} if ticket.asset_code else {})
    for position, answer in answers.items():
        additions.answer_item(session, ticket, position, answer, who.person_id, now)
    if waived:
        actions.act(session, ticket, "waive", desk, now, facts={"evidence": waived, "reason": "no access"})
    actions.act(session, ticket, "sign_off", who, now, facts={"resolution": "passed"})
    return ticket
