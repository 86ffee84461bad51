"""What people add from a ticket's page: photos, words, a nudge, a part, answers of the checklist, stars."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from api import uploads
from api.pages import _checklist, tickets
from api.pages._posting import Form, OwnFiles, Posted, once, see_other
from api.pages._visits import Person, Visit
from bot.fetching import stored_photo
from core import clock, surveys
from core.access import Viewer
from core.database import Session
from core.errors import Forbidden, GongdanError, Invalid, Missing
from core.tickets import additions, queries
from core.tickets.models import Ticket

router = APIRouter(prefix="/t/{number}", include_in_schema=False)

WORK_KINDS = ("before", "after", "other")
REPORTERS_KIND = "report"
SENT_BEFORE = ("photo_id", "before_id", "after_id")
OF_ITEM = "item-"
STARS = ("1", "2", "3", "4", "5")

Work = Callable[[Session, Ticket], None]


@router.post("/photos")
def add_photos(number: str, posted: OwnFiles, visit: Person) -> Response:
    """Photos, all at once or one by one. Sending one again changes nothing, so an upload may be repeated."""
    wants_json = "application/json" in visit.request.headers.get("accept", "")
    try:
        added = keep_photos(visit, number, posted)
        if not added and not _came_before(posted):
            raise Missing(field="field.photo")
    except GongdanError as error:
        if wants_json:
            raise
        return tickets.refused(visit, number, error)
    if wants_json:
        return JSONResponse({"id": added[0]["hash"], "items": added} if added else {"items": []}, 201)
    return see_other(f"/t/{number}?done=photos")


def _came_before(posted: Posted) -> bool:
    """Whether a script has sent the photos already, one by one."""
    return any(posted.many(name) for name in SENT_BEFORE)


def keep_photos(visit: Visit, number: str, posted: Posted) -> list[dict[str, Any]]:
    """Clean and store outside any transaction, then attach.

    A file that is called `item-3`, or comes to an address with `?item=3`, belongs to that question of the checklist.
    """
    if posted.refused:
        raise posted.refused[0]
    with visit.system.database.read_scope() as session:
        parts = queries.parts_of(session, tickets.visible(session, number, visit.viewer), visit.viewer)
    if not parts:
        raise Forbidden
    is_evidence = "assignee" in parts
    files = [
        (_kind(name, posted, parts), _item(visit, name) if is_evidence else 0, data)
        for name in posted.files
        for data in posted.of(name)
    ]
    stored = [(kind, item, _stored(visit, data, is_evidence=is_evidence)) for kind, item, data in files]
    if stored:
        visit.system.database.write(lambda session: _attach(session, number, visit.viewer, stored))
    return [
        {"hash": row["hash"], "kind": kind, "width": row["width"], "height": row["height"]} for kind, _, row in stored
    ]


def _item(visit: Visit, name: str) -> int:
    """The question that a photo belongs to; 0 for none."""
    told = name.removeprefix(OF_ITEM) if name.startswith(OF_ITEM) else visit.asked("item")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 6 else 0


def _stored(visit: Visit, data: bytes, *, is_evidence: bool) -> dict[str, Any]:
    uploads.count_of_person(visit.system.database, visit.viewer.person_id)
    return stored_photo(visit.system.storage, data, keep_evidence=is_evidence)


def _attach(session: Session, number: str, viewer: Viewer, stored: list[tuple[str, int, dict[str, Any]]]) -> None:
    ticket = tickets.visible(session, number, viewer, lock=True)
    for kind, item, row in stored:
        additions.add_file(session, ticket, kind, row, viewer.person_id, clock.now(), item=item)


def _kind(name: str, posted: Posted, parts: set[str]) -> str:
    """What a photo shows: said by whoever works on it; a reporter's photos belong to the report."""
    if not parts & {"assignee", "supervisor", "eligible"}:
        return REPORTERS_KIND
    wished = name if name in WORK_KINDS else posted.one("kind") or "other"
    if wished not in WORK_KINDS:
        raise Invalid(field="field.kind")
    return wished


@router.post("/words")
def add_words(number: str, posted: OwnFiles, visit: Person) -> Response:
    """Words, and the photos that came with them."""
    text = posted.one("text")

    def keep(session: Session, ticket: Ticket) -> None:
        is_internal = bool(posted.one("internal")) and visit.viewer.at(ticket.id).holds(ticket.site_id, *queries.STAFF)
        if not queries.parts_of(session, ticket, visit.viewer):
            raise Forbidden
        if text:
            additions.add_words(session, ticket, visit.viewer.person_id, text, clock.now(), is_internal=is_internal)

    try:
        added = keep_photos(visit, number, posted)
        if not text and not added and not _came_before(posted):
            raise Missing(field="field.text")
        return _write(visit, number, posted, keep, "words")
    except GongdanError as error:
        return tickets.refused(visit, number, error, text)


@router.post("/nudge")
def nudge(number: str, posted: Form, visit: Person) -> Response:
    def ask(session: Session, ticket: Ticket) -> None:
        if "reporter" not in queries.parts_of(session, ticket, visit.viewer):
            raise Forbidden
        additions.nudge(session, ticket, visit.viewer.person_id, clock.now())

    return _tried(visit, number, posted, ask, "nudge")


@router.post("/parts")
def use_part(number: str, posted: Form, visit: Person) -> Response:
    def use(session: Session, ticket: Ticket) -> None:
        _only_assignee(session, ticket, visit.viewer)
        name, quantity = posted.one("part"), posted.one("quantity")
        cost = posted.one("cost")
        additions.use_part(session, ticket, visit.viewer.person_id, name, quantity, clock.now(), cost=cost)

    return _tried(visit, number, posted, use, "parts")


@router.post("/checklist")
def answer(number: str, posted: OwnFiles, visit: Person) -> Response:
    """The answers that changed, and their photos; the others stay as they were. What is wrong stays on the page."""

    def keep(session: Session, ticket: Ticket) -> None:
        _only_assignee(session, ticket, visit.viewer)
        _checklist.keep(session, ticket, queries.checklist_of(session, ticket.id), posted, visit.viewer)

    try:
        with visit.system.database.read_scope() as session:
            ticket = tickets.visible(session, number, visit.viewer)
            _only_assignee(session, ticket, visit.viewer)
        keep_photos(visit, number, posted)
        with visit.system.database.read_scope() as session:
            items = queries.checklist_of(session, tickets.visible(session, number, visit.viewer).id)
            wrong = _checklist.problems(session, items, posted, visit.locale)
    except GongdanError as error:
        return tickets.refused(visit, number, error)
    if wrong:
        return tickets.unanswered(visit, number, posted, wrong)
    return _tried(visit, number, posted, keep, "checklist")


@router.post("/rating")
def rate(number: str, posted: Form, visit: Person) -> Response:
    """Stars first; few of them are followed by the question why."""

    def keep(session: Session, ticket: Ticket) -> None:
        now, person, reason = clock.now(), visit.viewer.person_id, posted.one("reason")
        if reason:
            surveys.explain(session, ticket, person, reason, now, text=posted.one("text"))
        elif posted.one("stars") in STARS:
            surveys.rate(session, ticket, person, int(posted.one("stars")), now)
        else:
            raise Missing(field="field.stars")

    return _tried(visit, number, posted, keep, "rating")


def _only_assignee(session: Session, ticket: Ticket, viewer: Viewer) -> None:
    if "assignee" not in queries.parts_of(session, ticket, viewer):
        raise Forbidden


def _tried(visit: Visit, number: str, posted: Posted, work: Work, done: str) -> Response:
    try:
        return _write(visit, number, posted, work, done)
    except GongdanError as error:
        return tickets.refused(visit, number, error, posted.one("text"))


def _write(visit: Visit, number: str, posted: Posted, work: Work, done: str) -> Response:
    """Do it once, in one transaction, and go back to the ticket."""

    def unit(session: Session) -> str:
        def do() -> str:
            ticket = tickets.visible(session, number, visit.viewer, lock=True)
            uploads.count_deed(session, visit.viewer.at(ticket.id))
            work(session, ticket)
            return f"/t/{ticket.number}?done={done}"

        return once(session, visit.viewer.person_id, posted, visit.path, do)

    to = visit.system.database.write(unit)
    visit.system.nudge()
    return see_other(to)
