"""What follows from an inspection that has ended.

1. A failed item opens a fault on its thing; while that is open, the same item failing again is told to it.
2. A reading of a meter is kept, and may make a plan due.
3. What was left open goes into the next ticket of the plan, or into a follow-up where there will be none.
4. A plan that counts from the day on which it was done goes on from there.

One that was reopened is acted on again when it has ended again: on what was answered since, and on what was not
carried before.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from assets import register
from assets.plans import checklists, deciding, making, planning
from assets.plans.deciding import REST
from assets.plans.holding import BROKEN
from assets.plans.making import WHOLE, Thing
from assets.plans.models import Finding, Occurrence, Plan, Stop
from assets.plans.recurrence import COMPLETED, Date
from core import calendars, decisions, i18n, intake, places
from core.database import rows
from core.intake import FaultReport
from core.tickets import actions, additions, queries
from core.tickets.acts import Actor
from core.tickets.models import ChecklistItem, Subject, Ticket
from core.trace import Entry

NAME = "plan_results"
LIMIT = 1000
LATELY = timedelta(days=90)  # longer than anything is down
AGAIN = "tickets.kind = 'inspection' AND tickets.round > 1"  # as its index says it: SQLite compares the words
OWN = ("left", "carried", "passed_on")  # what is true of a question in one ticket alone


def due(session: Session, now: datetime) -> Sequence[UUID]:
    """Occurrences whose ticket has ended and whose answers nobody has acted on, in this round of it.

    Of those that were reopened only what has ended lately is looked at, so that this costs the same after years.
    """
    query = select(Occurrence.id).join(Ticket, Ticket.id == Occurrence.ticket_id).where(Ticket.is_open.is_(False))
    first = query.where(Occurrence.settled_at.is_(None)).order_by(Occurrence.id).limit(LIMIT)
    lately = query.where(text(AGAIN), Ticket.closed_at > now - LATELY, Occurrence.settled_round < Ticket.round)
    again = lately.order_by(Ticket.closed_at).limit(LIMIT)
    return list(dict.fromkeys([*session.scalars(first), *session.scalars(again)]))


def settle(session: Session, occurrence_id: UUID, now: datetime) -> None:
    """Act on the answers of one occurrence; once."""
    query = select(Plan).join(Occurrence, Occurrence.plan_id == Plan.id).where(Occurrence.id == occurrence_id)
    plan = session.scalar(query.with_for_update(of=Plan))
    one = session.scalar(select(Occurrence).where(Occurrence.id == occurrence_id).with_for_update())
    ticket = queries.by_id(session, one.ticket_id, lock=True) if one is not None else None
    if plan is None or one is None or ticket is None or ticket.is_open or one.settled_round >= ticket.round:
        return
    since, one.settled_at, one.settled_round = one.settled_at, now, ticket.round
    actions.record(session, ticket, "settled", Actor(trigger=NAME), {"round": ticket.round}, now)
    items, stops = queries.checklist_of(session, ticket.id), stops_of(session, ticket.id)
    for item in items:
        stop = stops.get(item.options.get("stop", 1))
        if stop is not None and (since is None or (item.answered_at is not None and item.answered_at > since)):
            _act_on(session, plan, ticket, item, stop, now)
    left = [item for item in items if not item.answer and not item.options.get("passed_on")]
    if left and ticket.state == "closed":
        _carry(session, plan, one, ticket, left, now)
    session.flush()
    _go_on(session, plan, ticket, now)


def stops_of(session: Session, ticket_id: UUID) -> dict[int, Stop]:
    """The stops of a ticket by their position."""
    query = select(Stop).where(Stop.ticket_id == ticket_id).order_by(Stop.position)
    return {stop.position: stop for stop in session.scalars(query)}


def _act_on(session: Session, plan: Plan, ticket: Ticket, item: ChecklistItem, stop: Stop, now: datetime) -> None:
    value = checklists.reading(item.answer) if item.kind == checklists.METER else None
    if value is not None and stop.asset_id:
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
    _show(session, ticket, item, fault, now)
    return fault


def _show(session: Session, ticket: Ticket, item: ChecklistItem, fault: Ticket, now: datetime) -> None:
    """The photos of what failed go along: whoever repairs it sees what the inspector saw."""
    for row in queries.attachments_of(session, ticket.id):
        if row.item == item.position:
            stored = {name: getattr(row, name) for name in ("hash", "mime", "width", "height")}
            additions.add_file(session, fault, "report", stored, row.person_id, now, device_at=row.device_at)


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
    items = [_open(item, stops_of(session, ticket.id)) for item in left]
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


def _open(item: ChecklistItem, stops: dict[int, Stop]) -> dict[str, Any]:
    """A question as it is carried, with the thing that it is asked of: the next round may have another order."""
    options = {name: value for name, value in item.options.items() if name not in OWN}
    stop = stops.get(options.get("stop", 1))
    thing = {"thing": making.name_of(stop.asset_id, stop.place_id)} if stop is not None else {}
    item.options = {**item.options, "passed_on": True}
    return {"question": item.question, "kind": item.kind, "options": {**options, **thing}}


def _add_to(session: Session, following: Ticket, items: list[dict[str, Any]]) -> None:
    now_at = {making.name_of(stop.asset_id, stop.place_id): n for n, stop in stops_of(session, following.id).items()}
    items = [{**one, "options": {**one["options"], "stop": number}}
             for one in items if (number := now_at.get(one["options"].get("thing", "")))]  # fmt: skip
    known = {
        (item.options.get("key"), item.options.get("stop")) for item in queries.checklist_of(session, following.id)
    }
    new = [one for one in items if (one["options"].get("key"), one["options"].get("stop")) not in known]
    additions.ask_items(session, following, [{**one, "options": {**one["options"], "carried": True}} for one in new])


def _follow_up(session: Session, plan: Plan, ticket: Ticket, items: list[dict[str, Any]], now: datetime) -> Ticket:
    """A ticket for what was left of a plan that comes no more; what fails there opens its fault as everywhere."""
    stops = tuple(subject_of(session, stop) for stop in stops_of(session, ticket.id).values())
    about = queries.subject_of(ticket, is_common=places.is_common(session, ticket.place_id))
    site = places.site_of(session, ticket.site_id)
    today = calendars.local_day(now, site.timezone)
    thing = Thing(f"{REST}:{ticket.number}", about, stops)
    rest = making.opened(session, plan, site, Date(today, today, REST), thing, ticket.category, now)
    making.write_stops(session, rest, stops)
    additions.ask_items(session, rest, items)
    return rest


def _go_on(session: Session, plan: Plan, ticket: Ticket, now: datetime) -> None:
    """Find the next date of a plan that counts from the day on which the last one was done."""
    if plan.rhythm.get("counts_from") != COMPLETED or plan.wake_at is not None or plan.paused_at is not None:
        return
    waits = select(Occurrence.id).where(Occurrence.plan_id == plan.id, Occurrence.settled_at.is_(None)).limit(1)
    if session.scalar(waits) is not None:
        return
    site = places.site_of(session, plan.site_id)
    plan.last_on = calendars.local_day(ticket.closed_at or now, site.timezone)
    entries = [Entry("done", {"on": plan.last_on.isoformat(), "ticket": ticket.number}, NAME)]
    try:
        entries += deciding.schedule(plan, site)
    except BROKEN:
        plan.wake_at = now  # the trigger that makes it says so, and holds it
    session.flush()
    decisions.append(session, plan.site_id, planning.stream_of(plan.id), entries, now)
