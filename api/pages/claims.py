"""A blank label that staff scan where they have stuck it: what is it on?"""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.deps import WriteDb
from api.pages._posting import Form, see_other
from api.pages._visits import Guest, Person, Visit
from api.subjects import as_id
from assets import codes, listing, register, stickers
from assets.models import Code
from core import clock, i18n, places
from core.access import Viewer
from core.database import Session
from core.errors import Forbidden, GongdanError, Missing
from core.tickets import queries

router = APIRouter(include_in_schema=False)
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Found:
    """Something that the label may be on. `value`: `asset:<id>` or `place:<id>`."""

    value: str
    name: str
    where: str
    icon: str


@dataclass(frozen=True, slots=True)
class ClaimPage:
    """What is this label on?"""

    code: str
    printed: str
    words: str
    found: list[Found]
    name: str
    type: str
    place: str
    types: list[str]
    error: str


def may_claim(found: Code | None, viewer: Viewer | None) -> bool:
    """Whether this is a blank label, and the person belongs to the staff of its site."""
    return bool(found and found.site_id and viewer and viewer.holds(found.site_id, *queries.STAFF))


def ask(
    session: Session, visit: Guest, code: Code, *, words: str = "", typed: dict[str, str] | None = None,
    error: GongdanError | None = None,
) -> HTMLResponse:  # fmt: skip
    """The page that asks; words narrow what is offered."""
    site_id, sent = code.site_id, typed or {}
    assert site_id is not None  # may_claim has looked
    page = ClaimPage(
        code.code, codes.printed(code.code), words, _found(session, code, words), sent.get("name", ""),
        sent.get("type", ""), sent.get("place", ""), [one.name for one in listing.types(session, site_id)],
        i18n.explain(error, visit.locale) if error else "",
    )  # fmt: skip
    return visit.page("claim.html", page, error)


def _found(session: Session, code: Code, words: str) -> list[Found]:
    if not words or code.site_id is None:
        return []
    assets = register.assets_of(session, code.site_id, words=words[:100], limit=SHOWN)
    near = places.places_of(session, code.site_id, words=words[:100], limit=SHOWN)
    found = [Found(f"asset:{one.id}", one.name, one.place, "wrench") for one in assets]
    return found + [Found(f"place:{one.id}", one.name, one.path, "place") for one in near if one.path]


@router.post("/q/{code}/claim")
def claim(code: str, db: WriteDb, visit: Person, form: Form) -> Response:
    """Say what a label is on: something that is registered, or a new thing at a place."""
    found = stickers.blank(db, code)
    if found is None:
        return see_other(f"/q/{code}")
    if not may_claim(found, visit.viewer):
        raise Forbidden
    try:
        with db.begin_nested():
            _claim(db, found, visit, form.one("thing"), form.last)
    except GongdanError as error:
        return ask(db, visit, found, words=form.one("words"), typed=form.last, error=error)
    return see_other(f"/q/{found.code}")


def _claim(session: Session, code: Code, visit: Visit, thing: str, typed: dict[str, str]) -> None:
    kind, _, key = thing.partition(":")
    number, now, actor = as_id(key), clock.now(), str(visit.viewer.person_id)
    if kind == "asset" and number:
        stickers.claim_for_asset(session, code.code, number, now, actor)
    elif kind == "place" and number:
        stickers.claim_for_place(session, code.code, number, now, actor)
    else:
        _claim_for_new(session, code, typed, actor)


def _claim_for_new(session: Session, code: Code, typed: dict[str, str], actor: str) -> None:
    """A thing that nobody has registered yet, at a place of that path, which is added where it is new."""
    assert code.site_id is not None  # may_claim has looked
    name, path, now = typed.get("name", ""), typed.get("place", ""), clock.now()
    if not name.strip():
        raise Missing(field="field.name")
    if not path.strip("/ "):
        raise Missing(field="field.place")
    place = places.ensure_path(session, code.site_id, path)
    asset = register.add_asset(session, code.site_id, place.id, name, typed.get("type", ""), now=now, actor=actor)
    stickers.claim_for_asset(session, code.code, asset.id, now, actor)
