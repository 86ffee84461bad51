"""What time decided can be read at the desk: of a plan on its page, of the site beside the history."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from assets import register
from assets.plans import making, planning
from assets.plans.models import Plan
from assets.plans.planning import Draft
from assets.plans.recurrence import Rhythm
from core import calendars, decisions, registry
from core.database import Database
from core.places import Site
from core.settings import load_settings
from core.trace import Entry
from core.triggers import TRIGGERS, Tick, run
from tests.api.pages.browsing import Browser, Web, seen
from tests.core import history
from tests.personas import NOW, Cast


@pytest.fixture
def desk(web: Web, cast: Cast) -> Browser:
    return web.browser(cast.admin)


@pytest.fixture
def plan(db: Database, cast: Cast) -> Plan:
    """The pump every day, but not on days off."""
    with db.write_scope() as session:
        session.get_one(Site, cast.site).settings = {"calendar": {"country": "CN"}}
        pump = register.add_asset(session, cast.site, cast.hall, "Pump", "Pump", now=NOW).id
        rhythm = Rhythm("FREQ=DAILY", date(2026, 11, 20), on_holiday="skip")
        draft = Draft("Pump room", "general", "asset", rhythm, [{"question": "Dry?"}], asset_id=pump)
        plan = planning.add(session, cast.site, draft, cast.admin, NOW)
        making.make(session, plan.id, NOW)
        making.make(session, plan.id, NOW + timedelta(days=4))
        return plan


def test_a_plan_shows_its_decisions_newest_first(desk: Browser, plan: Plan) -> None:
    page = seen(desk.get(f"/desk/plans/{plan.id}"))
    told = page[page.index("Decisions") :]
    assert "2026-11-22 was passed over (weekend)" in told
    assert "Made late for 2026-11-23: 1" in told
    assert told.index("Made late for 2026-11-23") < told.index("Made for 2026-11-20") < told.index("Changed:")


def test_the_site_shows_all_of_them_a_page_at_a_time(desk: Browser, db: Database, cast: Cast, plan: Plan) -> None:
    with db.write_scope() as session:
        facts = {"year": 2027, "country": "CN", "told": [str(cast.admin)]}
        entries = [Entry("calendar_unpublished", facts, "x") for _ in range(60)]
        decisions.append(session, cast.site, f"site:{cast.site}", entries, NOW)
    first = desk.get("/desk/history/decisions")
    assert seen(first).count("The days off of 2027 are not published yet; told to Guo Jing") == 50
    assert "Earlier" in seen(first) or "before=" in first.text
    only = seen(desk.get("/desk/history/decisions?kind=skip"))
    assert "Pump room 2026-11-21 was passed over" in only
    assert "2027" not in only
    assert desk.get("/desk/history/decisions?kind=x&before=y").status_code == 200


def test_the_end_of_a_shift_is_told_with_what_went_back(
    desk: Browser, db: Database, cast: Cast, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with db.write_scope() as session:
        ticket = history.opened(session, cast, NOW)
        assert ticket.assignee_id is not None
        history.take(session, ticket, "accept", ticket.assignee_id, NOW)
        duty = calendars.put_on_call(session, cast.site, ticket.assignee_id, NOW, NOW + timedelta(hours=8))
        duty.kind = "shift"
    registry.load("core.triggers")
    settings = load_settings(data_dir=tmp_path_factory.mktemp("data"))
    run(db, TRIGGERS["shifts"], Tick(datetime(2026, 11, 20, 12, 0, tzinfo=UTC), settings))
    told = seen(desk.get("/desk/history/decisions"))
    assert f"ended; not started and given back: {ticket.number}" in told
    chinese = seen(desk.get("/desk/history/decisions?lang=zh_CN"))
    assert f"未开始的 {ticket.number} 退回派单" in chinese
