"""Assets over HTTP: the register of what was handed over."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query
from fastapi.responses import Response

from api import cursors, subjects
from api.deps import Anywhere, Db, WriteDb
from api.idempotency import Idempotent, answer
from api.routing import noun, problems
from api.schemas import register as schema
from api.schemas.tickets import PlaceRef
from assets import codes, register
from assets.register import AssetFacts
from core import clock
from core.access import Viewer
from core.database import Session
from core.errors import Forbidden
from core.tickets.queries import STAFF

router = noun("assets")

Code = Annotated[str, Path(max_length=40, pattern=r"^[A-Za-z0-9._ -]+$", examples=["7KQ4-M2XP-95"])]


@router.get("", response_model=schema.AssetPage, operation_id="list_assets", responses={**problems(403, 404, 422)})
def index(asked: Annotated[schema.AssetFilter, Query()], who: Anywhere, db: Db) -> Response:
    """The assets of a site that are in use, for its staff."""
    if not who.is_staff:
        raise Forbidden
    site_id = subjects.site_of(db, who, asked.site, *STAFF)
    found = register.assets_of(
        db, site_id, words=asked.q, place_id=asked.place, after=cursors.id_in(asked.after), limit=asked.limit + 1
    )
    more = cursors.after(found[asked.limit - 1].id) if len(found) > asked.limit else None
    return answer(schema.AssetPage(items=[_shown(facts) for facts in found[: asked.limit]], next=more))


@router.get("/{code}", response_model=schema.Asset, operation_id="read_asset", responses={**problems(404, 422)})
def read(code: Code, who: Anywhere, db: Db) -> Response:
    """The asset behind a code, also behind one that a newer label has replaced."""
    return answer(_shown(subjects.asset_for(db, who, code)))


@router.post(
    "", status_code=201, response_model=schema.Asset, operation_id="add_asset",
    responses={**problems(403, 404, 409, 413, 422, 503)},
)  # fmt: skip
def add(given: schema.NewAsset, who: Anywhere, db: WriteDb, once: Idempotent) -> Response:
    """Add an asset. For administrators of its site."""
    return once.answer(db, given, lambda: _added(db, who, given), 201)


def _added(session: Session, who: Viewer, given: schema.NewAsset) -> schema.Asset:
    if not who.sites("admin"):
        raise Forbidden
    site_id = subjects.site_of(session, who, given.site, "admin")
    place = subjects.place_in(session, site_id, given.place)
    parent = subjects.asset_for(session, who, given.parent) if given.parent else None
    made = register.add_asset(
        session, site_id, place.id, given.name, given.type, now=clock.now(), code=given.code or None,
        parent_id=parent.id if parent else None, actor=str(who.person_id),
    )  # fmt: skip
    return _shown(register.asset_by_id(session, made.id))


def _shown(facts: AssetFacts) -> schema.Asset:
    return schema.Asset(
        id=facts.id, code=facts.code, printed=codes.printed(facts.code), name=facts.name, type=facts.type,
        category=facts.category, place=PlaceRef(id=facts.place_id, path=facts.place), parent=facts.parent or None,
        retired_at=facts.retired_at, links={"self": f"/api/v1/assets/{facts.code}", "page": f"/q/{facts.code}"},
    )  # fmt: skip
