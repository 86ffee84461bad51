"""One ticket at /t/{number}: the job for those who work on it, the progress for those who reported it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from api.deps import Db
from api.pages import _checklist, _proofs, _rounds, _steps, _tickets, _timeline
from api.pages._checklist import Question
from api.pages._posting import Posted
from api.pages._rounds import Round
from api.pages._steps import Step
from api.pages._tickets import Head, Photo
from api.pages._timeline import Line
from api.pages._visits import Person, Visit
from core import clock, i18n, surveys
from core.access import Viewer
from core.database import Session
from core.errors import GongdanError, Invalid, NotFound
from core.tickets import deadlining, queries
from core.tickets.models import Attachment, Ticket

router = APIRouter(include_in_schema=False)

WORK_PHOTOS = ("report", "before", "after")
STAGES = ("reported", "accepted", "in_progress", "done")


@dataclass(frozen=True, slots=True)
class Said:
    """What the page says about the post before it: an error with what was entered, or what was done.

    `posted`: the answers of a checklist as they were entered; `wrong`: what is wrong with which.
    """

    posted: Posted | None = None
    wrong: tuple[tuple[str, str], ...] = ()
    error: str = ""
    text: str = ""
    draft_done: str = ""
    told: str = ""


@dataclass(frozen=True, slots=True)
class Appointment:
    """A proposed or agreed time, in the site's local time. `agree` is the address to agree at, where one may."""

    from_at: datetime
    until_at: datetime
    is_agreed: bool
    agree: str


@dataclass(frozen=True, slots=True)
class JobPage:
    """For staff: what is this job, until when, and what is the one next thing to do?

    `round`: where it is one; its questions stand at its stops. `has_resident`: somebody outside staff has a part in it.
    """

    head: Head
    steps: list[Step]
    key: str
    lines: list[Line]
    words: str
    photos: dict[str, list[Photo]]
    appointment: Appointment | None
    questions: list[Question]
    round: Round | None
    parts_used: list[tuple[str, str]]
    hold_reason: str
    contact: str
    deadlines: list[tuple[str, str]]
    can_add: bool
    can_work: bool
    has_resident: bool
    home: str
    said: Said
    draft_done: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A station of the ticket's way. `at`: past, now or next."""

    name: str
    at: str
    reached_at: datetime | None


@dataclass(frozen=True, slots=True)
class Survey:
    """The question after closure: `can_rate` asks for stars, `ask_reason` why they are few."""

    can_rate: bool
    stars: int
    ask_reason: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProgressPage:
    """For the reporter: how far is it, and what can I do?"""

    head: Head
    steps: list[Step]
    stages: list[Stage]
    key: str
    lines: list[Line]
    next: str
    mended: str
    appointment: Appointment | None
    before: Photo | None
    after: Photo | None
    merged_into: str
    advice: str
    phone: str
    survey: Survey
    said: Said
    draft_done: str


@router.get("/t/{number}")
def show(number: str, session: Db, visit: Person) -> HTMLResponse:
    return render(visit, session, visible(session, number, visit.viewer))


def visible(session: Session, number: str, viewer: Viewer, *, lock: bool = False) -> Ticket:
    """The ticket, if this person may see it. One that exists elsewhere reads exactly as one that does not exist."""
    ticket = queries.by_number(session, number, lock=lock)
    if not queries.may_see(session, ticket, viewer):
        raise NotFound(what="word.ticket")
    return ticket


def refused(visit: Visit, number: str, error: GongdanError, text: str = "") -> HTMLResponse:
    """The ticket's page as it is now, with what went wrong on top and what was entered."""
    with visit.system.database.read_scope() as session:
        return render(visit, session, visible(session, number, visit.viewer), error, text)


def unanswered(visit: Visit, number: str, posted: Posted, wrong: list[tuple[str, str]]) -> HTMLResponse:
    """The job with the answers as they were entered, and what is wrong with some of them."""
    said = Said(posted=posted, wrong=tuple(wrong), error=wrong[0][1])
    with visit.system.database.read_scope() as session:
        job = _job(visit, session, visible(session, number, visit.viewer), said)
        return visit.page("job.html", job, Invalid(field="field.answer"))


def render(
    visit: Visit, session: Session, ticket: Ticket, error: GongdanError | None = None, text: str = ""
) -> HTMLResponse:
    said = _said(visit, ticket, error, text)
    if _tickets.is_staff_at(ticket, visit.viewer):
        return visit.page("job.html", _job(visit, session, ticket, said), error)
    return visit.page("progress.html", _progress(visit, session, ticket, said), error)


def _said(visit: Visit, ticket: Ticket, error: GongdanError | None, text: str) -> Said:
    if error is not None:
        return Said(error=i18n.explain(error, visit.locale), text=text)
    done, code = visit.asked("done"), visit.asked("code")
    draft = f"report:{code}" if code else f"{ticket.number}:{done}" if done else ""
    key = f"page.done.{done}"
    if ticket.kind != "fault" and i18n.has_text(f"{key}_staff"):
        key += "_staff"
    return Said(draft_done=draft, told=i18n.translate(key, visit.locale) if i18n.has_text(key, visit.locale) else "")


def _job(visit: Visit, session: Session, ticket: Ticket, said: Said) -> JobPage:
    viewer, locale = visit.viewer, visit.locale
    parts = queries.parts_of(session, ticket, viewer)
    rows = queries.attachments_of(session, ticket.id)
    return JobPage(
        head=_tickets.head(session, ticket, locale, clock.now()),
        steps=_steps.of(ticket, parts, _steps.missing(session, ticket), _scan(visit, ticket)),
        key=clock.secret(),
        lines=_timeline.lines(session, ticket, viewer, locale),
        words="" if ticket.stops else ticket.text,
        photos={kind: _photos(ticket, rows, kind, locale) for kind in WORK_PHOTOS},
        appointment=_appointment(ticket, parts),
        questions=[] if ticket.stops else _questions(session, ticket, locale, said),
        round=_rounds.of(session, ticket, locale),
        parts_used=[(row.name, row.quantity) for row in queries.parts_used(session, ticket.id)],
        hold_reason=_why_held(ticket, locale),
        contact=ticket.contact,
        deadlines=_tickets.deadline_lines(session, ticket, locale, clock.now()),
        can_add=bool(parts),
        can_work="assignee" in parts and ticket.is_open,
        has_resident=ticket.kind != "inspection",
        home=visit.home,
        said=said,
        draft_done=said.draft_done,
    )


def _questions(session: Session, ticket: Ticket, locale: str, said: Said) -> list[Question]:
    items = queries.checklist_of(session, ticket.id)
    return _checklist.questions(session, ticket, items, locale, said.posted, said.wrong)


def _scan(visit: Visit, ticket: Ticket) -> str:
    """The proof in the address that this very thing was just scanned."""
    word = visit.asked("scan")
    code = _proofs.scanned_code(visit.system.settings, word, visit.viewer.person_id, clock.now())
    return word if code and code == ticket.asset_code else ""


def _photos(ticket: Ticket, rows: list[Attachment], kind: str, locale: str) -> list[Photo]:
    """Photos of a kind; those of the work from the present round only."""
    shown = [row for row in rows if row.kind == kind and (kind == "report" or row.round == ticket.round)]
    return [_tickets.photo(ticket, row, locale) for row in shown]


def _progress(visit: Visit, session: Session, ticket: Ticket, said: Said) -> ProgressPage:
    viewer, locale = visit.viewer, visit.locale
    parts = queries.parts_of(session, ticket, viewer)
    rows = _tickets.visible_files(session, ticket, viewer)
    newest = {row.kind: _tickets.photo(ticket, row, locale) for row in rows if row.round == ticket.round}
    head = _tickets.head(session, ticket, locale, clock.now())
    head = replace(head, until=_tickets.awaited(ticket, locale, clock.now()))
    is_alone = len(queries.concerned(session, ticket)) == 1
    return ProgressPage(
        head=head,
        steps=_steps.of(ticket, parts, [], "", is_alone=is_alone),
        stages=_stages(ticket),
        key=clock.secret(),
        lines=_timeline.lines(session, ticket, viewer, locale),
        next=_next(ticket, head, locale),
        mended=_mended(ticket, head, locale),
        appointment=_appointment(ticket, parts),
        before=newest.get("before"),
        after=newest.get("after"),
        merged_into=queries.by_id(session, ticket.merged_into_id).number if ticket.merged_into_id else "",
        advice=ticket.emergency if ticket.is_open else "",
        phone=_tickets.site_of(session, ticket).phone,
        survey=_survey(session, ticket, viewer),
        said=said,
        draft_done=said.draft_done,
    )


def _survey(session: Session, ticket: Ticket, viewer: Viewer) -> Survey:
    rating = surveys.rating_of(session, ticket, viewer.person_id)
    stars = rating.stars if rating else 0
    is_unexplained = bool(rating and stars <= surveys.FEW_STARS and not rating.reason)
    return Survey(ticket.state == "closed" and not stars, stars, is_unexplained, surveys.REASONS)


def _appointment(ticket: Ticket, parts: set[str]) -> Appointment | None:
    if ticket.scheduled_from is None or ticket.scheduled_until is None or not ticket.is_open:
        return None
    may_agree = "agree" in _steps.allowed(ticket, parts) and "reporter" in parts and not ticket.is_schedule_agreed
    agree = f"/t/{ticket.number}/do/agree" if may_agree else ""
    return Appointment(ticket.scheduled_from, ticket.scheduled_until, ticket.is_schedule_agreed, agree)


def _stages(ticket: Ticket) -> list[Stage]:
    """The way that the ticket goes, and how far it is; a closed one has gone it all."""
    state = (ticket.held_from or "accepted") if ticket.state == "on_hold" else ticket.state
    state = "reported" if state == "assigned" else state
    here = STAGES.index(state) if state in STAGES else len(STAGES)
    marks = [("past" if place < here else "now" if place == here else "next") for place in range(len(STAGES))]
    reached = (ticket.opened_at, ticket.accepted_at, None, ticket.done_at)
    return [Stage(name, mark, at) for name, mark, at in zip(STAGES, marks, reached, strict=True)]


def _next(ticket: Ticket, head: Head, locale: str) -> str:
    """What happens next, in one sentence."""
    kind = "reported" if ticket.state == "assigned" and not head.who else ticket.state
    if head.until is not None and head.until.kind == "over":
        kind = f"{kind}_late" if i18n.has_text(f"page.next.{kind}_late") else kind
    promised = deadlining.visit(ticket)
    if promised is None and i18n.has_text(f"page.next.{kind}_unsaid"):
        kind = f"{kind}_unsaid"
    facts: dict[str, Any] = {
        "name": head.who,
        "promised": i18n.local_time(promised, head.zone, locale, clock.now()) if promised else "",
        "reason": _why_held(ticket, locale),
        "resolution": i18n.translate(f"resolution.{ticket.resolution}", locale) if ticket.resolution else "",
    }
    return i18n.translate(f"page.next.{kind}", locale, **facts)


def _mended(ticket: Ticket, head: Head, locale: str) -> str:
    """Until when it is to be mended, where that was promised and nobody waits for anything."""
    if ticket.repair_by is None or ticket.state not in ("reported", "assigned", "accepted", "in_progress"):
        return ""
    key = "page.next.mended_late" if ticket.repair_by < clock.now() else "page.next.mended"
    return i18n.translate(key, locale, by=i18n.local_time(ticket.repair_by, head.zone, locale, clock.now()))


def _why_held(ticket: Ticket, locale: str) -> str:
    given = ticket.hold_reason or ""
    return _timeline.reason(given, locale) or given
