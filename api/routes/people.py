"""People over HTTP: the staff of a site, for those who give out work. Telephone numbers are masked."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from fastapi.responses import Response

from api import subjects
from api.deps import Anywhere, Db
from api.idempotency import answer
from api.routing import noun, problems
from api.schemas import register as schema
from core import people
from core.errors import Forbidden

router = noun("people")

READERS = ("supervisor", "manager", "admin")


@router.get("", response_model=schema.StaffList, operation_id="list_people", responses={**problems(403, 404, 422)})
def index(asked: Annotated[schema.OfSite, Query()], who: Anywhere, db: Db) -> Response:
    """The staff of a site with their roles, for supervisors, managers and administrators; residents never."""
    if not who.sites(*READERS):
        raise Forbidden
    site_id = subjects.site_of(db, who, asked.site, *READERS)
    items = [
        schema.StaffMember(id=person.id, name=person.name, roles=roles, phone=people.masked(person.phone))
        for person, roles in people.staff_of(db, site_id)
    ]
    return answer(schema.StaffList(items=items))
