"""The link to one ticket that a message carries, for one person: docs/decisions/0012-page-links.md.

Links are forwarded, and previews fetch them: it opens that ticket only, and only after a press of a button.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.deps import Db
from api.pages._posting import Form, see_other
from api.pages._sessions import keep_signed_in
from api.pages._visits import AnyGuest
from core import access, clock
from core.access import Viewer
from core.database import Session
from core.errors import NotFound
from core.tickets import queries
from core.tickets.models import Ticket

router = APIRouter(prefix="/w/{token}", include_in_schema=False)

LIFE = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class LinkPage:
    """Open this ticket as the person that the link was sent to?"""

    number: str
    initial: str
    other: str


@router.get("")
def show(token: str, session: Db, visit: AnyGuest) -> HTMLResponse:
    """Names neither the person nor the matter: whoever previews the link learns a number."""
    person, ticket = _found(session, token)
    other = visit.visitor.name if visit.visitor and visit.visitor.person_id != person else ""
    initial = access.viewer(session, person).name[:1]
    return visit.page("link.html", LinkPage(ticket.number, initial, other))


@router.post("")
def enter(token: str, posted: Form, visit: AnyGuest) -> Response:
    """Open the ticket. Who is signed in as the same person already keeps that session, which may do more."""
    secret, number = visit.system.database.write(lambda session: _begin(session, token, visit.visitor))
    answer = see_other(f"/t/{number}")
    if secret:
        keep_signed_in(answer, visit.system.settings, secret, LIFE)
    return answer


def _begin(session: Session, token: str, visitor: Viewer | None) -> tuple[str, str]:
    """A session for this ticket alone; none where the browser has a better one."""
    person, ticket = _found(session, token)
    if visitor is not None and visitor.person_id == person and visitor.only in (None, ticket.id):
        return "", ticket.number
    return access.issue(session, "session", person, clock.now(), life=LIFE, ticket_id=ticket.id), ticket.number


def _found(session: Session, token: str) -> tuple[UUID, Ticket]:
    found = access.look_up(session, "page", token, clock.now())
    if found is None or found.ticket_id is None:
        raise NotFound(what="word.link")
    return found.person_id, queries.by_id(session, found.ticket_id)
