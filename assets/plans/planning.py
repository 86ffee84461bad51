"""What people do with maintenance plans: make, edit, pause and resume them. Each is an event of `plan:<id>`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice, takewhile
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from assets.models import Asset, AssetType
from assets.plans import checklists, deciding, recurrence
from assets.plans.models import MeterReading, Occurrence, Plan
from assets.plans.recurrence import Rhythm
from core import calendars, categories, changes, clock, decisions, places
from core.errors import Conflict, Invalid, Missing, NotFound
from core.places import Place
from core.tickets.models import Ticket
from core.trace import Entry

LONGEST_NAME, MOST_STOPS = 120, 100
SUBJECTS = ("asset", "type", "place", "route")


@dataclass(frozen=True, slots=True)
class Level:
    """How important the equipment is, and the rhythm that is proposed for it."""

    rule: str
    limit_days: int = 0
    on_holiday: str = recurrence.KEEP


LEVELS = {
    "critical": Level("FREQ=DAILY"),
    "general": Level("FREQ=WEEKLY", on_holiday=recurrence.AFTER),
    "structure": Level("FREQ=MONTHLY", on_holiday=recurrence.AFTER),
    "lift": Level("FREQ=DAILY;INTERVAL=14", 15, recurrence.BEFORE),
}
STATUTORY = {"lift": 15}  # days that may lie between two of them by law


class PlanTaken(Conflict):
    """There is a plan {name} already."""


class NoTime(Missing):
    """Say how often: by a rule, by dates, or by a meter."""


class NoStep(Invalid):
    """{field}: a number above 0 is needed."""


class MeterOfOne(Invalid):
    """{field}: only one piece of equipment has a meter. Choose it, or leave this empty."""


class NoStops(Missing):
    """The route has no stops yet. Add the first."""


class TooManyStops(Invalid):
    """A route has at most {most} stops."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan as somebody wants it.

    `stops`: [{"asset": id} or {"place": id}] of a route; one with a `checklist` is asked that in place of the plan's.
    """

    name: str
    level: str
    subject: str
    rhythm: Rhythm
    checklist: Sequence[Mapping[str, Any]]
    category: str = "equipment"
    asset_id: UUID | None = None
    type_id: UUID | None = None
    place_id: UUID | None = None
    stops: Sequence[Mapping[str, Any]] = ()
    meter_every: float | None = None


def check(session: Session, site_id: UUID, draft: Draft, plan_id: UUID | None) -> Rhythm:
    """Refuse what saving would refuse; gives the rhythm that would be kept. `plan_id`: of the plan that it changes."""
    values = _checked(session, site_id, draft)
    _check_name(session, site_id, values["name"], plan_id)
    return recurrence.of(values["rhythm"])


def add(session: Session, site_id: UUID, draft: Draft, actor: UUID | None, now: datetime) -> Plan:
    """Errors: Missing, Invalid, PlanTaken, those of `recurrence.check()` and `checklists.checked()`."""
    values = _checked(session, site_id, draft)
    _check_name(session, site_id, values["name"], None)
    plan = Plan(
        id=clock.new_id(), site_id=site_id, carried={}, is_by_meter=False, meter_base=None, next_on=None,
        planned_on=None, last_on=None, wake_at=None, paused_at=None, held_at=None, held_for="", made_at=now,
        **values,
    )  # fmt: skip
    session.add(plan)
    entries = deciding.start(plan, places.site_of(session, site_id), now)
    session.flush()
    _record(session, plan, {}, values_of(plan), actor, now)
    _decide(session, plan, entries, now)
    return plan


def edit(session: Session, site_id: UUID, plan_id: UUID, draft: Draft, actor: UUID | None, now: datetime) -> Plan:
    """Tickets that were made already stay as they are. Errors: as of `add()`, NotFound."""
    plan = plan_of(session, site_id, plan_id, lock=True)
    values = _checked(session, site_id, draft)
    _check_name(session, site_id, values["name"], plan.id)
    before = values_of(plan)
    entries = _write(session, plan, values, now)
    _record(session, plan, before, values_of(plan), actor, now)
    _decide(session, plan, entries, now)
    return plan


def pause(session: Session, site_id: UUID, plan_id: UUID, actor: UUID | None, now: datetime) -> None:
    """Nothing is made of it until it is resumed."""
    plan = plan_of(session, site_id, plan_id, lock=True)
    if plan.paused_at is None:
        before = values_of(plan)
        plan.paused_at, plan.next_on, plan.wake_at = now, None, None
        session.flush()
        _record(session, plan, before, values_of(plan), actor, now)


def resume(session: Session, site_id: UUID, plan_id: UUID, actor: UUID | None, now: datetime) -> None:
    """Go on from today. What fell into the pause is left out, and the stream says how much that was."""
    plan = plan_of(session, site_id, plan_id, lock=True)
    if plan.paused_at is None:
        return
    before, site = values_of(plan), places.site_of(session, site_id)
    today = calendars.local_day(now, site.timezone)
    missed = list(takewhile(lambda one: one.on < today, deciding.dates(plan, site)))
    plan.paused_at = None
    if missed:
        plan.planned_on = missed[-1].planned_on
    entries = deciding.start(plan, site, now)
    session.flush()
    _record(session, plan, before, values_of(plan), actor, now)
    if missed:
        span = {"first": missed[0].on.isoformat(), "last": missed[-1].on.isoformat()}
        entries = [Entry("leave_out", {"count": len(missed), **span}), *entries]
    _decide(session, plan, entries, now)


def read_meter(
    session: Session, asset_id: UUID, value: float, now: datetime, *, question: str = "", unit: str = "",
    by: UUID | None = None, ticket_id: UUID | None = None, position: int = 0,
) -> None:  # fmt: skip
    """Keep a reading; a plan is due when the meter has run far enough since its first one, or since it was last due."""
    row: dict[str, Any] = {"question": question, "value": value, "unit": unit, "read_by": by, "read_at": now}
    _keep_reading(session, asset_id, ticket_id, position, row)
    for plan in session.scalars(select(Plan).where(Plan.meter_asset_id == asset_id).with_for_update()):
        if plan.meter_base is None or value < plan.meter_base:  # a meter that was replaced begins again
            plan.meter_base = value
        elif plan.meter_every and not plan.paused_at and value - plan.meter_base >= plan.meter_every:
            _make_due(session, plan, value, now)
    session.flush()


def _keep_reading(
    session: Session, asset_id: UUID, ticket_id: UUID | None, position: int, row: Mapping[str, Any]
) -> None:
    """One reading for each question of a ticket: what is read again after a reopening takes its place."""
    query = select(MeterReading).where(MeterReading.ticket_id == ticket_id, MeterReading.position == position)
    known = session.scalar(query) if ticket_id else None
    if known is None:
        session.add(MeterReading(id=clock.new_id(), asset_id=asset_id, ticket_id=ticket_id, position=position, **row))
    else:
        for name, value in row.items():
            setattr(known, name, value)
    session.flush()


def _make_due(session: Session, plan: Plan, value: float, now: datetime) -> None:
    today = calendars.local_day(now, places.site_of(session, plan.site_id).timezone)
    facts = {"value": f"{value:g}", "since": f"{plan.meter_base:g}", "on": today.isoformat()}
    plan.meter_base = value
    if plan.last_on != today:
        plan.is_by_meter, plan.next_on, plan.wake_at = True, today, now
    _decide(session, plan, [Entry("meter", facts, deciding.NAME)], now)


def _decide(session: Session, plan: Plan, entries: list[Entry], now: datetime) -> None:
    if entries:
        decisions.append(session, plan.site_id, stream_of(plan.id), entries, now)


def plan_of(session: Session, site_id: UUID, plan_id: UUID, *, lock: bool = False) -> Plan:
    query = select(Plan).where(Plan.id == plan_id, Plan.site_id == site_id)
    found = session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise NotFound(what="word.plan")
    return found


def plans_of(session: Session, site_id: UUID) -> list[Plan]:
    """The plans of a site, what comes next in front."""
    return list(session.scalars(select(Plan).where(Plan.site_id == site_id).order_by(Plan.next_on, Plan.name)))


def names_of(session: Session, site_id: UUID, ids: Sequence[UUID | None]) -> dict[UUID, str]:
    """What some plans of a site are called."""
    found = session.execute(select(Plan.id, Plan.name).where(Plan.site_id == site_id, Plan.id.in_({*ids} - {None})))
    return {key: name for key, name in found}  # noqa: C416 - rows are no pairs to mypy


def occurrences_of(
    session: Session, site_id: UUID, first: date, last: date, *, plan_id: UUID | None = None, limit: int = 500
) -> list[tuple[Occurrence, Ticket]]:
    """What was made for some days, with its tickets."""
    query = select(Occurrence, Ticket).join(Ticket, Ticket.id == Occurrence.ticket_id)
    query = query.where(Occurrence.site_id == site_id, Occurrence.on_day >= first, Occurrence.on_day <= last)
    if plan_id is not None:
        query = query.where(Occurrence.plan_id == plan_id)
    rows = session.execute(query.order_by(Occurrence.on_day.desc(), Occurrence.id).limit(limit))
    return [(one, ticket) for one, ticket in rows]


def stream_of(plan_id: UUID) -> str:
    return f"plan:{plan_id}"


def values_of(plan: Plan) -> dict[str, Any]:
    """What a person chose, as JSON."""
    ids = {name: str(getattr(plan, name) or "") for name in ("asset_id", "type_id", "place_id", "meter_asset_id")}
    plain = {name: getattr(plan, name) for name in ("name", "level", "category", "subject", "stops", "checklist")}
    more = {"rhythm": plan.rhythm, "meter_every": plan.meter_every, "is_paused": plan.paused_at is not None}
    return plain | ids | more


def _checked(session: Session, site_id: UUID, draft: Draft) -> dict[str, Any]:
    """The columns of a plan from what was asked for."""
    name = draft.name.strip()[:LONGEST_NAME]
    if not name:
        raise Missing(field="field.name")
    if draft.level not in LEVELS:
        raise Invalid(field="field.level")
    if draft.subject not in SUBJECTS:
        raise Missing(field="field.subject")
    rhythm = lawful(draft)
    recurrence.check(rhythm)
    if not (rhythm.rule or rhythm.extra or draft.meter_every):
        raise NoTime(field="field.rhythm")
    site = places.site_of(session, site_id)
    if draft.category not in categories.handbook(session, site).works:
        raise Invalid(field="field.category")
    _check_meter(draft)
    about = _subject(session, site_id, draft)
    return {
        "name": name, "level": draft.level, "category": draft.category, "subject": draft.subject, **about,
        "checklist": checklists.checked(draft.checklist), "rhythm": recurrence.told(rhythm),
        "meter_asset_id": draft.asset_id if draft.meter_every else None, "meter_every": draft.meter_every,
    }  # fmt: skip


def _check_meter(draft: Draft) -> None:
    if draft.meter_every is not None and draft.meter_every <= 0:
        raise NoStep(field="field.meter_every")
    if draft.meter_every is not None and draft.subject != "asset":
        raise MeterOfOne(field="field.meter_every")


def lawful(draft: Draft) -> Rhythm:
    """The rhythm under the limit that the law sets for its level, where that is the stricter one."""
    law, own = STATUTORY.get(draft.level, 0), draft.rhythm
    if not law or 0 < own.limit_days <= law:
        return own
    return recurrence.of(recurrence.told(own) | {"limit_days": law})


def _subject(session: Session, site_id: UUID, draft: Draft) -> dict[str, Any]:
    """What it is about, and nothing else; each of it must be the site's."""
    found: dict[str, Any] = {"asset_id": None, "type_id": None, "place_id": None, "stops": []}
    if draft.subject == "route":
        if not draft.stops:
            raise NoStops(field="field.plan_stops")
        if len(draft.stops) > MOST_STOPS:
            raise TooManyStops(most=MOST_STOPS, field="field.plan_stops")
        for stop in draft.stops:
            kind = "asset" if stop.get("asset") else "place"
            _own(session, site_id, Asset if kind == "asset" else Place, UUID(stop[kind]))
        return found | {"stops": [_stop(stop) for stop in draft.stops]}
    model: Any = {"asset": Asset, "type": AssetType, "place": Place}[draft.subject]
    column = f"{draft.subject}_id"
    return found | {column: _own(session, site_id, model, getattr(draft, column))}


def _stop(given: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: str(given[name]) for name in ("asset", "place") if given.get(name)}
    return kept | ({"checklist": checklists.checked(given["checklist"])} if given.get("checklist") else {})


def _own(session: Session, site_id: UUID, model: Any, key: UUID | None) -> UUID:
    row = session.get(model, key) if key else None
    if row is None or row.site_id != site_id:
        raise Missing(field="field.subject")
    return UUID(str(row.id))


def _check_name(session: Session, site_id: UUID, name: str, but: UUID | None) -> None:
    found = session.scalar(select(Plan.id).where(Plan.site_id == site_id, Plan.name == name))
    if found is not None and found != but:
        raise PlanTaken(name=name, field="field.name")


def _write(session: Session, plan: Plan, values: Mapping[str, Any], now: datetime) -> list[Entry]:
    """Gives the events of what is skipped from now on."""
    for name, value in values.items():
        setattr(plan, name, value)
    plan.is_by_meter = False
    entries = deciding.start(plan, places.site_of(session, plan.site_id), now)
    session.flush()
    return entries


def _record(
    session: Session, plan: Plan, before: dict[str, Any], after: dict[str, Any], actor: UUID | None, now: datetime
) -> None:
    edit_ = changes.Edit(plan.site_id, "plan", str(plan.id), before, after, plan.name, stream_of(plan.id))
    changes.record(session, edit_, actor, now)


@changes.restores("plan")
def _restore(
    session: Session, site_id: UUID, key: str, values: dict[str, Any], actor: UUID | None, now: datetime
) -> None:
    """A plan that did not exist before has tickets: it is paused. Errors: PlanTaken where another has its old name."""
    plan = plan_of(session, site_id, UUID(key), lock=True)
    before = values_of(plan)
    after = before | (values or {"is_paused": True})
    _check_name(session, site_id, after["name"], plan.id)
    columns = {
        name: (UUID(value) if value else None) if name.endswith("_id") else value
        for name, value in after.items() if name != "is_paused"
    }  # fmt: skip
    plan.paused_at = (plan.paused_at or now) if after["is_paused"] else None
    entries = _write(session, plan, columns, now)
    _record(session, plan, before, values_of(plan), actor, now)
    _decide(session, plan, entries, now)


def next_dates(session: Session, plan: Plan, count: int = 20) -> list[recurrence.Date]:
    """The coming dates of a plan, also those that are skipped."""
    found = deciding.readable(deciding.dates(plan, places.site_of(session, plan.site_id)))
    return [] if plan.paused_at else list(islice(found, count))


def coming(session: Session, plan: Plan, last: date) -> list[recurrence.Date]:
    """The dates of a plan up to a day."""
    if plan.paused_at:
        return []
    found = deciding.dates(plan, places.site_of(session, plan.site_id))
    return list(takewhile(lambda one: one.on <= last, found))


def types(session: Session, site_id: UUID) -> list[tuple[UUID, str]]:
    """The kinds of equipment of a site."""
    query = select(AssetType.id, AssetType.name).where(AssetType.site_id == site_id).order_by(AssetType.name)
    return [(key, name) for key, name in session.execute(query)]


def _standing(session: Session) -> Iterator[tuple[UUID, str, dict[str, Any]]]:
    for plan in session.scalars(select(Plan).order_by(Plan.id)):
        yield plan.site_id, str(plan.id), values_of(plan)


changes.STANDS.register("plan")(changes.Stands("plans", _standing))
