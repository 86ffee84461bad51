"""The crews of a site, own or contracted."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import changes, people, phones
from core.errors import Conflict, Invalid, Missing, NotFound
from core.people import Team


class TeamNameTaken(Conflict):
    """There is a team called {name} already."""


def team_at(session: Session, site_id: UUID, team_id: UUID) -> Team:
    team = session.get(Team, team_id)
    if team is None or team.site_id != site_id:
        raise NotFound(what="word.team")
    return team


def values_of(team: Team) -> dict[str, Any]:
    return {"name": team.name, "phone": team.phone, "is_contractor": team.is_contractor}


def add(session: Session, site_id: UUID, values: dict[str, Any], actor: UUID | None, now: datetime) -> Team:
    """Errors: Missing, Invalid, TeamNameTaken."""
    _check(session, site_id, values, None)
    team = people.add_team(
        session, values["name"], site_id, phone=values["phone"], is_contractor=values["is_contractor"]
    )
    changes.record(session, changes.Edit(site_id, "team", str(team.id), {}, values_of(team), team.name), actor, now)
    return team


def edit(
    session: Session, site_id: UUID, team_id: UUID, values: dict[str, Any], actor: UUID | None, now: datetime
) -> None:
    """Errors: as `add`, and NotFound for a team of another site."""
    team = team_at(session, site_id, team_id)
    before = values_of(team)
    after = before | values
    _check(session, site_id, after, team_id)
    team.name, team.phone, team.is_contractor = after["name"], after["phone"], after["is_contractor"]
    session.flush()
    changes.record(session, changes.Edit(site_id, "team", str(team_id), before, after, team.name), actor, now)


@changes.restores("team")
def _restore(
    session: Session, site_id: UUID, key: str, values: dict[str, Any], actor: UUID | None, now: datetime
) -> None:
    if not values:
        raise changes.Lasting  # a team may have work by now
    edit(session, site_id, UUID(key), values, actor, now)


def _check(session: Session, site_id: UUID, values: dict[str, Any], team_id: UUID | None) -> None:
    if not values["name"]:
        raise Missing(field="field.name")
    if len(values["name"]) > 100:
        raise Invalid(field="field.name")
    if values["phone"] and not phones.is_number(values["phone"]):
        raise Invalid(field="field.phone")
    same = select(Team.id).where(Team.site_id == site_id, Team.name == values["name"])
    if session.scalar(same.where(Team.id != team_id) if team_id else same):
        raise TeamNameTaken(name=values["name"])
