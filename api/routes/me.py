"""Who the caller is and which language they read, for clients that want to show or choose it."""

from __future__ import annotations

from dataclasses import replace

from fastapi.responses import Response

from api.deps import Anywhere, Db, WriteDb
from api.idempotency import Idempotent, answer
from api.routing import noun, problems
from api.schemas import register as schema
from api.schemas.tickets import PlaceRef
from assets import register
from core import people, places
from core.access import Viewer
from core.database import Session

router = noun("me")


@router.get("", response_model=schema.Me, operation_id="read_me", responses={**problems()})
def read(who: Anywhere, db: Db) -> Response:
    """The person behind the token or cookie, with sites, roles and homes."""
    return answer(_shown(db, who))


@router.put("/language", response_model=schema.Me, operation_id="speak", responses={**problems(413, 422, 503)})
def speak(given: schema.Language, who: Anywhere, db: WriteDb, once: Idempotent) -> Response:
    """Choose the language in which everything comes from now on, in every chat."""

    def work() -> schema.Me:
        people.get(db, who.person_id).locale = given.locale
        db.flush()
        return _shown(db, replace(who, locale=given.locale))

    return once.answer(db, given, work)


def _shown(db: Session, who: Viewer) -> schema.Me:
    names = places.names_of(db, list(who.roles))
    sites = [schema.Membership(id=site, name=names[site], roles=sorted(held)) for site, held in who.roles.items()]
    homes = [register.subject_of_place(db, place_id) for place_id in people.homes_of(db, who.person_id)]
    at_home = [PlaceRef(id=home.place_id, path=home.place) for home in homes]
    return schema.Me(id=who.person_id, name=who.name, locale=who.locale, sites=sites, homes=at_home)
