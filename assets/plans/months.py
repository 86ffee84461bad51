"""A month of plans: what was made of them and how it ended, what was passed over and why, and what is to come.

What was made is read with one query and joined by plan, day and state, because a plan for a type may make a hundred
tickets a day. What is to come is counted by the recurrence that the preview shows, for plans whose next date lies
before the month's end; both stop at a limit, and say that they did.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.orm import Session

from assets.models import Asset, AssetType
from assets.plans import deciding
from assets.plans.models import Occurrence, Plan
from core import calendars, categories, decisions
from core.places import Place, SiteFacts
from core.tickets import board
from core.tickets.models import Ticket

DONE, LATE, MISSED, SKIPPED, OPEN, COMING = "done", "late", "missed", "skipped", "open", "coming"
STATES = (MISSED, OPEN, COMING, LATE, DONE, SKIPPED)  # what needs somebody in front
GONE = ("cancelled", "merged")
MOST_MADE, MOST_PLANS, MOST_STEPS, MOST_SKIPPED = 6000, 1000, 20_000, 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a month is shown. `place_id`: a building with all below it."""

    first: date
    last: date
    plan_id: UUID | None = None
    place_id: UUID | None = None
    team_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A date of a plan. `number`: its ticket, where `count` is 1. `reason`, `why` and `name` as a Date has them."""

    day: date
    plan_id: UUID
    plan: str
    state: str
    count: int = 1
    number: str = ""
    planned_on: date | None = None
    reason: str = ""
    why: str = ""
    name: str = ""
    is_late_made: bool = False
    is_known: bool = True


@dataclass(frozen=True, slots=True)
class Month:
    """`is_cut`: there is more than is shown."""

    entries: list[Entry]
    is_cut: bool


def month(session: Session, site: SiteFacts, asked: Asked, now: datetime) -> Month:
    """The dates of a month in order; on a day what needs somebody comes first."""
    today = calendars.local_day(now, site.timezone)
    made = _rows(session, site, asked)
    entries = _joined(_made(row, today, site.timezone) for row in made[:MOST_MADE])
    taken = {(one.plan_id, one.day) for one in entries}
    wanted = _about(session, site, asked)
    skipped = _skipped(session, site, asked, wanted)
    coming, is_cut = _coming(session, site, asked, wanted, today)
    entries += skipped + [one for one in coming if (one.plan_id, one.day) not in taken]
    entries.sort(key=lambda one: (one.day, STATES.index(one.state), one.plan))
    return Month(entries, is_cut or len(made) > MOST_MADE or len(skipped) == MOST_SKIPPED)


def _rows(session: Session, site: SiteFacts, asked: Asked) -> Sequence[Row[Any]]:
    query: Any = select(
        Occurrence.plan_id, Plan.name, Occurrence.on_day, Occurrence.planned_on, Occurrence.until_on,
        Occurrence.reason, Occurrence.is_late, Ticket.number, Ticket.state, Ticket.done_at, Ticket.closed_at,
    ).join(Plan, Plan.id == Occurrence.plan_id).join(Ticket, Ticket.id == Occurrence.ticket_id)  # fmt: skip
    days = (Occurrence.site_id == site.id, Occurrence.on_day >= asked.first, Occurrence.on_day <= asked.last)
    query = query.where(*days).order_by(Occurrence.on_day, Occurrence.id).limit(MOST_MADE + 1)
    if asked.plan_id is not None:
        query = query.where(Occurrence.plan_id == asked.plan_id)
    if asked.team_id is not None:
        query = query.where(Ticket.team_id == asked.team_id)
    if asked.place_id is not None:
        query = query.where(Ticket.place_id.in_(board.within(asked.place_id)))
    return session.execute(query).all()


def _made(row: Row[Any], today: date, zone: str) -> Entry:
    entry = Entry(
        row.on_day, row.plan_id, row.name, state_of(row, today, zone), 1, row.number, row.planned_on, row.reason,
        is_late_made=row.is_late,
    )  # fmt: skip
    return replace(entry, reason="cancelled") if entry.state == SKIPPED else entry


def state_of(row: Any, today: date, zone: str) -> str:
    """How an occurrence stands, by its last day in time and the state of its ticket."""
    if row.state in GONE:
        return SKIPPED
    ended = row.done_at or row.closed_at
    if row.state in ("done", "closed") and ended is not None:
        return DONE if calendars.local_day(ended, zone) <= row.until_on else LATE
    return MISSED if today > row.until_on else OPEN


def _joined(entries: Iterator[Entry]) -> list[Entry]:
    """Those of one plan, day and state as one."""
    found: dict[tuple[UUID, date, str], Entry] = {}
    for one in entries:
        key = (one.plan_id, one.day, one.state)
        found[key] = replace(found[key], count=found[key].count + 1, number="") if key in found else one
    return list(found.values())


def _skipped(session: Session, site: SiteFacts, asked: Asked, wanted: set[UUID] | None) -> list[Entry]:
    """What was passed over, as the trace tells it. A merged date has its work on the same day as another."""
    events = decisions.on_days(session, site.id, "skip", asked.first, asked.last, MOST_SKIPPED)
    ids = {UUID(event.stream.removeprefix("plan:")) for event in events}
    named = session.execute(select(Plan.id, Plan.name).where(Plan.id.in_(ids)))
    names = {key: name for key, name in named}  # noqa: C416 - rows are no pairs to mypy
    found = []
    for event in events:
        plan_id, facts = UUID(event.stream.removeprefix("plan:")), json.loads(event.facts)
        if wanted is None or plan_id in wanted:
            day = date.fromisoformat(facts["on"])
            why, name = facts.get("why", ""), facts.get("holiday", "")
            found.append(Entry(day, plan_id, names[plan_id], SKIPPED, 1, "", day, facts["reason"], why, name))
    return found


def _coming(
    session: Session, site: SiteFacts, asked: Asked, wanted: set[UUID] | None, today: date
) -> tuple[list[Entry], bool]:
    """What is to come of the plans that come before the month has ended."""
    query = select(Plan).where(Plan.site_id == site.id, Plan.next_on <= asked.last)
    plans = session.scalars(query.order_by(Plan.next_on, Plan.id).limit(MOST_PLANS + 1)).all()
    found: list[Entry] = []
    left = MOST_STEPS
    for plan in plans[:MOST_PLANS]:
        if wanted is not None and plan.id not in wanted:
            continue
        steps = 0
        for entry in islice(_dates(plan, site, asked, today), left):
            steps += 1
            found += [entry] if entry.day >= asked.first else []
        left -= steps
    return found, left <= 0 or len(plans) > MOST_PLANS


def _dates(plan: Plan, site: SiteFacts, asked: Asked, today: date) -> Iterator[Entry]:
    for one in deciding.readable(deciding.coming(plan, site)):
        day = one.planned_on if one.is_skipped else one.on
        if day > asked.last:
            return
        state = SKIPPED if one.is_skipped else MISSED if day < today else COMING
        yield Entry(
            day, plan.id, plan.name, state, 1, "", one.planned_on, one.reason, one.why, one.name, is_known=one.is_known
        )


def _about(session: Session, site: SiteFacts, asked: Asked) -> set[UUID] | None:
    """The plans that the filters leave; None for all."""
    if asked.plan_id is None and asked.place_id is None and asked.team_id is None:
        return None
    query: Select[Any] = (
        select(Plan.id, Plan.subject, Plan.stops, Plan.category, AssetType.category.label("own"))
        .outerjoin(Asset, Asset.id == Plan.asset_id)
        .outerjoin(AssetType, AssetType.id == func.coalesce(Plan.type_id, Asset.type_id))
        .where(Plan.site_id == site.id)
    )
    if asked.plan_id is not None:
        query = query.where(Plan.id == asked.plan_id)
    stops: set[str] = set()
    if asked.place_id is not None:
        below = board.within(asked.place_id)
        things = select(Asset.id).where(Asset.place_id.in_(below))
        types = select(Asset.type_id).where(Asset.place_id.in_(below))
        own = (Plan.asset_id.in_(things), Plan.place_id.in_(below), Plan.type_id.in_(types), Plan.subject == "route")
        query = query.where(or_(*own))
        here = select(Place.id).where(Place.id.in_(below))
        stops = {str(key) for found in (things, here) for key in session.scalars(found)}
    teams = {key: work.team_id for key, work in categories.handbook(session, site).works.items()}
    return {
        row.id for row in session.execute(query)
        if asked.team_id in (None, teams.get((row.own if row.subject != "route" else "") or row.category))
        and (asked.place_id is None or row.subject != "route" or stops & _named(row.stops))
    }  # fmt: skip


def _named(stops: Sequence[dict[str, str]]) -> set[str]:
    return {one.get("asset") or one.get("place", "") for one in stops}
