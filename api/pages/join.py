"""The page behind an invitation: who lives there lets themselves in, and is in the chat with the next press."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.deps import Db
from api.pages._posting import Form, see_other
from api.pages._sessions import keep_signed_in
from api.pages._visits import AnyGuest, Guest
from core import access, clock, i18n, limits, places
from core.access import Viewer
from core.database import Session
from core.errors import Forbidden, GongdanError
from core.tickets import queries
from core.upkeep import invitations
from core.upkeep.invitations import Invitation, Newcomer

router = APIRouter(prefix="/join/{secret}", include_in_schema=False)
TRIES_PER_ADDRESS = 30


@dataclass(frozen=True, slots=True)
class JoinPage:
    """Do you live here? `known`: who is signed in already."""

    site: str
    unit: str
    known: str
    name: str
    phone: str
    error: str


@router.get("")
def show(secret: str, session: Db, visit: AnyGuest) -> HTMLResponse:
    return visit.page("join.html", _page(session, visit, invitations.look_up(session, secret, clock.now())))


@router.post("")
def accept(secret: str, visit: AnyGuest, form: Form) -> Response:
    """Let somebody in; a stranger is signed in as the person that is made for them."""
    database = visit.system.database
    database.write(lambda db: limits.count(db, f"join:{visit.address}", clock.now(), most=TRIES_PER_ADDRESS))
    given = Newcomer(form.one("name"), form.one("phone"), visit.locale)
    try:
        session_secret = database.write(lambda db: _accepted(db, visit, secret, given))
    except GongdanError as error:
        with database.read_scope() as db:
            page = _page(db, visit, invitations.look_up(db, secret, clock.now()), given, error)
        return visit.page("join.html", page, error)
    answer = see_other("/chat")
    if session_secret:
        keep_signed_in(answer, visit.system.settings, session_secret)
    return answer


def _accepted(session: Session, visit: Guest, secret: str, given: Newcomer) -> str:
    """The session of somebody new; empty for who is signed in. Staff hand invitations out and do not take them."""
    now, viewer = clock.now(), _known(visit)
    invitation = invitations.look_up(session, secret, now)
    if viewer is not None and viewer.holds(invitation.site_id, *queries.STAFF):
        raise Forbidden
    person = invitations.accept(session, secret, given, viewer.person_id if viewer else None, now)
    return "" if viewer else access.issue(session, "session", person.id, now, life=access.SESSION_LIFE)


def _known(visit: Guest) -> Viewer | None:
    """Who is signed in as themselves; a session that a link opened for one ticket does not count."""
    return visit.visitor if visit.visitor is not None and visit.visitor.only is None else None


def _page(
    session: Session, visit: Guest, invitation: Invitation, given: Newcomer | None = None,
    error: GongdanError | None = None,
) -> JoinPage:  # fmt: skip
    site, place = places.site_of(session, invitation.site_id), places.place_of(session, invitation.place_id)
    viewer = _known(visit)
    return JoinPage(
        site.name, place.path if place else "", viewer.name if viewer else "", given.name if given else "",
        given.phone if given else "", i18n.explain(error, visit.locale) if error else "",
    )  # fmt: skip
