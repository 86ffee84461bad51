"""What a supervisor does to a ticket from the drawer; a refusal is said there, with everything that was typed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response

from api.deps import Db, WriteDb
from api.pages import DRAFT, _tickets
from api.pages._posting import Form, Posted, once, see_other
from api.pages._tickets import Head, Photo
from api.pages.desk import _drawer, board
from api.pages.desk._drawer import FORMS
from api.pages.desk._filter import Chosen, Filter
from api.pages.desk._frame import SEES, At, Frame, at
from core import clock, places
from core.database import Session
from core.errors import Forbidden, GongdanError, Invalid, Missing, NotFound
from core.i18n import explain, local_time
from core.tickets import actions, additions, queries
from core.tickets import board as reads
from core.tickets.models import Ticket

router = APIRouter(prefix="/desk/tickets/{number}", include_in_schema=False)
Here = Annotated[At, Depends(at(*SEES))]
SUGGESTED = 8


@dataclass(frozen=True, slots=True)
class Side:
    """A ticket as it stands beside another one."""

    head: Head
    text: str
    opened_at: str
    people: int
    photos: list[Photo]


@dataclass(frozen=True, slots=True)
class MergePage:
    """First the choice of the other ticket, then both beside each other."""

    frame: Frame
    this: Side
    other: Side | None
    found: list[Head]
    q: str
    key: str
    error: str


@router.post("/do/{action}")
def act(number: str, action: str, here: Here, db: WriteDb, form: Form, chosen: Chosen) -> Response:
    """Take one of the desk's actions, and show the ticket again as it is then."""
    _drawer.visible(db, here, number)
    if action not in FORMS:
        raise NotFound(what="word.page")

    def work() -> None:
        ticket = _drawer.visible(db, here, number, lock=True)
        facts: dict[str, Any] = {name: form.one(name) for name in FORMS[action]}
        actions.act(db, ticket, action, here.viewer, clock.now(), facts=facts, version=form.version)

    return _tried(here, db, form, chosen, number, action, work)


@router.post("/words")
def say(number: str, here: Here, db: WriteDb, form: Form, chosen: Chosen) -> Response:
    """A note between staff, or a word that everyone concerned gets."""

    def work() -> None:
        ticket = _drawer.visible(db, here, number, lock=True)
        if not here.viewer.holds(ticket.site_id, "supervisor", "admin"):
            raise Forbidden
        is_internal = form.one("to") != "people"
        additions.add_words(db, ticket, here.person_id, form.one("text"), clock.now(), is_internal=is_internal)

    return _tried(here, db, form, chosen, number, "words", work)


def _tried(
    here: At, db: Session, form: Posted, chosen: Filter, number: str, action: str, work: Callable[[], None]
) -> Response:  # fmt: skip
    def done() -> str:
        work()
        return chosen.link(open=number, **({DRAFT: f"desk-words-{number}"} if action == "words" else {}))

    try:
        with db.begin_nested():
            to = once(db, here.person_id, form, here.path, done)
    except NotFound:
        raise
    except GongdanError as error:
        return board.page(here, db, chosen, number, form.last, (action, error))
    return see_other(to)


@router.get("/merge")
def choose(number: str, here: Here, db: Db, q: str = "", other: str = "") -> HTMLResponse:
    """The ticket beside the one that it may be merged with."""
    return here.page("desk_merge.html", _merging(here, db, number, other, q.strip()[:100]))


@router.post("/merge")
def merge(number: str, here: Here, db: WriteDb, form: Form) -> Response:
    """One of the two goes into the other; which one stays was chosen."""
    stays, pair = form.one("stays"), form.one("pair").split()
    goes = next((one for one in pair if one != stays), "")

    def work() -> str:
        if number not in (stays, goes) or not goes:
            raise Missing(field="field.stays")
        first, second = sorted((stays, goes))  # two who merge at once lock in the same order
        locked = {one: _drawer.visible(db, here, one, lock=True) for one in (first, second)}
        if locked[stays].site_id != locked[goes].site_id:
            raise Invalid(field="field.stays")
        facts = {"into": str(locked[stays].id)}
        actions.act(db, locked[goes], "merge", here.viewer, clock.now(), facts=facts)
        return f"/desk?open={stays}"

    try:
        with db.begin_nested():
            to = once(db, here.person_id, form, here.path, work)
    except GongdanError as error:
        other = goes if stays == number else stays
        return here.page("desk_merge.html", _merging(here, db, number, other, "", error), error)
    return see_other(to)


def _merging(
    here: At, db: Session, number: str, other: str, words: str, error: GongdanError | None = None
) -> MergePage:
    ticket = _drawer.visible(db, here, number)
    beside = _drawer.visible(db, here, other) if other else None
    now = clock.now()
    found = [] if beside else reads.similar(db, ticket, words, SUGGESTED)
    return MergePage(
        here.frame("board"), _side(db, here, ticket), _side(db, here, beside) if beside else None,
        [_tickets.head(db, one, here.locale, now) for one in found], words, clock.secret(),
        explain(error, here.locale) if error else "",
    )  # fmt: skip


def _side(db: Session, here: At, ticket: Ticket) -> Side:
    site = places.site_of(db, ticket.site_id)
    photos = [
        _tickets.photo(ticket, row, here.locale)
        for row in queries.attachments_of(db, ticket.id) if row.mime.startswith("image/")
    ]  # fmt: skip
    now = clock.now()
    opened_at = local_time(ticket.opened_at, site.timezone, here.locale, now)
    head = _tickets.head(db, ticket, here.locale, now)
    return Side(head, ticket.text, opened_at, len(queries.concerned(db, ticket)), photos)
