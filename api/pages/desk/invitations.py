"""Invitations at the desk: for one unit or a whole building, as links to send or slips to print and hand out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from api.deps import Db, WriteDb
from api.pages._posting import Form
from api.pages.desk._frame import At, Frame, at
from api.pages.desk.residents import ROLES
from assets import screens
from core import clock, i18n, places
from core.database import Session
from core.errors import GongdanError
from core.upkeep import invitations
from core.upkeep.invitations import LIFE, Slip

router = APIRouter(prefix="/desk/invitations", include_in_schema=False)
Here = Annotated[At, Depends(at(*ROLES))]


@dataclass(frozen=True, slots=True)
class Printed:
    """A slip: the unit, the address, and the picture of it."""

    unit: str
    address: str
    picture: str


@dataclass(frozen=True, slots=True)
class InvitationsPage:
    """Which homes are invited; after a press, their slips, told once."""

    frame: Frame
    under: str
    buildings: list[str]
    slips: list[Printed]
    days: int
    site_phone: str
    error: str


@router.get("")
def ask(here: Here, db: Db, under: str = "") -> HTMLResponse:
    return here.page("desk_invitations.html", _page(here, db, under[:300]))


@router.post("")
def invite(here: Here, db: WriteDb, form: Form) -> HTMLResponse:
    """Make the invitations and show them; what these homes had before ends."""
    under = form.one("under")
    try:
        with db.begin_nested():
            homes = invitations.units(db, here.site.id, under)
            slips = invitations.invite(db, here.site.id, homes, here.person_id, clock.now())
    except GongdanError as error:
        return here.page("desk_invitations.html", _page(here, db, under, error=error), error)
    return here.page("desk_invitations.html", _page(here, db, under, slips))


def _page(
    here: At, db: Session, under: str, slips: list[Slip] | None = None, error: GongdanError | None = None
) -> InvitationsPage:
    base = here.system.settings.public_url.rstrip("/")
    shown = [
        Printed(slip.unit, f"{base}/join/{slip.secret}", screens.svg(f"{base}/join/{slip.secret}"))
        for slip in slips or []
    ]
    return InvitationsPage(
        here.frame("residents"), under, [place.name for place in places.tops(db, here.site.id)], shown, LIFE.days,
        here.site.phone, i18n.explain(error, here.locale) if error else "",
    )  # fmt: skip
