"""Who the caller is, for clients that want to show or check it."""

from __future__ import annotations

from fastapi.responses import Response

from api.deps import Anywhere, Db
from api.idempotency import answer
from api.routing import noun, problems
from api.schemas import register as schema
from api.schemas.tickets import PlaceRef
from assets import register
from core import people, places

router = noun("me")


@router.get("", response_model=schema.Me, operation_id="read_me", responses={**problems()})
def read(who: Anywhere, db: Db) -> Response:
    """The person behind the token or cookie, with sites, roles and homes."""
    names = places.names_of(db, list(who.roles))
    sites = [schema.Membership(id=site, name=names[site], roles=sorted(held)) for site, held in who.roles.items()]
    homes = [register.subject_of_place(db, place_id) for place_id in people.homes_of(db, who.person_id)]
    at_home = [PlaceRef(id=home.place_id, path=home.place) for home in homes]
    return answer(schema.Me(id=who.person_id, name=who.name, locale=who.locale, sites=sites, homes=at_home))
