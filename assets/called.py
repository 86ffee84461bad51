"""What people call the things that an id stands for: a person, a team, a place, an asset or its type."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from assets.models import Asset, AssetType
from core.people import Person, Team
from core.places import Place

NAMES = (Person.name, Team.name, Place.path, Asset.name, AssetType.name)


def of(session: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    """The name of every id that is known, whatever it is of."""
    found: dict[UUID, str] = {}
    for name in NAMES if ids else ():
        query = select(name.class_.id, name).where(name.class_.id.in_(ids))
        found |= {row[0]: row[1] for row in session.execute(query)}
    return found
