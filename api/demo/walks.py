"""Inspections of the demo's last days, made by its plans and answered by its technicians.

All passed but some of the last morning, whose faults are still to be mended: of most somebody has begun.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from api.demo.history import dice
from assets.plans import making, outcomes, planning, settling
from core import access, calendars, clock, places
from core.database import Database, Session
from core.tickets import actions, additions, queries
from core.tickets.models import ChecklistItem, Ticket

LATE = timedelta(hours=9)  # of a local day: when the plans of that day are looked at
SLOW = timedelta(minutes=11)
SELDOM = 4  # one of so many questions has a bad answer on the last morning
BOUGHT = datetime(2024, 1, 1, tzinfo=UTC)
HOURS = 14.5  # that a pump runs in a day


def tell(database: Database, site_id: UUID, since: datetime, until: datetime) -> None:
    """Everything that the plans of a site had due between two moments, made and done on its day."""
    mornings = _mornings(database, site_id, since, until)
    for at in mornings:
        with clock.at(at):
            made = database.write(partial(_made, site_id=site_id, now=at))
        for number, ticket_id in enumerate(made, 1):
            now = min(at + SLOW * number, until)
            with clock.at(now):
                database.write(partial(_walk, ticket_id=ticket_id, now=now, may_fail=at == mornings[-1]))


def _mornings(database: Database, site_id: UUID, since: datetime, until: datetime) -> list[datetime]:
    with database.read_scope() as session:
        zone = places.site_of(session, site_id).timezone
    midnight = calendars.instant(calendars.local_day(since, zone), datetime.min.time(), zone)
    return [midnight + LATE + timedelta(days=day) for day in range((until - midnight - LATE).days)]


def _made(session: Session, site_id: UUID, now: datetime) -> list[UUID]:
    """The tickets of a morning."""
    for plan_id in making.due(session, now):
        making.make(session, plan_id, now)
    today = now.date()
    return [made.id for _, made in planning.occurrences_of(session, site_id, today, today) if made.is_open]


def _walk(session: Session, ticket_id: UUID, now: datetime, *, may_fail: bool) -> None:
    """A technician goes there, answers every question, and signs off."""
    ticket = queries.by_id(session, ticket_id, lock=True)
    if ticket.assignee_id is None:
        return
    viewer = access.viewer(session, ticket.assignee_id)
    actions.act(session, ticket, "accept", viewer, now)
    actions.act(session, ticket, "check_in", viewer, now, facts={"code": ticket.asset_code} if ticket.asset_id else {})
    for item in queries.checklist_of(session, ticket.id):
        is_bad = may_fail and not dice(ticket.number, item.position) % SELDOM
        answer = _answer(item, ticket, now, is_bad=is_bad)
        additions.answer_item(session, ticket, item.position, answer, ticket.assignee_id, now)
    facts = {"resolution": "passed", "minutes": str(8 + dice(ticket.number) % 20)}
    actions.act(session, ticket, "sign_off", viewer, now, facts=facts)
    for occurrence_id in settling.due(session, now):
        settling.settle(session, occurrence_id, now)
    for found in outcomes.faults_of(session, ticket):
        if found.is_new:
            _begin(session, queries.by_id(session, found.fault.id, lock=True), now)


def _begin(session: Session, fault: Ticket, now: datetime) -> None:
    """Whoever it was given to takes it up: one in three is accepted, one is being mended, one waits."""
    steps = dice(fault.number) % 3
    if fault.assignee_id is None or not steps:
        return
    viewer = access.viewer(session, fault.assignee_id)
    actions.act(session, fault, "accept", viewer, now)
    if steps == 1:
        actions.act(session, fault, "check_in", viewer, now, facts={"code": fault.asset_code} if fault.asset_id else {})


def _answer(item: ChecklistItem, ticket: Ticket, now: datetime, *, is_bad: bool) -> str:
    """A meter runs on from day to day; a number is somewhere between its limits."""
    chance = dice(ticket.number, item.position)
    if item.kind == "meter":
        return f"{(now - BOUGHT).days * HOURS:.0f}"
    if item.kind == "number":
        low, high = (float(item.options.get(name) or 0) for name in ("low", "high"))
        return f"{low + (high - low) * (chance % 100) / 100 + high * is_bad:.2f}"
    if item.kind == "choice":
        return str(item.options["choices"][-1 if is_bad else chance % 2])
    return "fail" if is_bad else "pass"
