"""Quiet hours of whoever is signed in, staff or resident."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.deps import NEEDS_SITE, Anywhere, Db, WriteDb
from api.pages._posting import Form, see_other
from api.pages._visits import Person
from core import i18n, quiet
from core.errors import Invalid

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class QuietPage:
    """`zone`: whose clock the hours are told by."""

    begins: str
    ends: str
    zone: str
    home: str
    error: str
    is_saved: bool


@router.get("/quiet", dependencies=[NEEDS_SITE])
def show(session: Db, viewer: Anywhere, visit: Person, saved: str = "") -> HTMLResponse:
    begins, ends = quiet.hours(session, viewer.person_id) or ("", "")
    zone = quiet.zone_of(session, viewer.person_id)
    return visit.page("quiet.html", QuietPage(begins, ends, zone, visit.home, "", bool(saved)))


@router.post("/quiet")
def save(session: WriteDb, viewer: Anywhere, visit: Person, form: Form) -> Response:
    """Keep the hours; none where both are left empty."""
    begins, ends = form.one("begins"), form.one("ends")
    if form.one("do") == "none":
        begins = ends = ""
    try:
        quiet.set_hours(session, viewer.person_id, begins, ends)
    except Invalid as error:
        zone, said = quiet.zone_of(session, viewer.person_id), i18n.explain(error, visit.locale)
        return visit.page("quiet.html", QuietPage(begins, ends, zone, visit.home, said, is_saved=False), error)
    return see_other("/quiet?saved=1")
