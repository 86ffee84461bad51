"""Calendars behind secret links, and a technician's own link."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.deps import NEEDS_SITE, Db, Staff, SystemDep, WriteDb
from api.pages._posting import Form, see_other
from api.pages._visits import Person
from core import clock, feeds, people, places
from core.errors import Forbidden

router = APIRouter(include_in_schema=False)
FEED_HEADERS = {"cache-control": "private, max-age=300", "x-robots-tag": "noindex"}


@dataclass(frozen=True, slots=True)
class CalendarPage:
    """The links to a technician's calendar, one a site."""

    links: list[str]


@router.get("/calendar/{secret}.ics")
def feed(secret: str, session: Db, system: SystemDep) -> Response:
    """What is planned, for any calendar that can subscribe to an address."""
    found = feeds.behind(session, secret, system.settings.key)
    person = people.get(session, found.person_id) if found.person_id else None
    locale = person.locale if person else places.site_of(session, found.site_id).locale
    shown = feeds.calendar(session, found, locale, clock.now())
    return Response(shown, media_type="text/calendar; charset=utf-8", headers=FEED_HEADERS)


@router.get("/work/calendar", dependencies=[NEEDS_SITE])
def own(session: Db, viewer: Staff, visit: Person, system: SystemDep) -> HTMLResponse:
    settings = system.settings
    links = [link(one, settings.public_url, settings.key) for one in feeds.of_person(session, viewer.person_id)]
    return visit.page("calendar.html", CalendarPage(links))


@router.post("/work/calendar")
def make(session: WriteDb, viewer: Staff, posted: Form) -> Response:
    """A new link at every site where the person is a technician; the old ones end."""
    sites = viewer.sites("technician")
    if not sites:
        raise Forbidden
    _end_all(session, viewer)
    for site_id in sites:
        feeds.make(session, site_id, feeds.Of(viewer.name, person_id=viewer.person_id), viewer.person_id, clock.now())
    return see_other("/work/calendar")


@router.post("/work/calendar/end")
def end(session: WriteDb, viewer: Staff, posted: Form) -> Response:
    _end_all(session, viewer)
    return see_other("/work/calendar")


def link(one: feeds.Feed, public_url: str, key: bytes) -> str:
    """The address that a calendar subscribes to."""
    return f"{public_url}/calendar/{feeds.secret_of(one, key)}.ics"


def _end_all(session: WriteDb, viewer: Staff) -> None:
    for one in feeds.of_person(session, viewer.person_id):
        feeds.end(session, one, viewer.person_id, clock.now())
