"""Places over HTTP: the tree of a site."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from fastapi.responses import Response

from api import cursors, subjects
from api.deps import Anywhere, Db
from api.idempotency import answer
from api.routing import noun, problems
from api.schemas import register as schema
from core import people, places
from core.tickets.queries import STAFF

router = noun("places")


@router.get("", response_model=schema.PlacePage, operation_id="list_places", responses={**problems(404, 422)})
def index(asked: Annotated[schema.PageOfSite, Query()], who: Anywhere, db: Db) -> Response:
    """The places of a site in the order of their paths. Residents see common ones and their own homes."""
    site_id = subjects.site_of(db, who, asked.site)
    homes = None if who.holds(site_id, *STAFF) else people.homes_of(db, who.person_id)
    found = places.places_of(
        db, site_id, words=asked.q, homes=homes, after=cursors.text_in(asked.after), limit=asked.limit + 1
    )
    more = cursors.after(found[asked.limit - 1].path) if len(found) > asked.limit else None
    items = [
        schema.Place(
            id=row.id, path=row.path, name=row.name, kind=row.kind, is_common=row.is_common, parent=row.parent_id
        )
        for row in found[: asked.limit]
    ]
    return answer(schema.PlacePage(items=items, next=more))
