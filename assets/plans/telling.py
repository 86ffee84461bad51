"""What maintenance plans tell a digest: when each inspection was due, what was skipped and why, what comes today."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from assets.plans.models import Occurrence, Plan
from assets.plans.recurrence import SKIPPED
from core import clock
from core.places import SiteFacts
from core.reports.inspections import SOURCES, Asked, Due, Inspected, Skip
from core.trace import Event

BATCH = 500
STREAM = "plan:"


@SOURCES.register("plans")
def told(session: Session, site: SiteFacts, asked: Asked) -> Inspected:
    """What the plans of a site say."""
    skipped = tuple(_skipped(session, site, asked.starts_at, asked.ends_at))
    return Inspected(dict(_due(session, list(asked.tickets))), skipped, tuple(_coming(session, site, asked.today)))


def _due(session: Session, tickets: Sequence[UUID]) -> Iterator[tuple[UUID, Due]]:
    for start in range(0, len(tickets), BATCH):
        some = tickets[start : start + BATCH]
        query = select(Occurrence.ticket_id, Occurrence.on_day, Occurrence.until_on)
        for ticket_id, on, until in session.execute(query.where(Occurrence.ticket_id.in_(some))):
            yield ticket_id, Due(on, until)


def _skipped(session: Session, site: SiteFacts, starts_at: datetime, ends_at: datetime) -> Iterator[Skip]:
    """Dates that were passed over in a period because of what day they are.

    Keys of events grow with time, so those of the period stand side by side.
    """
    span = (Event.id >= clock.first_id(starts_at), Event.id < clock.first_id(ends_at))
    query = select(Event.stream, Event.facts).where(*span, Event.action == "skip").order_by(Event.id)
    found = [(stream, json.loads(facts)) for stream, facts in session.execute(query)]
    found = [(stream, facts) for stream, facts in found if facts.get("reason") == SKIPPED]
    names = _names(session, site, {UUID(stream.removeprefix(STREAM)) for stream, _ in found})
    for stream, facts in found:
        name = names.get(UUID(stream.removeprefix(STREAM)))
        if name is not None:
            yield Skip(name, date.fromisoformat(facts["on"]), facts.get("why", ""), facts.get("holiday", ""))


def _names(session: Session, site: SiteFacts, plans: Collection[UUID]) -> dict[UUID, str]:
    query = select(Plan.id, Plan.name).where(Plan.id.in_(plans), Plan.site_id == site.id)
    return {plan_id: name for plan_id, name in session.execute(query)} if plans else {}  # noqa: C416 - rows are no pairs to mypy


def _coming(session: Session, site: SiteFacts, today: date) -> Iterator[str]:
    """What falls on a day and is made later on it."""
    query = select(Plan.name).where(Plan.site_id == site.id, Plan.next_on == today, Plan.wake_at.is_not(None))
    yield from session.scalars(query.order_by(Plan.wake_at, Plan.name))
