"""Who may add what to a ticket: nudges, words, signatures, parts, answers, and a "me too"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from api import subjects, tickets
from api.schemas import actions as schema
from core import clock, places, surveys
from core.access import Viewer
from core.database import Session
from core.errors import Conflict, Forbidden, Missing, NotFound
from core.tickets import additions, queries, signing
from core.tickets.models import Ticket

Add = Callable[[Session, str, Viewer, Any], Ticket]


def _of_parts(session: Session, number: str, who: Viewer, *parts: str) -> Ticket:
    """The ticket, locked, for somebody who plays one of some parts at it."""
    ticket = tickets.find(session, number, who, lock=True)
    if not queries.parts_of(session, ticket, who) & set(parts):
        raise Forbidden
    return ticket


def nudge(session: Session, number: str, who: Viewer, given: schema.Addition) -> Ticket:
    ticket = _of_parts(session, number, who, "reporter")
    additions.nudge(session, ticket, who.person_id, clock.now())
    return ticket


def join(session: Session, number: str, who: Viewer, given: schema.Join) -> Ticket:
    """Say that one means the same thing: at a common place of one's site, or in one's own home, while it is open."""
    ticket = queries.by_number(session, number, lock=True)
    subject = queries.subject_of(ticket, is_common=places.is_common(session, ticket.place_id))
    is_shared = queries.is_shared_with(session, subject, who.person_id)
    is_known = queries.may_see(session, ticket, who) or (is_shared and subjects.may_report_on(session, who, subject))
    if not is_known:
        raise NotFound(what="word.ticket")
    if not ticket.is_open or not is_shared:
        raise Conflict
    additions.join(session, ticket, who.person_id, given.text, clock.now())
    return ticket


def note(session: Session, number: str, who: Viewer, given: schema.Note) -> Ticket:
    ticket = tickets.find(session, number, who, lock=True)
    if given.internal and not who.at(ticket.id).holds(ticket.site_id, *queries.STAFF):
        raise Forbidden
    additions.add_words(session, ticket, who.person_id, given.text, clock.now(), is_internal=given.internal)
    return ticket


def sign(session: Session, number: str, who: Viewer, given: schema.Sign) -> Ticket:
    """Sign what the sheet shows: the technician, the resident, or a resident on the technician's phone."""
    ticket = tickets.find(session, number, who, lock=True)
    parts = queries.parts_of(session, ticket, who)
    if not parts & ({"assignee"} if given.role == "technician" else {"assignee", "reporter"}):
        raise Forbidden
    shown = signing.content(session, ticket, resolution=given.resolution, minutes=given.minutes, note=given.note)
    is_own = given.role == "technician" or "reporter" in parts
    signing.sign(
        session, ticket, given.role, shown, given.digest, clock.now(), strokes=given.strokes, name=given.name,
        person_id=who.person_id if is_own else None, by=who.person_id,
    )  # fmt: skip
    return ticket


def use_part(session: Session, number: str, who: Viewer, given: schema.UsePart) -> Ticket:
    ticket = _of_parts(session, number, who, "assignee", "supervisor")
    additions.use_part(session, ticket, who.person_id, given.name, given.quantity, clock.now(), cost=given.cost)
    return ticket


def answer(session: Session, number: str, who: Viewer, given: schema.AnswerItem) -> Ticket:
    ticket = _of_parts(session, number, who, "assignee")
    if not given.answer.strip():
        raise Missing(field="field.answer")
    additions.answer_item(session, ticket, given.position, given.answer, who.person_id, clock.now())
    return ticket


def rate(session: Session, number: str, who: Viewer, given: schema.Rate) -> Ticket:
    """Stars, and why they are few. Errors: those of core.surveys."""
    ticket = tickets.find(session, number, who, lock=True)
    now = clock.now()
    surveys.rate(session, ticket, who.person_id, given.stars, now)
    if given.reason or given.text:
        surveys.explain(session, ticket, who.person_id, given.reason or "other", now, text=given.text)
    return ticket


ADD: dict[str, Add] = {
    "nudge": nudge, "join": join, "note": note, "sign": sign, "use_part": use_part, "answer": answer,
    "rate": rate,
}  # fmt: skip
