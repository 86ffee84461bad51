"""The way to a running site: what is done and what comes next, told by what is really there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from fastapi.responses import HTMLResponse, Response

from api.deps import Db, WriteDb
from api.pages._posting import Form, see_other
from api.pages.desk._frame import At, Frame, at, section
from assets import prints
from core import clock, i18n, people
from core.database import Session
from core.errors import GongdanError
from core.tickets import queries
from core.upkeep import places

ROLES = ("admin",)
router = section("start", order=95, icon="check", roles=ROLES)
Here = Annotated[At, Depends(at(*ROLES))]
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do. `detail` tells how far it is."""

    key: str
    is_done: bool
    detail: str
    href: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a pattern would make."""

    count: int
    first: list[str]
    last: str


@dataclass(frozen=True, slots=True)
class StartPage:
    frame: Frame
    steps: list[Step]
    pattern: str
    preview: Preview | None
    error: str


@router.get("")
def show(here: Here, db: Db, pattern: str = "") -> HTMLResponse:
    """With a pattern, the places that it would make are shown before anything is made."""
    if not pattern:
        return here.page("desk_start.html", _page(here, db, ""))
    try:
        paths = places.generate(pattern)
    except GongdanError as error:
        return here.page("desk_start.html", _page(here, db, pattern, error=error), error)
    return here.page("desk_start.html", _page(here, db, pattern, Preview(len(paths), paths[:SHOWN], paths[-1])))


@router.post("/places")
def make(here: Here, db: WriteDb, form: Form) -> Response:
    pattern = form.one("pattern")
    try:
        places.add_homes(db, here.site.id, places.generate(pattern), here.person_id, clock.now())
    except GongdanError as error:
        return here.page("desk_start.html", _page(here, db, pattern, error=error), error)
    return see_other(here.link("/desk/start"))


def _page(
    here: At, db: Session, pattern: str, preview: Preview | None = None, error: GongdanError | None = None
) -> StartPage:
    shown = pattern or i18n.translate("desk_start.pattern_example", here.locale)
    said = i18n.explain(error, here.locale) if error else ""
    return StartPage(here.frame("start"), _steps(here, db), shown, preview, said)


def _steps(here: At, db: Session) -> list[Step]:
    """Each step is done when its rows are there, whoever made them and however."""
    found, staff = places.count(db, here.site.id), people.staff_of(db, here.site.id)
    technicians = sum("technician" in roles for _, roles in staff)
    channels = [name for name in here.system.channels if name != "web"]
    printed = bool(prints.of_site(db, here.site.id, limit=1))
    tickets = len(queries.board(db, [here.site.id], limit=1))
    return [
        Step("site", is_done=bool(here.site.phone), detail=here.site.phone, href=here.link("/desk/site")),
        Step("places", is_done=found > 0, detail=str(found), href=""),
        Step("staff", is_done=technicians > 0, detail=str(technicians), href=here.link("/desk/people/new")),
        Step("label", is_done=printed, detail="", href=here.link("/desk/labels", kind="shared")),
        Step("channel", is_done=bool(channels), detail=", ".join(channels), href="/chat"),
        Step("ticket", is_done=tickets > 0, detail="", href=here.link("/desk/new")),
    ]
