"""Teams over HTTP: own crews and contractors with their members."""

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
from core.people import Team
from core.tickets.queries import STAFF

router = noun("teams")


@router.get("", response_model=schema.TeamList, operation_id="list_teams", responses={**problems(403, 404, 422)})
def index(asked: Annotated[schema.OfSite, Query()], who: Anywhere, db: Db) -> Response:
    """The teams of a site, for its staff."""
    if not who.is_staff:
        raise Forbidden
    site_id = subjects.site_of(db, who, asked.site, *STAFF)
    members = people.members_by_team(db, site_id)
    items = [_shown(team, members.get(team.id, [])) for team in people.teams_of(db, site_id)]
    return answer(schema.TeamList(items=items))


def _shown(team: Team, members: list[people.Member]) -> schema.Team:
    shown = [schema.Member(id=person_id, name=name, skills=skills) for person_id, name, skills in members]
    return schema.Team(id=team.id, name=team.name, is_contractor=team.is_contractor, members=shown)
