"""What of the board is shown: by site, building, category, team, technician and words, all in the page's address."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends

from api.pages.desk._frame import SEES
from api.subjects import as_id
from core import categories, i18n, people, places
from core.access import Viewer
from core.database import Session
from core.places import SiteFacts
from core.tickets import queries
from core.tickets.board import Asked

LONGEST = 100


@dataclass(frozen=True, slots=True)
class Filter:
    """As the address has it; empty means any. `site` is a prefix, the others are ids and a category's key."""

    site: str = ""
    place: str = ""
    category: str = ""
    team: str = ""
    who: str = ""
    q: str = ""

    def link(self, path: str = "/desk", **changed: str) -> str:
        known = {one.name: getattr(self, one.name) for one in fields(self)} | changed
        values = {name: value for name, value in known.items() if value}
        return f"{path}?{urlencode(values)}" if values else path

    @property
    def is_empty(self) -> bool:
        return self == Filter(self.site)


def chosen(site: str = "", place: str = "", category: str = "", team: str = "", who: str = "", q: str = "") -> Filter:
    return Filter(site, place, category, team, who, q.strip()[:LONGEST])


Chosen = Annotated[Filter, Depends(chosen)]


@dataclass(frozen=True, slots=True)
class Options:
    """What can be chosen at the sites that are shown: (value, text)."""

    sites: list[tuple[str, str]]
    places: list[tuple[str, str]]
    categories: list[tuple[str, str]]
    teams: list[tuple[str, str]]
    people: list[tuple[str, str]]


def sites_of(session: Session, viewer: Viewer) -> list[SiteFacts]:
    """The sites whose board a person may see, by name."""
    return [places.site_of(session, site.id) for site in places.sites(session, viewer.sites(*SEES))]


def shown(sites: list[SiteFacts], chosen: Filter) -> list[SiteFacts]:
    """The sites on the board: all, or the one of the address; none where that is not theirs."""
    return [site for site in sites if chosen.site in ("", site.prefix)]


def asked(chosen: Filter, sites: list[SiteFacts]) -> Asked:
    """The question to the database. A value that is no id finds nothing rather than everything."""
    nothing = UUID(int=0)
    place, team, who = (
        (as_id(value) or nothing) if value else None for value in (chosen.place, chosen.team, chosen.who)
    )
    return Asked(
        tuple(site.id for site in sites), assignee_id=who, words=chosen.q, team_id=team, category=chosen.category,
        place_id=place,
    )  # fmt: skip


def options(session: Session, every: list[SiteFacts], sites: list[SiteFacts], locale: str) -> Options:
    """What can be chosen; names of several sites bear the site's name."""
    books = [categories.handbook(session, site) for site in sites]
    works = {key: work.label(locale) for book in books for key, work in book.works.items()}
    tops = [(str(top.id), _named(site, top.name, sites)) for site in sites for top in places.tops(session, site.id)]
    crews = ((site, team) for site in sites for team in people.teams_of(session, site.id))
    teams = [(str(team.id), _named(site, team.name, sites)) for site, team in crews]
    who = {str(one): name for site in sites for one, name in queries.technicians(session, site.id)}
    return Options(
        [("", i18n.translate("desk.all", locale)), *((site.prefix, site.name) for site in every)],
        _any(locale, tops), _any(locale, sorted(works.items(), key=lambda work: work[1])), _any(locale, teams),
        _any(locale, list(who.items())),
    )  # fmt: skip


def _any(locale: str, found: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [("", i18n.translate("desk.any", locale)), *found]


def _named(site: SiteFacts, name: str, sites: list[SiteFacts]) -> str:
    return f"{site.name}: {name}" if len(sites) > 1 else name
