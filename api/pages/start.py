"""The first page: a door for each role; in the demo, one enters through them without a password."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup

from api.demo import builder
from api.deps import COOKIE, NEEDS_SITE, Db, Locale, System, SystemDep, Visitor, WriteDb
from api.pages import page
from assets import codes, register, screens
from core import access, clock, i18n
from core.access import SESSION_LIFE
from core.database import Session
from core.errors import NotFound
from core.people import Person
from core.settings import Settings

router = APIRouter(include_in_schema=False)

DOORS = {"resident": "/chat", "technician": "/work", "supervisor": "/desk"}
OF_THE_DEMO = DOORS | {"manager": "/desk", "admin": "/desk/start"}
ICONS = {"resident": "home", "technician": "wrench", "supervisor": "board", "manager": "chart", "admin": "settings"}
TONES = {
    "resident": "reported", "technician": "in_progress", "supervisor": "assigned", "manager": "done",
    "admin": "on_hold",
}  # fmt: skip


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
    """`can_scan`: whether the codes lead to an address that a phone reaches."""

    doors: list[Door]
    scans: list[Scan]
    name: str
    can_scan: bool


@router.get("/", dependencies=[NEEDS_SITE])
def start(request: Request, db: Db, system: SystemDep, visitor: Visitor, locale: Locale) -> HTMLResponse:
    """What it is in one sentence, and where to go."""
    settings = system.settings
    doors = [Door(role, href, ICONS[role], TONES[role]) for role, href in _doors(settings).items()]
    scans = _scans(db, system) if settings.demo else []
    context = StartPage(doors, scans, visitor.name if visitor else "", can_scan=_is_reached(settings.public_url))
    return page(request, "start.html", context, locale=locale)


def _doors(settings: Settings) -> dict[str, str]:
    """In the demo everybody has a door of their own; elsewhere all of the desk go through one."""
    if not settings.demo:
        return DOORS
    known = builder.roles(settings)
    return {role: href for role, href in OF_THE_DEMO.items() if getattr(known, role)}


def _is_reached(public_url: str) -> bool:
    """Whether an address leads anywhere from another device."""
    host = urlsplit(public_url).hostname or ""
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"


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
    if not system.settings.demo or role not in _doors(system.settings):
        raise NotFound(what="word.page")
    person_id = UUID(getattr(builder.roles(system.settings), role))
    person = db.get_one(Person, person_id)
    person.locale = locale if locale in i18n.LOCALES else person.locale
    secret = access.issue(db, "session", person_id, clock.now(), life=SESSION_LIFE)
    answer = RedirectResponse(OF_THE_DEMO[role], 303)
    answer.set_cookie(COOKIE, secret, max_age=int(SESSION_LIFE.total_seconds()), httponly=True, samesite="lax")
    return answer
