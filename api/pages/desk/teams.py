"""The crews of a site at the desk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends
from fastapi.responses import HTMLResponse, Response

from api.deps import Db, WriteDb
from api.pages._posting import Form, Posted, see_other
from api.pages.desk._frame import At, Frame, at, section
from core import clock, i18n, people
from core.database import Session
from core.errors import GongdanError
from core.upkeep import teams

ROLES = ("admin",)
router = section("teams", order=35, icon="team", roles=ROLES)
Here = Annotated[At, Depends(at(*ROLES))]


@dataclass(frozen=True, slots=True)
class Crew:
    id: str
    name: str
    phone: str
    is_contractor: bool
    members: list[str]


@dataclass(frozen=True, slots=True)
class TeamsPage:
    """`open`: the team whose form is shown, `new` for one to add."""

    frame: Frame
    crews: list[Crew]
    open: str
    values: dict[str, Any]
    error: str


@router.get("")
def index(here: Here, db: Db, open: str = "") -> HTMLResponse:  # noqa: A002 - the address says open
    return here.page("desk_teams.html", _page(here, db, open))


@router.post("/new")
def add(here: Here, db: WriteDb, form: Form) -> Response:
    return _saved(here, db, "new", form)


@router.post("/{team_id}")
def save(team_id: UUID, here: Here, db: WriteDb, form: Form) -> Response:
    return _saved(here, db, str(team_id), form)


def _saved(here: At, db: Session, which: str, form: Posted) -> Response:
    values = {
        "name": form.one("name"), "phone": form.one("phone"), "is_contractor": form.one("is_contractor") == "yes"
    }  # fmt: skip
    try:
        with db.begin_nested():
            if which == "new":
                teams.add(db, here.site.id, values, here.person_id, clock.now())
            else:
                teams.edit(db, here.site.id, UUID(which), values, here.person_id, clock.now())
    except GongdanError as error:
        return here.page("desk_teams.html", _page(here, db, which, values, error), error)
    return see_other(here.link("/desk/teams"))


def _page(
    here: At, db: Session, which: str, values: dict[str, Any] | None = None, error: GongdanError | None = None
) -> TeamsPage:
    members = people.members_by_team(db, here.site.id)
    crews = [
        Crew(str(team.id), team.name, team.phone, team.is_contractor, [m[1] for m in members.get(team.id, [])])
        for team in people.teams_of(db, here.site.id)
    ]
    known = next((crew for crew in crews if crew.id == which), None)
    shown = {"name": known.name, "phone": known.phone, "is_contractor": known.is_contractor} if known else {}
    blank = {"name": "", "phone": "", "is_contractor": False}
    said = i18n.explain(error, here.locale) if error else ""
    return TeamsPage(
        here.frame("teams"), crews, which if known or which == "new" else "", blank | shown | (values or {}), said
    )
