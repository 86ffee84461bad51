"""What people call the things of a site that an id stands for: a person, a team, a place, an asset or its type."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from assets.models import Asset, AssetType
from core.changes import Change
from core.people import Home, Person, Role, Team
from core.places import Place

NAMES = (Team.name, Place.path, Asset.name, AssetType.name)


def of(session: Session, site_id: UUID, ids: Collection[UUID]) -> dict[UUID, str]:
    """The name of every id that is known at a site, whatever it is of. What is of another site has no name here."""
    if not ids:
        return {}
    found = _people(session, site_id, ids)
    for name in NAMES:
        table = name.class_
        query = select(table.id, name).where(table.id.in_(ids), table.site_id == site_id)
        found |= {row[0]: row[1] for row in session.execute(query)}
    return found


def _people(session: Session, site_id: UUID, ids: Collection[UUID]) -> dict[UUID, str]:
    """Who has a role or a home there, or had one: homes stay when they end, and staff stand in the changes."""
    role = select(Role.person_id).where(Role.site_id == site_id, Role.person_id.in_(ids))
    home = select(Home.person_id).join(Place, Place.id == Home.place_id)
    home = home.where(Place.site_id == site_id, Home.person_id.in_(ids))
    keys = [str(one) for one in ids]
    staff = select(Change.key).where(Change.site_id == site_id, Change.kind == "staff", Change.key.in_(keys))
    left = [UUID(key) for key in session.scalars(staff)]
    query = select(Person.id, Person.name).where(Person.id.in_(ids))
    query = query.where(or_(Person.id.in_(role), Person.id.in_(home), Person.id.in_(left)))
    return {row[0]: row[1] for row in session.execute(query)}
