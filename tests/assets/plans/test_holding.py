"""A plan that was spoilt is held: told once, visible, tried again, and no other waits for it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from assets import register
from assets.models import Asset
from assets.plans import holding, planning, reading
from assets.plans.models import Occurrence, Plan
from assets.plans.planning import Draft
from assets.plans.recurrence import Rhythm
from bot.messages import Limits
from bot.render import Setting, render
from core import decisions, places
from core.database import Database, Session
from core.outbox import OutboxMessage
from core.places import Site
from core.tickets.models import Ticket
from core.triggers import Outcome
from tests.assets.plans.conftest import ASKED, Wake, Yard, finish, made, planned

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BROKEN = {"rule": "FREQ=MONTHLY;BYMONTHDAY=99", "starts_on": "2026-11-20"}


def spoil(session: Session, plan: Plan, **values: object) -> None:
    session.execute(update(Plan).where(Plan.id == plan.id).values(**values))


def letters(session: Session, kind: str = "plan_held") -> list[OutboxMessage]:
    return list(session.scalars(select(OutboxMessage).where(OutboxMessage.kind == kind)))


def events(session: Session, plan: Plan) -> list[str]:
    return [one.action for one in decisions.of_stream(session, planning.stream_of(plan.id))]


@pytest.fixture
def broken(db: Database, yard: Yard, now: datetime) -> Plan:
    """A plan whose rule somebody has changed by hand; another one is due at the same moment."""
    with db.write_scope() as session:
        plan = planned(session, yard, now)
        planned(session, yard, now, name="Lift", asset_id=yard.lifts[0])
        spoil(session, plan, rhythm=BROKEN)
        return plan


@pytest.mark.parametrize("rhythm", [BROKEN, {}, {"rule": "FREQ=DAILY", "starts_on": "soon"}])
def test_it_is_held_and_the_others_go_on(
    db: Database, yard: Yard, broken: Plan, now: datetime, wake: Wake, rhythm: dict[str, str]
) -> None:
    with db.write_scope() as session:
        spoil(session, broken, rhythm=rhythm)
    assert wake(now) == Outcome(handled=2)
    assert wake(now + HOUR) == Outcome()
    with db.read_scope() as session:
        plan = session.get_one(Plan, broken.id)
        assert (plan.held_at, plan.held_for, reading.state_of(plan)) == (now, "rule", "held")
        assert [plan_id for (plan_id,) in session.execute(select(Occurrence.plan_id))] != [broken.id]
        assert events(session, plan)[0] == "plan_held"
        assert planning.next_dates(session, plan) == []


def test_the_desk_is_told_once_with_a_link(db: Database, yard: Yard, broken: Plan, now: datetime, wake: Wake) -> None:
    for hours in (0, 6, 12, 18):
        assert wake(now + hours * HOUR).failed == 0
    with db.read_scope() as session:
        found = {one.person_id: one for one in letters(session)}
        cast = yard.cast
        assert set(found) == {cast.supervisor, cast.admin, cast.manager}
        assert len(letters(session)) == len(found)
        assert events(session, broken).count("plan_held") == 1
        [link] = found[cast.admin].buttons
        assert f"/desk/plans/{broken.id}" in link["url"]
        assert found[cast.manager].buttons == []
        setting = Setting("en", "Asia/Shanghai", now, str)
        said = render("plan_held", found[cast.admin].facts, [(link, "")], setting, Limits())
    assert 'Nothing is made of the plan "Pump" of Garden Court' in said.text
    assert "Its rule cannot be read" in said.text


def test_mended_by_itself_it_goes_on_and_what_was_missed_is_made_late(
    db: Database, yard: Yard, now: datetime, wake: Wake
) -> None:
    with db.write_scope() as session:
        plan = planned(session, yard, now)
        zone = session.get_one(Site, yard.cast.site).timezone
        session.execute(update(Site).values(timezone="Mars/Olympus", revision=Site.revision + 1))
    assert wake(now) == Outcome(handled=1)
    with db.write_scope() as session:
        assert session.get_one(Plan, plan.id).held_for == "zone"
        session.execute(update(Site).values(timezone=zone, revision=Site.revision + 1))
    assert wake(now + 2 * DAY).failed == 0
    with db.read_scope() as session:
        assert [one.is_late for one, _ in made(session, plan)] == [True, True, False]
        assert session.get_one(Plan, plan.id).held_at is None
        assert "plan_freed" in events(session, plan)


def test_mended_by_hand_it_goes_on_from_where_it_stood(
    db: Database, yard: Yard, broken: Plan, now: datetime, wake: Wake
) -> None:
    wake(now)
    draft = Draft("Pump", "general", "asset", Rhythm("FREQ=DAILY", date(2026, 11, 20)), ASKED, asset_id=yard.pump)
    with db.write_scope() as session:
        planning.edit(session, yard.cast.site, broken.id, draft, yard.cast.admin, now + DAY)
        assert session.get_one(Plan, broken.id).held_at is None
    wake(now + DAY)
    with db.read_scope() as session:
        assert [one.is_late for one, _ in made(session, broken)] == [True, False]


def test_the_answers_of_its_last_inspection_are_acted_on_all_the_same(
    db: Database, yard: Yard, now: datetime, wake: Wake
) -> None:
    """It counts from the day on which it was done; the next date is what cannot be found."""
    with db.write_scope() as session:
        plan = planned(session, yard, now, rhythm={"counts_from": "completed"})
    wake(now)
    with db.write_scope() as session:
        spoil(session, plan, rhythm={**BROKEN, "counts_from": "completed"})
        [(_, ticket)] = made(session, plan)
        finish(session, ticket.id, yard, {1: "fail", 2: "3"}, now + HOUR)
        ticket_id = ticket.id
    assert wake(now + 2 * HOUR, "plan_results") == Outcome(handled=1)
    assert wake(now + 2 * HOUR).failed == 0
    with db.read_scope() as session:
        assert session.scalar(select(Ticket.id).where(Ticket.follows_id == ticket_id)) is not None
        assert session.get_one(Plan, plan.id).held_for == "rule"


def test_what_is_wrong_elsewhere_is_said_as_far_as_it_can_be_told(db: Database, yard: Yard, now: datetime) -> None:
    with db.write_scope() as session:
        plan = planned(session, yard, now)
        site = places.site_of(session, yard.cast.site)
        assert holding.reason(session, plan, site, now) == "unknown"
        plan.asset_id = yard.cast.site
        with session.no_autoflush:
            assert holding.reason(session, plan, site, now) == "thing"
        session.expire(plan)


def test_everyone_who_asks_is_told_which_it_is(db: Database, broken: Plan, now: datetime, wake: Wake) -> None:
    with db.read_scope() as session:
        assert holding.held(session) == []
    wake(now)
    with db.read_scope() as session:
        assert holding.held(session) == [holding.Held(broken.site_id, "Garden Court", "Pump", "rule")]


def test_a_place_that_was_deleted_under_its_plan_holds_it(db: Database, yard: Yard, now: datetime, wake: Wake) -> None:
    if not db.is_sqlite:  # where a tool of somebody's own need not ask about foreign keys
        return
    with db.write_scope() as session:
        cellar = places.ensure_path(session, yard.cast.site, "A/B9/Cellar").id
        plan = planned(session, yard, now, subject="place", asset_id=None, place_id=cellar)
    bare = db.engine.raw_connection()
    bare.execute("PRAGMA foreign_keys = OFF")
    bare.execute("DELETE FROM places WHERE id = ?", (cellar.hex,))
    bare.execute("PRAGMA foreign_keys = ON")
    bare.close()
    assert wake(now) == Outcome(handled=1)
    with db.read_scope() as session:
        assert session.get_one(Plan, plan.id).held_for == "thing"


def test_of_a_plan_about_nothing_the_desk_is_told_once_until_something_is_made(
    db: Database, yard: Yard, now: datetime, wake: Wake
) -> None:
    with db.write_scope() as session:
        plan = planned(session, yard, now)
        register.retire_asset(session, yard.pump, now=now)
    wake(now)
    wake(now + DAY)
    with db.read_scope() as session:
        found = {one.person_id: one for one in letters(session, "plan_empty")}
        assert set(found) == {yard.cast.supervisor, yard.cast.admin, yard.cast.manager}
        assert len(letters(session, "plan_empty")) == len(found)
        assert (events(session, plan).count("plan_empty"), reading.state_of(session.get_one(Plan, plan.id))) == (
            1, "active",
        )  # fmt: skip
        said = render("plan_empty", found[yard.cast.manager].facts, [], Setting("en", "UTC", now, str), Limits())
    assert 'Nothing comes of the plan "Pump" of Garden Court any more' in said.text
    with db.write_scope() as session:
        session.get_one(Asset, yard.pump).retired_at = None
    wake(now + 2 * DAY)
    with db.write_scope() as session:
        assert session.get_one(Plan, plan.id).held_for == ""
        register.retire_asset(session, yard.pump, now=now)
    wake(now + 3 * DAY)
    with db.read_scope() as session:
        assert len(letters(session, "plan_empty")) == 2 * len(found)
