"""The page behind a scanned code: a report form for whoever stands there, the work for who is in charge of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from api.deps import Db, SystemDep
from api.pages import _proofs, _report, _rounds, _steps, _tickets, claims
from api.pages._posting import Posted, read_files, read_photo, see_other
from api.pages._report import Entered, Result
from api.pages._sessions import keep_signed_in
from api.pages._steps import Step
from api.pages._tickets import Head
from api.pages._visits import AnyPasserBy, Guest, home_of
from assets import codes, register, stickers
from assets.register import NotInUse
from core import clock, i18n, places
from core.access import Viewer
from core.database import Session
from core.errors import GongdanError, Invalid, NotFound
from core.places import SiteFacts
from core.tickets import queries
from core.tickets.models import Subject, Ticket

router = APIRouter(include_in_schema=False)

ICONS = {
    "lift": "lift", "gas": "gas", "water": "water", "drainage": "water", "electricity": "power",
    "heating_ac": "cooling", "fire_safety": "fire", "doors_windows": "door", "structure": "wall", "cleaning": "clean",
    "noise": "noise", "greenery": "green", "network": "network", "equipment": "wrench", "security": "shield",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """What anybody may know of an open ticket: what kind, how far, since when. `href`: for those who take part."""

    category: str
    state: str
    since: datetime
    href: str


@dataclass(frozen=True, slots=True)
class ReportPage:
    """What is wrong here? `categories`: those that are shown; `more`: those behind a fold."""

    code: str
    thing: str
    where: str
    zone: str
    open: list[OpenTicket]
    categories: list[dict[str, str]]
    more: list[dict[str, str]]
    entered: Entered
    errors: list[tuple[str, str]]
    key: str
    signed_in: bool
    phone: str


@dataclass(frozen=True, slots=True)
class QuestionPage:
    """One question before the report is sent: is it the same (`twin`), or what is it about (`unsure`)?"""

    code: str
    thing: str
    where: str
    kind: str
    category: str
    since: datetime | None
    zone: str
    choices: list[dict[str, str]]
    entered: Entered
    key: str


@dataclass(frozen=True, slots=True)
class EmergencyPage:
    """What to do now, and whom to call."""

    emergency: str
    phone: str
    number: str
    thing: str
    draft_done: str


@dataclass(frozen=True, slots=True)
class ThingPage:
    """For staff: what do I do here? `stop`: the stop of the reader's round, where there is other work here too."""

    code: str
    printed: str
    thing: str
    where: str
    zone: str
    jobs: list[tuple[Head, Step | None]]
    visits: list[tuple[Head, datetime | None]]
    key: str
    home: str
    is_replaced: bool
    stop: str = ""


@dataclass(frozen=True, slots=True)
class CodePage:
    """A code that leads nowhere: what to check, and a box to type it."""

    typed: str
    error: str


@router.get("/q")
def typed(visit: AnyPasserBy, code: str = "") -> Response:
    """A code that was typed; without one, the box to type it."""
    if not code.strip():
        return visit.page("code.html", CodePage("", ""))
    try:
        found = codes.parse(code, visit.system.settings.public_url) or codes.canonical(code)
    except GongdanError as error:
        return _unknown(visit, code, error)
    return see_other(_rounds.to_code(visit, found, is_typed=True))


@router.get("/q/{code}")
def show(code: str, session: Db, visit: AnyPasserBy, report: str = "") -> Response:
    waiting = stickers.blank(session, code)
    if waiting is not None and claims.may_claim(waiting, visit.visitor):
        return claims.ask(session, visit, waiting, words=visit.asked("words").strip())
    try:
        code, subject = _found(session, code)
    except (Invalid, NotFound) as error:
        return _unknown(visit, code, error)
    if visit.visitor is not None and visit.visitor.holds(subject.site_id, *queries.STAFF) and not report:
        return _work_here(session, visit, visit.visitor, code, subject)
    return visit.page("report.html", _form(session, visit, code, subject, Entered(), []))


def _work_here(session: Session, visit: Guest, viewer: Viewer, code: str, subject: Subject) -> Response:
    """The stop of a round at once, unless this person has something else to do here too.

    Who walks a round and meets a thing that is none of its stops stays in the round, which says what it is.
    """
    stop = "" if visit.asked("here") else _rounds.link_of_code(session, visit, viewer, subject)
    page = _thing(session, visit, viewer, code, subject)
    has_work = any(step for _, step in page.jobs)
    if stop and not has_work:
        return see_other(stop)
    is_astray = not stop and not visit.asked("here") and (visit.asked("round") or not has_work)
    if is_astray and (back := _rounds.link_of_other(session, visit, viewer, code, subject.site_id)):
        return see_other(back)
    return visit.page("thing.html", replace(page, stop=stop))


def _found(session: Session, typed: str) -> tuple[str, Subject]:
    """The code in the form in which it is registered, and what it is on."""
    code = codes.canonical(typed)
    return code, register.subject_of(session, code)


def _unknown(visit: Guest, code: str, error: GongdanError) -> HTMLResponse:
    key = "page.code.misread" if isinstance(error, Invalid) else "page.code.unknown"
    said = i18n.explain(error, visit.locale) if isinstance(error, NotInUse) else i18n.translate(key, visit.locale)
    return visit.page("code.html", CodePage(code[:40], said), error)


def known(code: str, system: SystemDep) -> None:
    """Behind a code that is none, no body is read."""
    with system.database.read_scope() as session:
        _found(session, code)


async def _files(request: Request, system: SystemDep, _: Annotated[None, Depends(known)]) -> Posted:
    return await read_files(request, system)


async def _photo(request: Request, system: SystemDep, _: Annotated[None, Depends(known)]) -> Posted:
    return await read_photo(request, system)


KnownFiles = Annotated[Posted, Depends(_files)]
KnownPhoto = Annotated[Posted, Depends(_photo)]


@router.post("/q/{code}")
def report(code: str, posted: KnownFiles, visit: AnyPasserBy) -> Response:
    """Take the report, or ask the one question that is left; whatever was entered stays."""
    with visit.system.database.read_scope() as session:
        code, subject = _found(session, code)
    given, problems = _report.entered(visit, code, posted)
    if problems and not _report.is_urgent(visit.system, subject, given):
        return _again(visit, code, subject, given, problems)
    try:
        result = _report.take(visit, subject, code, given, posted.key)
    except GongdanError as error:
        return _again(visit, code, subject, given, [error])
    answer = _answer(visit, code, subject, given, result)
    if result.secret:
        keep_signed_in(answer, visit.system.settings, result.secret)
    return answer


def _answer(visit: Guest, code: str, subject: Subject, given: Entered, result: Result) -> Response:
    if result.outcome in ("opened", "joined"):
        return see_other(f"/t/{result.number}?done={result.outcome}&code={code}")
    with visit.system.database.read_scope() as session:
        site = places.site_of(session, subject.site_id)
        thing, where = _names(subject, site)
        if result.outcome == "emergency":
            name = f"{where} {thing}".strip()
            phone = places.number_for(site, result.emergency)
            return visit.page(
                "emergency.html", EmergencyPage(result.emergency, phone, result.number, name, f"report:{code}")
            )
        return visit.page("question.html", _question(session, visit, code, subject, given, result))


def _question(
    session: Session, visit: Guest, code: str, subject: Subject, given: Entered, result: Result
) -> QuestionPage:
    site = places.site_of(session, subject.site_id)
    thing, where = _names(subject, site)
    return QuestionPage(
        code=code, thing=thing, where=where, kind=result.outcome,
        category=_tickets.label(session, site, result.category, visit.locale) if result.category else "",
        since=result.since, zone=site.timezone, choices=_chips(session, site, result.choices, visit.locale),
        entered=replace(given, category=result.category), key=_proofs.mint_key(visit.system.settings, code),
    )  # fmt: skip


def _again(visit: Guest, code: str, subject: Subject, given: Entered, problems: list[GongdanError]) -> HTMLResponse:
    """The form as it was sent, with what has to be mended on top."""
    said = [("photo" if _is_about_photo(error) else "text", i18n.explain(error, visit.locale)) for error in problems]
    with visit.system.database.read_scope() as session:
        return visit.page("report.html", _form(session, visit, code, subject, given, said), problems[0])


def _is_about_photo(error: GongdanError) -> bool:
    return str(error.facts.get("field", "")).removeprefix("field.") in ("photo", "file")


@router.post("/q/{code}/photos")
def add_photo(code: str, posted: KnownPhoto, visit: AnyPasserBy) -> JSONResponse:
    """One photo for a report that is still being written; its proof comes back with the form."""
    with visit.system.database.read_scope() as session:
        code, _ = _found(session, code)
    if posted.refused:
        raise posted.refused[0]
    data = next(iter(posted.of("file")), None)
    if data is None:
        raise Invalid(field="field.photo")
    return JSONResponse({"id": _report.keep_photo(visit, code, data)}, 201)


def _form(
    session: Session, visit: Guest, code: str, subject: Subject, given: Entered, problems: list[tuple[str, str]]
) -> ReportPage:
    site = places.site_of(session, subject.site_id)
    thing, where = _names(subject, site)
    shown, more = _report.shown_and_more(session, subject)
    return ReportPage(
        code=code, thing=thing, where=where, zone=site.timezone, open=_open(session, visit, subject, site),
        categories=_chips(session, site, shown, visit.locale), more=_chips(session, site, more, visit.locale),
        entered=given, errors=problems, key=_proofs.mint_key(visit.system.settings, code),
        signed_in=visit.visitor is not None, phone=site.phone,
    )  # fmt: skip


def _open(session: Session, visit: Guest, subject: Subject, site: SiteFacts) -> list[OpenTicket]:
    """Open tickets on a shared thing. Those of a home are shown to who lives there alone."""
    viewer = visit.visitor
    if not queries.is_shared_with(session, subject, viewer.person_id if viewer else None):
        return []
    return [
        OpenTicket(
            _tickets.label(session, site, ticket.category, visit.locale), ticket.state, ticket.opened_at,
            f"/t/{ticket.number}" if viewer and queries.may_see(session, ticket, viewer) else "",
        )
        for ticket in queries.open_on(session, subject)
    ]  # fmt: skip


def _chips(session: Session, site: SiteFacts, keys: list[str], locale: str) -> list[dict[str, str]]:
    return [
        {"value": key, "text": _tickets.label(session, site, key, locale), "icon": ICONS.get(key, "other")}
        for key in keys
    ]


def _names(subject: Subject, site: SiteFacts) -> tuple[str, str]:
    """What it is and where: an asset at its place, or a place of the site."""
    if subject.name:
        return subject.name, subject.place or site.name
    return subject.place or site.name, site.name if subject.place else ""


def _thing(session: Session, visit: Guest, viewer: Viewer, code: str, subject: Subject) -> ThingPage:
    site, now, settings = places.site_of(session, subject.site_id), clock.now(), visit.system.settings
    thing, where = _names(subject, site)
    scan = _proofs.prove_scan(settings, subject.code, viewer.person_id, now) if subject.code else ""
    visits = queries.history_of(session, subject)

    def head(ticket: Ticket) -> Head:
        return _tickets.head(session, ticket, visit.locale, now)

    return ThingPage(
        code=code, printed=codes.printed(code), thing=thing, where=where, zone=site.timezone,
        jobs=[(head(ticket), _next(session, ticket, viewer, scan)) for ticket in queries.open_on(session, subject)],
        visits=[(head(ticket), ticket.done_at or ticket.closed_at) for ticket in visits], key=clock.secret(),
        home=home_of(viewer), is_replaced=stickers.is_replaced(session, code),
    )  # fmt: skip


def _next(session: Session, ticket: Ticket, viewer: Viewer, scan: str) -> Step | None:
    """The one next thing that this person does at a job; without one it is only shown."""
    parts = queries.parts_of(session, ticket, viewer)
    steps = _steps.of(ticket, parts, _steps.missing(session, ticket), scan)
    step = next((step for step in steps if step.is_primary), None)
    if step is not None and step.href.startswith("#"):
        return Step(
            step.name, step.icon, is_primary=True, href=_steps.with_scan(f"/t/{ticket.number}", scan) + step.href
        )
    return step
