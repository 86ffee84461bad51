"""The desk: what needs a supervisor now, and the board of everything that is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.deps import Db, Locale, SignedIn, WriteDb
from api.pages import page
from api.pages.desk._frame import SEES, section
from core import categories, clock, i18n, places
from core.access import Viewer
from core.database import Session
from core.deadlines import is_overdue
from core.errors import Forbidden, NotFound
from core.places import Site, SiteFacts
from core.tickets import actions, dispatching, queries, states
from core.tickets import board as columns
from core.tickets.board import Asked
from core.tickets.models import Ticket

router = section("board", order=10, icon="board", roles=SEES)

COLUMNS = {
    "reported": ("reported",),
    "assigned": ("assigned",),
    "in_work": ("accepted", "in_progress"),
    "on_hold": ("on_hold",),
    "done": ("done",),
}
TONES = {"in_work": "in_progress"}
MOST = 60
TAKES = ("assign", "cancel", "reprioritise", "waive")


@dataclass(frozen=True, slots=True)
class Filter:
    """What is shown: of one site or all, of one technician or all, with some words."""

    site: str = ""
    who: str = ""
    words: str = ""

    def link(self, **changed: str) -> str:
        values = {"site": self.site, "who": self.who, "q": self.words} | changed
        return "/desk?" + urlencode({name: value for name, value in values.items() if value})


@dataclass(frozen=True, slots=True)
class Drawer:
    """The open ticket beside the board."""

    number: str
    what: str
    state: str
    text: str
    place: str
    facts: list[tuple[str, str]]
    version: int
    ranking: list[tuple[str, str]]
    may: list[str]


@dataclass(frozen=True, slots=True)
class DeskPage:
    """Figures on top, filters at the left, columns by state, the drawer of what is open."""

    filter: Filter
    figures: list[dict[str, Any]]
    groups: list[dict[str, Any]]
    columns: list[dict[str, Any]]
    drawer: Drawer | None
    close_href: str


@router.get("")
def board(
    request: Request, db: Db, viewer: SignedIn, locale: Locale, *, site: str = "", who: str = "", q: str = "",
    number: Annotated[str, Query(alias="open")] = "",
) -> HTMLResponse:  # fmt: skip
    """The board of the sites where the viewer is at the desk."""
    chosen, sites = Filter(site, who, q.strip()), _sites(db, viewer)
    shown = [found.id for found in sites if not chosen.site or found.name == chosen.site]
    now = clock.now()
    desk = _Desk(db, {found.id: places.site_of(db, found.id) for found in sites}, locale, now, chosen)
    context = DeskPage(
        chosen, desk.figures(shown), desk.groups(sites, shown),
        [desk.column(name, found, shown) for name, found in COLUMNS.items()],
        _drawer(db, viewer, locale, number, now) if number else None, chosen.link(),
    )  # fmt: skip
    return page(request, "desk.html", context, locale=locale)


def _sites(db: Session, viewer: Viewer) -> list[Site]:
    allowed = viewer.sites(*SEES)
    if not allowed:
        raise Forbidden
    return places.sites(db, allowed)


@dataclass(slots=True)
class _Desk:
    """Puts tickets into the rows of the board."""

    db: Session
    sites: dict[UUID, SiteFacts]
    locale: str
    now: datetime
    chosen: Filter

    def column(self, name: str, found: tuple[str, ...], shown: list[UUID]) -> dict[str, Any]:
        who = UUID(self.chosen.who) if _is_id(self.chosen.who) else None
        asked = Asked(tuple(shown), found, who, self.chosen.words)
        tickets, total = columns.column(self.db, asked, MOST), columns.total(self.db, asked)
        names = queries.names_of(self.db, [ticket.assignee_id for ticket in tickets])
        rows = [self.row(ticket, names.get(ticket.assignee_id, "") if ticket.assignee_id else "") for ticket in tickets]
        title = i18n.translate(f"desk.column_{name}", self.locale)
        return {"id": name, "state": TONES.get(name, name), "title": title, "count": total, "rows": rows}

    def row(self, ticket: Ticket, who: str) -> dict[str, Any]:
        say = i18n.translate
        return {
            "href": self.chosen.link(open=ticket.number), "number": ticket.number,
            "what": _work(self.db, self.sites[ticket.site_id], ticket).label(self.locale), "where": _where(ticket),
            "who": who, "until": self.until(ticket), "state": ticket.state,
            "state_text": say(f"state.{ticket.state}", self.locale),
            "emergency": say("desk.emergency", self.locale) if ticket.emergency else "",
        }  # fmt: skip

    def until(self, ticket: Ticket) -> str:
        if ticket.promised_at is None or ticket.accepted_at is not None:
            return ""
        zone = self.sites[ticket.site_id].timezone
        time = i18n.local_time(ticket.promised_at, zone, self.locale, self.now)
        late = is_overdue(ticket.promised_at, ticket.accepted_at, self.now)
        return i18n.translate("desk.overdue" if late else "desk.until", self.locale, time=time)

    def figures(self, shown: list[UUID]) -> list[dict[str, Any]]:
        """Emergencies, overdue, unassigned and open: each counted from the rows that it names."""
        counted = columns.alarms(self.db, shown, self.now)
        values = [("emergencies", counted["emergencies"]), ("late", counted["overdue"])]
        values += [("unassigned", counted["unassigned"]), ("open", counted["open"])]
        return [
            {
                "value": value,
                "label": i18n.translate(f"desk.{name}", self.locale),
                "emergency": name == "emergencies" and value > 0,
            }
            for name, value in values
        ]

    def groups(self, sites: list[Site], shown: list[UUID]) -> list[dict[str, Any]]:
        everyone = {
            "text": i18n.translate("desk.anyone", self.locale),
            "href": self.chosen.link(who=""),
            "current": not self.chosen.who,
        }
        people = {person_id: name for site_id in shown for person_id, name in queries.technicians(self.db, site_id)}
        chosen = [
            {"text": name, "href": self.chosen.link(who=str(person_id)), "current": self.chosen.who == str(person_id)}
            for person_id, name in people.items()
        ]
        groups = [{"title": i18n.translate("desk.technicians", self.locale), "items": [everyone, *chosen]}]
        if len(sites) > 1:
            groups.insert(0, self._site_group(sites))
        return groups

    def _site_group(self, sites: list[Site]) -> dict[str, Any]:
        every = {
            "text": i18n.translate("desk.all", self.locale),
            "href": self.chosen.link(site=""),
            "current": not self.chosen.site,
        }
        items = [
            {"text": found.name, "href": self.chosen.link(site=found.name), "current": self.chosen.site == found.name}
            for found in sites
        ]
        return {"title": i18n.translate("desk.sites", self.locale), "items": [every, *items]}


def _work(db: Session, site: SiteFacts, ticket: Ticket) -> categories.Work:
    return categories.handbook(db, site).work(ticket.category)


def _where(ticket: Ticket) -> str:
    return f"{ticket.asset_name} · {ticket.place}" if ticket.asset_name else ticket.place


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _drawer(db: Session, viewer: Viewer, locale: str, number: str, now: datetime) -> Drawer:
    ticket = queries.by_number(db, number)
    if not viewer.holds(ticket.site_id, *SEES):
        raise NotFound(what="word.ticket")
    site = places.site_of(db, ticket.site_id)
    parts = queries.parts_of(db, ticket, viewer)
    facts = [
        (i18n.translate("field.priority", locale), i18n.translate(f"priority.{ticket.priority}", locale)),
        (i18n.translate("field.opened", locale), i18n.local_time(ticket.opened_at, site.timezone, locale, now)),
    ]
    names = queries.names_of(db, [ticket.assignee_id])
    if ticket.assignee_id:
        facts.append((i18n.translate("field.assignee", locale), names[ticket.assignee_id]))
    return Drawer(
        ticket.number, _work(db, site, ticket).label(locale), ticket.state, ticket.text, _where(ticket), facts,
        ticket.version, _ranking(db, ticket, locale, now) if ticket.is_open else [],
        [action for action in states.allowed(ticket.kind, ticket.state, parts) if action in TAKES],
    )  # fmt: skip


def _ranking(db: Session, ticket: Ticket, locale: str, now: datetime) -> list[tuple[str, str]]:
    """Who could do it, best first, each with the reasons for the place in the list."""
    ranked = []
    for found in dispatching.ranking(db, ticket, now):
        said = [f"{i18n.translate(f'rank.{key}', locale)} {points:+}" for key, points in found.reasons]
        reasons = i18n.listed(said, locale)
        ranked.append((str(found.person_id), i18n.translate("desk.ranked", locale, name=found.name, reasons=reasons)))
    return ranked


@router.post("/{number}/{action}")
def act(
    number: str, action: str, request: Request, db: WriteDb, viewer: SignedIn, *, version: Annotated[int, Form()],
    assignee: Annotated[str, Form()] = "", reason: Annotated[str, Form()] = "",
) -> Response:  # fmt: skip
    """Take one of the desk's actions on a ticket, and show the board again."""
    ticket = queries.by_number(db, number, lock=True)
    if action not in TAKES or not viewer.holds(ticket.site_id, *SEES):
        raise NotFound(what="word.ticket")
    facts = {"assignee": assignee, "reason": reason.strip()}
    actions.act(db, ticket, action, viewer, clock.now(), facts=facts, version=version)
    return RedirectResponse(f"/desk?open={ticket.number}", 303)
