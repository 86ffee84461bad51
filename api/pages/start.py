"""The first page: the three doors; in the demo, one enters through them without a password."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup

from api.demo import builder
from api.deps import COOKIE, Db, Locale, System, SystemDep, Visitor, WriteDb
from api.pages import page
from assets import codes, register, screens
from core import access, clock, i18n
from core.access import SESSION_LIFE
from core.database import Session
from core.errors import NotFound
from core.people import Person

router = APIRouter(include_in_schema=False)

DOORS = {"resident": "/chat", "technician": "/work", "supervisor": "/desk"}
ICONS = {"resident": "home", "technician": "wrench", "supervisor": "board"}
TONES = {"resident": "reported", "technician": "in_progress", "supervisor": "assigned"}


@dataclass(frozen=True, slots=True)
class Door:
    """One way in."""

    role: str
    href: str
    icon: str
    tone: str


@dataclass(frozen=True, slots=True)
class Scan:
    """A code to scan from the screen, with what it hangs on."""

    name: str
    place: str
    code: str
    href: str
    svg: Markup


@dataclass(frozen=True, slots=True)
class StartPage:
    doors: list[Door]
    scans: list[Scan]
    name: str


@router.get("/")
def start(request: Request, db: Db, system: SystemDep, visitor: Visitor, locale: Locale) -> HTMLResponse:
    """What it is in one sentence, and where to go."""
    doors = [Door(role, href, ICONS[role], TONES[role]) for role, href in DOORS.items()]
    scans = _scans(db, system) if system.settings.demo else []
    name = visitor.name if visitor else ""
    return page(request, "start.html", StartPage(doors, scans, name), locale=locale)


def _scans(db: Session, system: System) -> list[Scan]:
    return [_scan(db, code, system.settings.public_url) for code in builder.roles(system.settings).codes]


def _scan(db: Session, code: str, public_url: str) -> Scan:
    subject = register.subject_of(db, code)
    address = codes.payload(code, public_url)
    # The SVG is drawn here from the bits of a code of ours; no text of anybody is in it.
    drawing = Markup(screens.svg(address))  # noqa: S704
    return Scan(subject.name, subject.place, codes.printed(code), f"/q/{code}", drawing)


@router.post("/demo/enter")
def enter(request: Request, db: WriteDb, system: SystemDep, locale: Locale, role: Annotated[str, Form()]) -> Response:
    """Sign in as one of the demo's people, in the language of the page."""
    if not system.settings.demo or role not in DOORS:
        raise NotFound(what="word.page")
    person_id = UUID(getattr(builder.roles(system.settings), role))
    person = db.get_one(Person, person_id)
    person.locale = locale if locale in i18n.LOCALES else person.locale
    secret = access.issue(db, "session", person_id, clock.now(), life=SESSION_LIFE)
    answer = RedirectResponse(DOORS[role], 303)
    answer.set_cookie(COOKIE, secret, max_age=int(SESSION_LIFE.total_seconds()), httponly=True, samesite="lax")
    return answer
