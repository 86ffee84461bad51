"""Residents at the desk: who lives where, who waits to be let in, and what was told to whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from fastapi.responses import HTMLResponse, Response

from api.deps import Db, WriteDb
from api.pages import _tickets
from api.pages._posting import Form, see_other
from api.pages._tickets import Head
from api.pages.desk import _contacts, _messages
from api.pages.desk._contacts import Contact
from api.pages.desk._frame import At, Frame, at, section
from api.pages.desk._messages import Told
from core import clock, i18n
from core.errors import GongdanError
from core.upkeep import residents
from core.upkeep.residents import Resident

ROLES = ("supervisor", "admin")
router = section("residents", order=25, icon="home", roles=ROLES)
Here = Annotated[At, Depends(at(*ROLES))]
PER_PAGE = 100


@dataclass(frozen=True, slots=True)
class ResidentsPage:
    """`claims`: those who wait to be let in, in front of everything else."""

    frame: Frame
    claims: list[Resident]
    found: list[Resident]
    words: str
    more: str
    error: str


@dataclass(frozen=True, slots=True)
class Home:
    id: str
    unit: str
    state: str


@dataclass(frozen=True, slots=True)
class ResidentPage:
    frame: Frame
    name: str
    phone: str
    homes: list[Home]
    contacts: list[Contact]
    tickets: list[Head]
    told: list[Told]


@router.get("")
def index(here: Here, db: Db, q: str = "", after: str = "") -> HTMLResponse:
    return here.page("desk_residents.html", _page(here, db, q[:100], after))


@router.post("/claims/{home_id}")
def decide(home_id: UUID, here: Here, db: WriteDb, form: Form) -> Response:
    """Let somebody into a home, or not."""
    approve = form.one("answer") == "yes"
    try:
        with db.begin_nested():
            residents.decide(db, here.site.id, home_id, here.person_id, clock.now(), approve=approve)
    except GongdanError as error:
        return here.page("desk_residents.html", _page(here, db, "", "", error), error)
    return see_other(here.link("/desk/residents"))


@router.post("/homes/{home_id}/end")
def move_out(home_id: UUID, here: Here, db: WriteDb, form: Form) -> Response:
    """Somebody has moved out."""
    home = residents.home_at(db, here.site.id, home_id)
    residents.move_out(db, here.site.id, home_id, here.person_id, clock.now())
    return see_other(here.link(f"/desk/residents/{home.person_id}"))


@router.post("/{person_id}/contacts/{identity_id}/end")
def end_contact(person_id: UUID, identity_id: UUID, here: Here, db: WriteDb, form: Form) -> Response:
    """A lost telephone: nothing is told to that chat any more."""
    residents.end_contact(db, here.site.id, person_id, identity_id, here.person_id, clock.now())
    return see_other(here.link(f"/desk/residents/{person_id}"))


@router.get("/{person_id}")
def show(person_id: UUID, here: Here, db: Db) -> HTMLResponse:
    person = residents.profile(db, here.site.id, person_id)
    homes = [Home(str(home.id), unit, home.state) for home, unit in residents.homes(db, here.site.id, person_id)]
    contacts = _contacts.of_person(db, here, person_id, may_end=True)
    now = clock.now()
    heads = [_tickets.head(db, one, here.locale, now) for one in residents.tickets(db, here.site.id, person_id)]
    return here.page(
        "desk_resident.html",
        ResidentPage(
            here.frame("residents"), person.name, person.phone, homes, contacts, heads,
            _messages.of_person(db, here, person_id),
        ),
    )  # fmt: skip


def _page(here: At, db: Db, words: str, after: str, error: GongdanError | None = None) -> ResidentsPage:
    claims = residents.listed(db, here.site.id, state="claimed") if not (words or after) else []
    found = residents.listed(db, here.site.id, words=words, after=after, limit=PER_PAGE + 1)
    more = here.link("/desk/residents", q=words, after=found[PER_PAGE - 1].unit) if len(found) > PER_PAGE else ""
    said = i18n.explain(error, here.locale) if error else ""
    return ResidentsPage(here.frame("residents"), claims, found[:PER_PAGE], words, more, said)
