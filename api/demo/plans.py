"""The demo's maintenance plans: lifts by law, fire equipment, pumps, and a round through the first building."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from api.demo.compound import Compound
from assets import register
from assets.models import Asset
from assets.plans import deciding, making, planning
from assets.plans.planning import LEVELS, Draft
from assets.plans.recurrence import Rhythm
from core import access, places
from core.database import Session
from core.tickets import actions, queries

OK: dict[str, Any] = {"kind": "pass_fail"}
PLANS: tuple[tuple[list[str], str, str, list[tuple[list[str], dict[str, Any]]]], ...] = (
    (["电梯半月维保", "Lift maintenance"], "lift", "电梯", [
        (["层门能正常开关吗？", "Do the doors open and close?"], OK),
        (["轿厢内对讲通话正常吗？", "Does the intercom work?"], OK),
        (["平层误差", "Levelling error"], {"kind": "number", "high": "10", "unit": "mm"}),
    ]),
    (["消防栓检查", "Fire hydrants"], "general", "消防栓", [
        (["箱门完好、器材齐全吗？", "Is the cabinet whole and complete?"], OK),
        (["压力", "Pressure"], {"kind": "number", "low": "0.2", "high": "0.6", "unit": "MPa"}),
    ]),
    (["水泵日检", "Pumps, daily"], "critical", "生活水泵", [
        (["有异响吗？", "How does it sound?"], {"kind": "choice", "choices": ["1", "2", "3"], "failing": ["3"]}),
        (["运行小时", "Hours run"], {"kind": "meter", "unit": "h"}),
    ]),
)  # fmt: skip
ROUND = ["公共区域巡检", "Round of the common areas"]
ROUND_ASKS: tuple[tuple[list[str], dict[str, Any]], ...] = (
    (["是否完好、整洁？", "Whole and clean?"], OK),
    (["全景照片", "A picture of the whole"], {"kind": "photo"}),
)
A_DAY = timedelta(days=1)


def add(session: Session, built: Compound, now: datetime) -> None:
    """The plans by type of equipment; they begin today."""
    site = places.site_of(session, built.site.id)
    today, admin = deciding.today(site, now), built.people["admin"][0].id
    for name, level, kind, questions in PLANS:
        usual = LEVELS[level]
        rhythm = Rhythm(usual.rule, today, on_holiday=usual.on_holiday, tolerance_days=1)
        asked = [{"question": built.say(question), **more} for question, more in questions]
        draft = Draft(built.say(name), level, "type", rhythm, asked, type_id=_asset(session, built, kind).type_id)
        planning.add(session, site.id, draft, admin, now)


def add_round(session: Session, built: Compound, now: datetime) -> None:
    """A round that begins today and is the technician's whom one can enter as."""
    site, admin = places.site_of(session, built.site.id), built.people["admin"][0].id
    rhythm = Rhythm("FREQ=DAILY", deciding.today(site, now), time())
    stops: list[dict[str, str]] = [{"place": str(built.where[spot].id)} for spot in ("lobby-0", "roof-0", "garage")]
    stops += [{"asset": str(_asset(session, built, kind).id)} for kind in ("电梯", "消防主机")]
    asked = [{"question": built.say(question), **more} for question, more in ROUND_ASKS]
    draft = Draft(built.say(ROUND), "general", "route", rhythm, asked, stops=stops)
    plan = planning.add(session, site.id, draft, admin, now)
    making.make(session, plan.id, now)
    _give(session, built, plan.id, now)


def _give(session: Session, built: Compound, plan_id: UUID, now: datetime) -> None:
    """The round of today is the technician's whom one can enter as."""
    first, last = now.date() - A_DAY, now.date() + A_DAY
    [(_, made)] = planning.occurrences_of(session, built.site.id, first, last, plan_id=plan_id)
    ticket, desk = queries.by_id(session, made.id, lock=True), access.viewer(session, built.people["supervisor"][0].id)
    who = built.people["technician"][0].id
    if ticket.assignee_id != who:
        actions.act(session, ticket, "assign", desk, now, facts={"assignee": str(who)})
    actions.act(session, ticket, "accept", access.viewer(session, who), now)


def _asset(session: Session, built: Compound, kind: str) -> Asset:
    return session.get_one(Asset, register.asset_by_code(session, built.codes[kind][0]).id)
