"""Due dates become tickets: each date of a plan for each thing once, however late, however often it is tried.

1. The plan's row is locked; whoever comes second finds it no longer due.
2. Its next date is decided anew: the calendar may have changed since it was written down.
3. Every thing that has no occurrence on that date gets its ticket, a batch at a time.
4. When none is left, the plan moves on, and its stream says what was decided and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from assets import register
from assets.models import Asset, AssetType
from assets.plans import deciding, recurrence
from assets.plans.deciding import NAME
from assets.plans.models import Occurrence, Plan, Stop
from assets.plans.recurrence import COMPLETED, Date
from core import calendars, clock, decisions, intake, places
from core.intake import FaultReport
from core.places import SiteFacts
from core.tickets import actions, additions
from core.tickets.acts import Actor
from core.tickets.models import Subject, Ticket
from core.trace import Entry

BATCH = 50  # tickets in one transaction: nobody who reports a fault waits longer than for these
LIMIT = 1000  # plans at one tick: the rest is due at the next
MOST_PIECES = 400
LAST = time(23, 59)  # of the last day on which an inspection is in time
WHOLE = "whole"  # the key under which a plan of one ticket keeps what was left open


@dataclass(frozen=True, slots=True)
class Thing:
    """What an occurrence is about. `key`: what tells the things of one plan apart."""

    key: str
    subject: Subject
    stops: tuple[Subject, ...]


def due(session: Session, now: datetime) -> list[UUID]:
    """The plans whose moment has come, each as often as it needs batches."""
    found = session.execute(
        select(Plan.id, Plan.type_id, Plan.next_on)
        .where(Plan.wake_at <= now).order_by(Plan.wake_at, Plan.id).limit(LIMIT)
    ).all()  # fmt: skip
    kinds = {row.type_id for row in found if row.type_id}
    sizes = select(Asset.type_id, func.count()).where(Asset.type_id.in_(kinds)).group_by(Asset.type_id)
    count: dict[UUID | None, int] = {row[0]: row[1] for row in session.execute(sizes)} if kinds else {}
    pieces: list[UUID] = []
    for row in found:
        days = max(1, (now.date() - row.next_on).days + 1) if row.next_on else 1
        pieces += [row.id] * min(MOST_PIECES, 1 + count.get(row.type_id, 1) * days // BATCH)
    return pieces


def make(session: Session, plan_id: UUID, now: datetime) -> int:
    """Make what is due of a plan, a batch at most; gives how many tickets there are now."""
    plan = session.scalar(select(Plan).where(Plan.id == plan_id).with_for_update())
    made, entries = 0, []
    if plan is None or not is_due(plan, now):
        return 0
    site = places.site_of(session, plan.site_id)
    while is_due(plan, now) and made < BATCH:
        found, skipped = _next(plan, site, now)
        entries += skipped
        if found is None:
            break
        things, is_last = _things(session, plan, site, found, BATCH - made)
        for thing in things:
            _open(session, plan, site, found, thing, now)
        made += len(things)
        entries += [_entry(site, found, len(things), now), *_gone(session, plan, found)]
        if is_last:
            entries += _move_on(plan, site, found)
    session.flush()
    if entries:
        decisions.append(session, plan.site_id, f"plan:{plan.id}", entries, now)
    return made


def is_due(plan: Plan, now: datetime) -> bool:
    return plan.paused_at is None and plan.wake_at is not None and plan.wake_at <= now


def _next(plan: Plan, site: SiteFacts, now: datetime) -> tuple[Date | None, list[Entry]]:
    """The date that is due; None when by the calendar of today it is not, or there is none."""
    if plan.is_by_meter:
        return deciding.by_meter(plan.next_on or calendars.local_day(now, site.timezone)), []
    was = plan.next_on
    found, entries = deciding.find(plan, site)
    plan.next_on, plan.wake_at = (found.on, deciding.wakes_at(plan, site, found)) if found else (None, None)
    if found is None:
        return None, [*entries, Entry("end", {}, NAME)]
    if was is not None and found.on != was:
        entries.append(Entry("postpone", {**found.facts(), "was": was.isoformat()}, NAME))
    return (found if is_due(plan, now) else None), entries


def _move_on(plan: Plan, site: SiteFacts, found: Date) -> list[Entry]:
    if not plan.is_by_meter:
        plan.planned_on = found.planned_on
    plan.last_on, plan.is_by_meter = found.on, False
    if plan.rhythm["counts_from"] == COMPLETED:
        plan.next_on = plan.wake_at = None  # until this one is done
        return []
    return deciding.schedule(plan, site)


def _entry(site: SiteFacts, found: Date, count: int, now: datetime) -> Entry:
    is_late = calendars.local_day(now, site.timezone) > found.on
    return Entry("make", {**found.facts(), "count": count, "late": is_late}, NAME)


def _gone(session: Session, plan: Plan, found: Date) -> list[Entry]:
    """Says which stops of a route are left out, because their place was removed or their asset retired."""
    if plan.subject != "route":
        return []
    there = {name_of(stop.asset_id, stop.place_id) for stop in stops_of(session, plan)}
    gone = [n for n, stop in enumerate(plan.stops, 1) if (stop.get("asset") or stop.get("place")) not in there]
    return [Entry("stops_gone", {"on": found.on.isoformat(), "stops": gone, "count": len(gone)}, NAME)] if gone else []


def _things(
    session: Session, plan: Plan, site: SiteFacts, found: Date, limit: int
) -> tuple[list[Thing], bool]:  # fmt: skip
    """What has no occurrence on a date yet, and whether these are the last of them."""
    had = set(
        session.scalars(select(Occurrence.subject).where(Occurrence.plan_id == plan.id, Occurrence.on_day == found.on))
    )
    if plan.subject != "type":
        left = [] if "" in had else _single(session, plan, site)
        return left, True
    query = select(Asset.id).where(Asset.type_id == plan.type_id, Asset.retired_at.is_(None)).order_by(Asset.id)
    ids = [one for one in session.scalars(query) if str(one) not in had]
    things = [Thing(str(s.asset_id), s, (s,)) for s in subjects(session, ids[:limit])]
    return things, len(ids) <= limit


def _single(session: Session, plan: Plan, site: SiteFacts) -> list[Thing]:
    """The one ticket of a plan that is not by type; none where everything that it is about is retired."""
    stops = stops_of(session, plan)
    if not stops:
        return []
    if plan.subject != "route":
        return [Thing("", stops[0], tuple(stops))]
    root = places.root_of(session, site.id)
    return [Thing("", Subject(site.id, root.id, site.name, is_common=True), tuple(stops))]


def stops_of(session: Session, plan: Plan) -> list[Subject]:
    """What a plan is about, in its order; for one by type its assets in use."""
    if plan.subject == "asset" and plan.asset_id:
        return subjects(session, [plan.asset_id])
    if plan.subject == "place" and plan.place_id:
        return [register.subject_of_place(session, plan.place_id)]
    assets, here = ([UUID(s[kind]) for s in plan.stops if s.get(kind)] for kind in ("asset", "place"))
    there = {name_of(s.asset_id, s.place_id): s for s in (*subjects(session, assets), *places_of(session, here))}
    return [there[key] for stop in plan.stops if (key := stop.get("asset") or stop["place"]) in there]


def places_of(session: Session, place_ids: Sequence[UUID]) -> list[Subject]:
    """Places as subjects; one that was removed is left out."""
    if not place_ids:
        return []
    found = session.scalars(select(places.Place).where(places.Place.id.in_(place_ids)).order_by(places.Place.id))
    return [Subject(place.site_id, place.id, place.path or place.name, place.is_common) for place in found]


def subjects(session: Session, asset_ids: Sequence[UUID]) -> list[Subject]:
    """Assets in use as core knows them."""
    if not asset_ids:
        return []
    query = (
        select(Asset, places.Place, AssetType.category)
        .join(places.Place, places.Place.id == Asset.place_id)
        .outerjoin(AssetType, AssetType.id == Asset.type_id)
        .where(Asset.id.in_(asset_ids), Asset.retired_at.is_(None))
        .order_by(Asset.id)
    )
    return [
        Subject(a.site_id, p.id, p.path or p.name, p.is_common, a.id, a.code, a.name, category or "")
        for a, p, category in session.execute(query)
    ]


def _open(session: Session, plan: Plan, site: SiteFacts, found: Date, thing: Thing, now: datetime) -> None:
    """The ticket of one thing with its stops and questions."""
    category = (thing.subject.category if plan.subject != "route" else "") or plan.category
    ask(session, opened(session, plan, site, found, thing, category, now), plan, thing)


def opened(
    session: Session, plan: Plan, site: SiteFacts, found: Date, thing: Thing, category: str, now: datetime
) -> Ticket:
    """The ticket of one thing, and the occurrence that keeps it from coming twice; nothing is asked yet."""
    rhythm, is_late = recurrence.of(plan.rhythm), calendars.local_day(now, site.timezone) > found.on
    extent = len(thing.stops) if len(thing.stops) > 1 else 0
    until = found.on + timedelta(days=rhythm.tolerance_days)
    report = FaultReport(
        thing.subject, plan.name, category=category, priority="normal", kind="inspection", stops=extent,
        until=calendars.instant(until, LAST, site.timezone),
    )  # fmt: skip
    ticket = intake.report_fault(session, report, now).ticket
    assert ticket is not None
    row = {
        "id": clock.new_id(), "plan_id": plan.id, "site_id": plan.site_id, "on_day": found.on,
        "planned_on": found.planned_on, "until_on": until, "subject": thing.key, "ticket_id": ticket.id,
        "reason": found.reason, "is_late": is_late, "made_at": now, "settled_at": None, "settled_round": 0,
    }  # fmt: skip
    session.execute(insert(Occurrence), [row])
    facts = {
        **found.facts(), "plan": str(plan.id), "subject": thing.key, "until": until.isoformat(),
        "kind": "late" if is_late else "due",
    }  # fmt: skip
    actions.record(session, ticket, "planned", Actor(trigger=NAME), facts, now)
    return ticket


def ask(session: Session, ticket: Ticket, plan: Plan, thing: Thing) -> None:
    """Write the stops of a round and the questions at each of them, with what the last one left open."""
    write_stops(session, ticket, thing.stops)
    items = [asked(item, number) for number, stop in enumerate(thing.stops, 1) for item in checklist_at(plan, stop)]
    additions.ask_items(session, ticket, _with_the_rest(plan, thing, items))


def checklist_at(plan: Plan, subject: Subject) -> list[Any]:
    """What is asked at a stop: its own questions, else those of the plan."""
    key = name_of(subject.asset_id, subject.place_id)
    own: dict[str, Any] = next((stop for stop in plan.stops if (stop.get("asset") or stop.get("place")) == key), {})
    return own.get("checklist") or plan.checklist


def name_of(asset_id: UUID | None, place_id: UUID) -> str:
    """What tells the stops of a route apart, whatever their order."""
    return str(asset_id or place_id)


def write_stops(session: Session, ticket: Ticket, stops: Sequence[Subject]) -> None:
    rows: list[dict[str, Any]] = [
        {
            "id": clock.new_id(), "ticket_id": ticket.id, "position": position, "asset_id": stop.asset_id,
            "place_id": stop.place_id, "code": stop.code, "name": stop.name or stop.place, "place": stop.place,
            "proof": "", "location": {}, "salt": "", "distance": None, "left": "", "round": 0,
            "device_at": None, "visited_at": None, "visited_by": None,
        }
        for position, stop in enumerate(stops, 1)
    ]  # fmt: skip
    session.execute(insert(Stop), rows)


def _with_the_rest(plan: Plan, thing: Thing, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Mark what was left open the last time; what is not asked any more is asked once more."""
    key = thing.key or WHOLE
    left = {named(one): one for one in _moved(plan.carried.get(key, []), thing)}
    if not left:
        return items
    plan.carried = {name: kept for name, kept in plan.carried.items() if name != key}
    marked = [{**one, "options": {**one["options"], "carried": named(one) in left}} for one in items]
    asked_anyway = {named(one) for one in items}
    return marked + [
        {**one, "options": {**one["options"], "carried": True}}
        for name, one in left.items()
        if name not in asked_anyway
    ]


def _moved(items: list[dict[str, Any]], thing: Thing) -> list[dict[str, Any]]:
    """What was left open at the stops as they are now; what is no stop any more is not asked."""
    now_at = {name_of(stop.asset_id, stop.place_id): number for number, stop in enumerate(thing.stops, 1)}
    found = [(one, now_at.get(one["options"].get("thing", ""))) for one in items]
    return [{**one, "options": {**one["options"], "stop": number}} for one, number in found if number]


def named(item: dict[str, Any]) -> tuple[str, int]:
    """What tells the items of one ticket apart: the question, and the stop."""
    return item["options"]["key"], item["options"]["stop"]


def asked(item: dict[str, Any], stop: int) -> dict[str, Any]:
    """An item of a plan as a ticket asks it at one of its stops."""
    options = {name: value for name, value in item.items() if name not in ("question", "kind")} | {"stop": stop}
    return {"question": item["question"], "kind": item["kind"], "options": options}
