"""Tickets over HTTP: report, list, read, follow the trace, see what will be signed."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query
from fastapi.responses import Response

from api import cursors, subjects, tickets
from api import events as trace
from api.deps import Anywhere, Db, SignedIn, SystemDep
from api.idempotency import Idempotent, Once, answer
from api.routing import noun, problems
from api.schemas import tickets as schema
from core import alarms, clock, intake, limits, places
from core.access import Viewer
from core.database import Session
from core.errors import Conflict, Forbidden
from core.intake import FaultReport
from core.tickets import queries, signing
from core.tickets.models import Subject
from core.tickets.models import Ticket as TicketRow
from core.tickets.queries import STAFF

router = noun("tickets")

MOST_OF_PERSON, MOST_ON_THING = 10, 60  # in ten minutes, of people without a role there

Number = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,40}$", examples=[schema.NUMBER])]


class AlreadyAlarmed(Conflict):
    """Many have just reported this emergency, and everybody who can help has been told. In danger call {phone}."""


@router.post(
    "", status_code=201, response_model=schema.Ticket, operation_id="report",
    responses={**problems(403, 404, 409, 413, 422, 503)},
)  # fmt: skip
def report(given: schema.NewTicket, who: Anywhere, system: SystemDep, once: Idempotent) -> Response:
    """Report a fault, or open a task or inspection.

    Nothing is asked back: without a category the words decide. A second report of the same emergency joins the
    first, which is then what is answered.
    """
    # Many come at once, so the transaction is opened here: as a dependency it costs two more trips to the pool.
    with system.database.write_scope() as db:
        phone = _folded(db, who, given, once)
        done = once.answer(db, given, lambda: _reported(db, who, given), 201) if phone is None else None
    system.nudge()
    if done is None:
        raise AlreadyAlarmed(phone=phone)
    return done


def _reported(session: Session, who: Viewer, given: schema.NewTicket) -> schema.Ticket:
    if given.code:
        subject = subjects.subject_of_code(session, given.code, given.place, given.asset, given.site)
    else:
        subject = subjects.subject_for(session, who, place=given.place, asset=given.asset, site=given.site)
    if (given.priority or given.kind != "fault") and not who.holds(subject.site_id, *STAFF):
        raise Forbidden
    subjects.check_category(session, subject.site_id, given.category)
    report = _fault_report(who, subject, given)
    if given.code and not subjects.may_report_on(session, who, subject):
        _count(session, report, who)
    taken = intake.report_fault(session, report, clock.now())
    assert taken.ticket is not None
    return tickets.show(session, taken.ticket, who)


def _folded(session: Session, who: Viewer, given: schema.NewTicket, once: Once) -> str | None:
    """Whom to call where a scan's alarm is one too many; None for what is reported as usual.

    Nothing is raised here: what the staff have to know of that alarm is written, and is to stay.
    """
    if not given.code or once.before(session, given) is not None:
        return None
    subject = subjects.subject_of_code(session, given.code, given.place, given.asset, given.site)
    if subjects.may_report_on(session, who, subject):
        return None
    alarm = alarms.folded(session, _fault_report(who, subject, given), [str(who.person_id)], clock.now())
    return places.number_for(places.site_of(session, subject.site_id), alarm.emergency) if alarm else None


def _count(session: Session, report: FaultReport, who: Viewer) -> None:
    """Who belongs to no site is held back as the page behind a code holds back strangers, and no alarm is refused."""
    now, thing = clock.now(), f"{report.subject.place_id}:{report.subject.asset_id}"
    if not alarms.emergency_in(session, report.subject.site_id, report.text):
        limits.count(session, f"report-of:{who.person_id}", now, most=MOST_OF_PERSON)
        limits.count(session, f"report-on:{thing}", now, most=MOST_ON_THING)


def _fault_report(who: Viewer, subject: Subject, given: schema.NewTicket) -> FaultReport:
    return FaultReport(
        subject=subject, text=given.text, reporter_id=who.person_id, contact=given.contact, category=given.category,
        priority=given.priority, kind=given.kind, is_own=True, may_ask=False,
    )  # fmt: skip


@router.get("", response_model=schema.TicketPage, operation_id="list_tickets", responses={**problems(404, 422)})
def board(asked: Annotated[schema.TicketFilter, Query()], who: Anywhere, db: Db) -> Response:
    """Tickets, newest first: staff see those of their sites, residents those that they reported or joined."""
    found = _own(db, who, asked) if not who.sites(*STAFF) else _of_sites(db, who, asked)
    more = cursors.after(found[asked.limit - 1].id) if len(found) > asked.limit else None
    return answer(schema.TicketPage(items=tickets.show_all(db, found[: asked.limit], who), next=more))


def _of_sites(session: Session, who: Viewer, asked: schema.TicketFilter) -> list[TicketRow]:
    sites = [subjects.site_of(session, who, asked.site, *STAFF)] if asked.site else who.sites(*STAFF)
    assignee = who.person_id if asked.assignee == "me" else asked.assignee or None
    return queries.board(
        session, sites, states=asked.state, assignee_id=assignee, words=asked.q, after=cursors.id_in(asked.after),
        limit=asked.limit + 1,
    )  # fmt: skip


def _own(session: Session, who: Viewer, asked: schema.TicketFilter) -> list[TicketRow]:
    """A resident's own. Who works on them and at which site they are is no filter of theirs."""
    if asked.assignee or asked.site:
        raise Forbidden
    after = cursors.id_in(asked.after)
    return queries.own(session, who.person_id, states=asked.state, words=asked.q, after=after, limit=asked.limit + 1)


@router.get("/{number}", response_model=schema.Ticket, operation_id="read_ticket", responses={**problems(404, 422)})
def read(number: Number, who: SignedIn, db: Db) -> Response:
    """One ticket with its rounds, and what the caller may do now."""
    return answer(tickets.show(db, tickets.find(db, number, who), who))


@router.get(
    "/{number}/events", response_model=schema.Events, operation_id="list_events", responses={**problems(404, 422)}
)
def events(number: Number, who: SignedIn, db: Db) -> Response:
    """The trace, with hashes: each entry is chained to the one before. A resident has what the ticket's page shows."""
    return answer(trace.events_of(db, tickets.find(db, number, who), who))


@router.get(
    "/{number}/sheet", response_model=schema.Sheet, operation_id="read_sheet", responses={**problems(403, 404, 422)}
)
def sheet(number: Number, asked: Annotated[schema.SheetFilter, Query()], who: SignedIn, db: Db) -> Response:
    """What a signature will stand under: the work of the present round, and its digest."""
    ticket = tickets.find(db, number, who)
    if not queries.parts_of(db, ticket, who) & {"assignee", "reporter"}:
        raise Forbidden
    shown = signing.content(db, ticket, resolution=asked.resolution, minutes=asked.minutes, note=asked.note)
    return answer(schema.Sheet(content=shown, digest=signing.digest(shown)))
