"""The board: everything that is open at a glance, live, with the open ticket in a drawer beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query
from fastapi.responses import HTMLResponse, JSONResponse, Response

from api.deps import Db, SignedIn, SystemDep
from api.pages import as_context, environment, words
from api.pages.desk import _filter as filters
from api.pages.desk._drawer import Drawer, drawer
from api.pages.desk._filter import Chosen, Filter, Options
from api.pages.desk._frame import SEES, At, Frame, at, section
from api.pages.desk._rows import COLUMNS, PER_PAGE, Board, Row, Rows, Shared, key_in, packed
from core import clock, i18n
from core.database import Session
from core.errors import Forbidden, GongdanError, NotFound
from core.places import SiteFacts
from core.tickets import board as reads
from core.tickets.models import Ticket

router = section("board", order=10, icon="board", roles=SEES)
Here = Annotated[At, Depends(at(*SEES))]
PATIENCE = 25.0
LISTS = ("emergencies", "overdue", "unassigned", "open")
_shared = Shared()


@dataclass(frozen=True, slots=True)
class BoardPage:
    """The whole page. `mark`: what had happened when its rows were read."""

    frame: Frame
    filter: Filter
    options: Options
    rows: Rows
    mark: str
    drawer: Drawer | None
    close_href: str
    steers: bool


@dataclass(frozen=True, slots=True)
class RowsPart:
    """The part of the page that is fetched anew when something has happened."""

    rows: Rows
    steers: bool


@dataclass(frozen=True, slots=True)
class ListPage:
    """One column, or what a figure counts, a page at a time."""

    frame: Frame
    title: str
    lines: list[Row]
    more: str
    back: str


@router.get("")
def show(here: Here, db: Db, chosen: Chosen, number: Annotated[str, Query(alias="open")] = "") -> HTMLResponse:
    return page(here, db, chosen, number)


def page(
    here: At, db: Session, chosen: Filter, number: str = "", entered: Mapping[str, str] | None = None,
    refused: tuple[str, GongdanError] | None = None,
) -> HTMLResponse:  # fmt: skip
    """The board, with a ticket in the drawer, and what was refused there."""
    every = filters.sites_of(db, here.viewer)
    sites = _shown(every, chosen)
    mark = reads.mark(db)  # before the rows: what happens in between is news
    context = BoardPage(
        here.frame("board"), chosen, filters.options(db, every, sites, here.locale),
        _board(db, here.locale, chosen, sites).rows(), mark,
        drawer(db, here, number, chosen, entered, refused) if number else None, chosen.link(),
        steers=_steers(here),
    )  # fmt: skip
    return here.page("desk.html", context, refused[1] if refused else None)


@router.get("/rows")
def rows(here: Here, chosen: Chosen, mark: str = "") -> HTMLResponse:
    """The figures and columns alone; one rendering serves everybody who looks at the same.

    It asks for no session of its own: of hundreds who come at once only the one that renders reads the database.
    """
    sites = _shown(here.sites, chosen)
    steers = _steers(here)
    key = (here.locale, chosen, tuple(site.id for site in sites), steers, mark[:40])

    def render() -> str:
        with here.system.database.read_scope() as db:
            part = RowsPart(_board(db, here.locale, chosen, sites).rows(), steers)
            told = {**words(here.request, here.locale), **as_context(part)}
            return environment().get_template("_desk_rows.html").render(told)

    return HTMLResponse(_shared.get(key, render))


@router.get("/live")
async def live(system: SystemDep, viewer: SignedIn, mark: str = "", wait: float = PATIENCE) -> Response:
    """Waits until something has happened, then tells the new mark. No thread waits with it."""
    if not viewer.sites(*SEES):
        raise Forbidden
    return JSONResponse({"mark": await system.watch.after(mark[:40], max(0.0, min(wait, PATIENCE)))})


@router.get("/column/{name}")
def column(name: str, here: Here, db: Db, chosen: Chosen, after: str = "") -> HTMLResponse:
    """The rest of a column, page by page."""
    if name not in COLUMNS:
        raise NotFound(what="word.page")
    desk = _board(db, here.locale, chosen, _shown(filters.sites_of(db, here.viewer), chosen))
    found = desk.page(name, PER_PAGE + 1, key_in(after))
    return _listed(here, desk, desk.title(name), found, f"/desk/column/{name}")


@router.get("/list/{name}")
def listed(name: str, here: Here, db: Db, chosen: Chosen, after: str = "") -> HTMLResponse:
    """The tickets that a figure counts."""
    if name not in LISTS:
        raise NotFound(what="word.page")
    desk = _board(db, here.locale, chosen, _shown(filters.sites_of(db, here.viewer), chosen))
    found = reads.alarming(db, desk.asked, name, desk.now, PER_PAGE + 1, key_in(after))
    title = i18n.translate(f"desk.{'late' if name == 'overdue' else name}", here.locale)
    return _listed(here, desk, title, found, f"/desk/list/{name}")


def _listed(here: At, desk: Board, title: str, found: list[Ticket], path: str) -> HTMLResponse:
    shown, is_more = found[:PER_PAGE], len(found) > PER_PAGE
    more = desk.chosen.link(path, after=packed(reads.key_of(shown[-1]))) if is_more else ""
    context = ListPage(here.frame("board"), title, desk.lines(shown), more, desk.chosen.link())
    return here.page("desk_list.html", context)


def _steers(here: At) -> bool:
    """Managers see; supervisors and administrators steer."""
    return bool(here.viewer.sites("supervisor", "admin"))


def _board(db: Session, locale: str, chosen: Filter, sites: list[SiteFacts]) -> Board:
    return Board(db, {site.id: site for site in sites}, filters.asked(chosen, sites), chosen, locale, clock.now())


def _shown(every: list[SiteFacts], chosen: Filter) -> list[SiteFacts]:
    sites = filters.shown(every, chosen)
    if not sites:
        raise NotFound(what="word.site")
    return sites
