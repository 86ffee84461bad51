"""What every page of the desk stands in: the menu of sections, the choice of the site, and who may be there.

router = section("people", order=30, icon="team", roles=("supervisor", "admin"))
People = Annotated[At, Depends(at("supervisor", "admin"))]

@router.get("")
def index(here: People, db: Db) -> HTMLResponse:
return here.page("desk_people.html", PeoplePage(here.frame("people"), …))
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse

from api.deps import NEEDS_SITE, Locale, SignedIn, SystemDep
from api.pages import DRAFT
from api.pages._posting import see_other
from api.pages._visits import Visit
from core import calendars, places
from core.errors import Forbidden, NotFound
from core.i18n import translate
from core.places import SiteFacts

SEES = ("supervisor", "manager", "admin")


@dataclass(frozen=True, slots=True)
class Section:
    """An entry of the menu. Its words are `desk.section_<key>`. `at`: where it is, if not at its key."""

    key: str
    order: int
    icon: str
    roles: tuple[str, ...]
    at: str = ""

    @property
    def path(self) -> str:
        return "/desk" if self.key == "board" else f"/desk/{self.at or self.key}"


SECTIONS: dict[str, Section] = {}


def section(key: str, *, order: int, icon: str, roles: tuple[str, ...], at: str = "") -> APIRouter:
    """Put a section into the menu, and give it its router under `/desk/<key>`, or `/desk/<at>`."""
    SECTIONS[key] = Section(key, order, icon, roles, at)
    return APIRouter(prefix=SECTIONS[key].path, include_in_schema=False, dependencies=[NEEDS_SITE])


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu or of the choice of sites."""

    text: str
    href: str
    icon: str = ""
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds a page of the desk. `site`: the prefix of the chosen site, which every form sends along.

    `unknown_zone`: the site's time zone where it is not known here, so that the page's times are in UTC.
    """

    section: str
    sections: list[Entry]
    sites: list[Entry]
    site: str
    site_name: str
    viewer: str
    unknown_zone: str = ""


@dataclass(frozen=True, slots=True)
class At(Visit):
    """A person at the desk of one site. `sites`: all those where this section is open to the person.

    The site is in UTC while its own zone, `unknown_zone`, is none that is known here.
    """

    site: SiteFacts
    sites: list[SiteFacts]
    unknown_zone: str = ""

    @property
    def person_id(self) -> UUID:
        return self.viewer.person_id

    def holds(self, *roles: str) -> bool:
        return self.viewer.holds(self.site.id, *roles)

    def link(self, path: str, **asked: str) -> str:
        """The address of a page about the same site."""
        values = {name: value for name, value in asked.items() if value}
        if len(self.viewer.sites(*SEES)) > 1:
            values = {"site": self.site.prefix} | values
        return f"{path}?{urlencode(values)}" if values else path

    def saved(self, draft: str, path: str, **asked: str) -> RedirectResponse:
        """Go on after a form with `data-draft` was saved: the next page lets the browser forget what was typed."""
        return see_other(self.link(path, **asked, **{DRAFT: draft}))

    def frame(self, current: str) -> Frame:
        found = sorted((one for one in SECTIONS.values() if self.holds(*one.roles)), key=lambda one: one.order)
        sections = [
            Entry(translate(f"desk.section_{one.key}", self.locale), self.link(one.path), one.icon, one.key == current)
            for one in found
        ]
        path = SECTIONS[current].path
        sites = [
            Entry(one.name, f"{path}?{urlencode({'site': one.prefix})}", is_current=one.id == self.site.id)
            for one in self.sites
        ]
        return Frame(
            current, sections, sites, self.site.prefix, self.site.name, self.viewer.name, self.unknown_zone
        )  # fmt: skip


def at(*roles: str) -> Callable[..., At]:
    """A dependency: the caller at the site of `?site=<prefix>`, which defaults to the only or first one.

    Raises Forbidden for whoever holds none of the roles anywhere, NotFound for a site that is not theirs.
    """

    def here(request: Request, system: SystemDep, locale: Locale, viewer: SignedIn, site: str = "") -> At:
        allowed = viewer.sites(*roles)
        if not allowed:
            raise Forbidden
        with system.database.read_scope() as session:
            sites = [places.site_of(session, found.id) for found in places.sites(session, allowed)]
        chosen = next((one for one in sites if site in ("", one.prefix)), None)
        if chosen is None:
            raise NotFound(what="word.site")
        zone = calendars.known_or_utc(chosen.timezone)
        unknown = "" if zone == chosen.timezone else chosen.timezone
        return At(request, system, locale, viewer, viewer, replace(chosen, timezone=zone), sites, unknown)

    return here
