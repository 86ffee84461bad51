"""What follows from an inspection that has ended.

1. A failed item opens a fault on its thing; while that is open, the same item failing again is told to it.
2. A reading of a meter is kept, and may make a plan due.
3. What was left open goes into the next ticket of the plan, or into a follow-up where there will be none.
4. A plan that counts from the day on which it was done goes on from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from assets import register
from assets.plans import checklists, deciding, making, planning
from assets.plans.making import WHOLE
from assets.plans.models import Finding, Occurrence, Plan, Stop
from assets.plans.recurrence import COMPLETED
from core import calendars, decisions, i18n, intake, places
from core.database import rows
from core.intake import FaultReport
from core.tickets import actions, additions, queries
from core.tickets.acts import Actor
from core.tickets.models import ChecklistItem, Subject, Ticket
from core.trace import Entry

NAME = "plan_results"
LIMIT = 1000


def due(session: Session) -> Sequence[UUID]:
    """Occurrences whose ticket has ended and whose answers nobody has acted on."""
    query = select(Occurrence.id).join(Ticket, Ticket.id == Occurrence.ticket_id)
    query = query.where(Occurrence.settled_at.is_(None), Ticket.is_open.is_(False))
    return session.scalars(query.order_by(Occurrence.ticket_id).limit(LIMIT)).all()  # the order of their index


def settle(session: Session, occurrence_id: UUID, now: datetime) -> None:
    """Act on the answers of one occurrence; once."""
    query = select(Plan).join(Occurrence, Occurrence.plan_id == Plan.id).where(Occurrence.id == occurrence_id)
    plan = session.scalar(query.with_for_update(of=Plan))
    one = session.scalar(select(Occurrence).where(Occurrence.id == occurrence_id).with_for_update())
    if plan is None or one is None or one.settled_at is not None:
        return
    ticket = queries.by_id(session, one.ticket_id, lock=True)
    if ticket.is_open:
        return
    one.settled_at = now
    items, stops = queries.checklist_of(session, ticket.id), stops_of(session, ticket.id)
    for item in items:
        stop = stops.get(item.options.get("stop", 1))
        if stop is not None:
            _act_on(session, plan, ticket, item, stop, now)
    left = [item for item in items if not item.answer]
    if left and ticket.state == "closed":
        _carry(session, plan, one, ticket, left, now)
    session.flush()
    _go_on(session, plan, ticket, now)


def stops_of(session: Session, ticket_id: UUID) -> dict[int, Stop]:
    """The stops of a ticket by their position."""
    query = select(Stop).where(Stop.ticket_id == ticket_id).order_by(Stop.position)
    return {stop.position: stop for stop in session.scalars(query)}


def _act_on(session: Session, plan: Plan, ticket: Ticket, item: ChecklistItem, stop: Stop, now: datetime) -> None:
    if item.kind == checklists.METER and item.answer and stop.asset_id:
        value = checklists.number(item.answer)
        assert value is not None
        planning.read_meter(
            session, stop.asset_id, value, item.answered_at or now, question=item.question,
            unit=item.options.get("unit", ""), by=item.answered_by, ticket_id=ticket.id, position=item.position,
        )  # fmt: skip
    if checklists.is_failed(item.kind, item.options, item.answer):
        _find(session, plan, ticket, item, stop, now)


def _find(session: Session, plan: Plan, ticket: Ticket, item: ChecklistItem, stop: Stop, now: datetime) -> None:
    """Open a fault for a failed item, unless one is open already. The finding's row is what two would meet in."""
    finding = _finding(session, stop, item, now)
    known = queries.by_id(session, finding.fault_id, lock=True) if finding.fault_id else None
    facts: dict[str, Any] = {"plan": str(plan.id), "inspection": ticket.number, "position": item.position}
    if known is not None and known.is_open:
        actions.record(session, known, "found_again", Actor(trigger=NAME), facts, now)
        actions.record(session, ticket, "found", Actor(trigger=NAME), {**facts, "fault": known.number}, now)
        return
    fault = _fault(session, plan, ticket, item, stop, now)
    finding.fault_id, finding.found_at = fault.id, now
    actions.record(session, fault, "found_by", Actor(trigger=NAME), facts, now)
    actions.record(session, ticket, "found", Actor(trigger=NAME), {**facts, "fault": fault.number}, now)


def _finding(session: Session, stop: Stop, item: ChecklistItem, now: datetime) -> Finding:
    values = {
        "thing": str(stop.asset_id or stop.place_id), "item": item.options.get("key", str(item.position)),
        "fault_id": None, "found_at": now,
    }  # fmt: skip
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(rows(Finding)).values(**values).on_conflict_do_nothing())
    query = select(Finding).where(Finding.thing == values["thing"], Finding.item == values["item"])
    return session.scalars(query.with_for_update()).one()


def _fault(session: Session, plan: Plan, ticket: Ticket, item: ChecklistItem, stop: Stop, now: datetime) -> Ticket:
    subject = subject_of(session, stop)
    site = places.site_of(session, ticket.site_id)
    text = f"{item.question}: {said(item, site.locale)}"
    report = FaultReport(subject, text, category=subject.category or plan.category, is_own=True, may_ask=False)
    fault = intake.report_fault(session, report, now).ticket
    assert fault is not None
    session.execute(
        update(Ticket).where(Ticket.id == fault.id).values(follows_id=ticket.id)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    session.refresh(fault, ["follows_id"])
    return fault


def said(item: ChecklistItem, locale: str) -> str:
    """An answer in words."""
    if item.kind == checklists.PASS_FAIL and item.answer:
        return i18n.translate(f"plan.answer_{item.answer}", locale)
    unit = item.options.get("unit", "")
    return f"{item.answer} {unit}".strip()


def subject_of(session: Session, stop: Stop) -> Subject:
    """What is at a stop: the asset as it is now, retired or not, or the place."""
    if stop.code:
        return register.subject_of(session, stop.code)
    return register.subject_of_place(session, stop.place_id)


def _carry(
    session: Session, plan: Plan, one: Occurrence, ticket: Ticket, left: list[ChecklistItem], now: datetime
) -> None:  # fmt: skip
    """Nothing that was left open is forgotten: the next ticket asks it again."""
    items = [{"question": item.question, "kind": item.kind, "options": dict(item.options)} for item in left]
    query = select(Ticket).join(Occurrence, Occurrence.ticket_id == Ticket.id)
    query = query.where(
        Occurrence.plan_id == plan.id, Occurrence.subject == one.subject, Occurrence.id != one.id, Ticket.is_open
    )
    following = session.scalar(query.order_by(Ticket.id).limit(1))
    facts: dict[str, Any] = {"count": len(items), "from": ticket.number}
    if following is not None:
        _add_to(session, following, items)
        facts["into"] = following.number
    elif plan.paused_at is None and (plan.wake_at is not None or plan.rhythm["counts_from"] == COMPLETED):
        plan.carried = {**plan.carried, one.subject or WHOLE: items}
    else:
        facts["into"] = _follow_up(session, plan, ticket, items, now).number
    decisions.append(session, plan.site_id, planning.stream_of(plan.id), [Entry("carry", facts, NAME)], now)


def _add_to(session: Session, following: Ticket, items: list[dict[str, Any]]) -> None:
    known = {
        (item.options.get("key"), item.options.get("stop")) for item in queries.checklist_of(session, following.id)
    }
    new = [one for one in items if (one["options"].get("key"), one["options"].get("stop")) not in known]
    additions.ask_items(session, following, [{**one, "options": {**one["options"], "carried": True}} for one in new])


def _follow_up(session: Session, plan: Plan, ticket: Ticket, items: list[dict[str, Any]], now: datetime) -> Ticket:
    """A ticket for what was left of a plan that comes no more."""
    stops = stops_of(session, ticket.id)
    subjects = tuple(subject_of(session, stop) for stop in stops.values())
    about = queries.subject_of(ticket, is_common=places.is_common(session, ticket.place_id))
    report = FaultReport(about, plan.name, category=ticket.category, priority="normal", kind="inspection")
    rest = intake.report_fault(session, report, now).ticket
    assert rest is not None
    making.write_stops(session, rest, subjects)
    additions.ask_items(session, rest, items)
    return rest


def _go_on(session: Session, plan: Plan, ticket: Ticket, now: datetime) -> None:
    """Find the next date of a plan that counts from the day on which the last one was done."""
    if plan.rhythm["counts_from"] != COMPLETED or plan.wake_at is not None or plan.paused_at is not None:
        return
    waits = select(Occurrence.id).where(Occurrence.plan_id == plan.id, Occurrence.settled_at.is_(None)).limit(1)
    if session.scalar(waits) is not None:
        return
    site = places.site_of(session, plan.site_id)
    plan.last_on = calendars.local_day(ticket.closed_at or now, site.timezone)
    entries = [Entry("done", {"on": plan.last_on.isoformat(), "ticket": ticket.number}, NAME)]
    entries += deciding.schedule(plan, site)
    session.flush()
    decisions.append(session, plan.site_id, planning.stream_of(plan.id), entries, now)
