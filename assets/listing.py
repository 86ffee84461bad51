"""The register as the desk lists it: types with their numbers, assets by filter and page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from assets import codes
from assets.choosing import below
from assets.models import Asset, AssetType
from core.places import Place
from core.tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class TypeFacts:
    """A type and how many assets in use are of it."""

    id: UUID
    name: str
    category: str
    assets: int


@dataclass(frozen=True, slots=True)
class Asked:
    """Which assets are listed. `under`: a place with everything below it."""

    words: str = ""
    type_id: UUID | None = None
    under: UUID | None = None
    is_retired: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """An asset in a list. `tickets`: how many are open on it."""

    id: UUID
    name: str
    code: str
    type: str
    place: str
    tickets: int
    retired_at: datetime | None

    @property
    def printed(self) -> str:
        return codes.printed(self.code)

    @property
    def key(self) -> str:
        """What the next page begins after."""
        return f"{self.id}:{self.name}"


def types(session: Session, site_id: UUID) -> list[TypeFacts]:
    """The types of a site by name."""
    in_use = and_(Asset.type_id == AssetType.id, Asset.retired_at.is_(None))
    query = select(AssetType.id, AssetType.name, AssetType.category, func.count(Asset.id)).outerjoin(Asset, in_use)
    query = query.where(AssetType.site_id == site_id).group_by(AssetType.id, AssetType.name, AssetType.category)
    return [TypeFacts(*row) for row in session.execute(query.order_by(AssetType.name))]


def lines(session: Session, site_id: UUID, asked: Asked, *, after: str = "", limit: int = 50) -> list[Line]:
    """Assets of a site by name; `after`: the key of the last one that was seen."""
    open_now = select(func.count()).where(Ticket.asset_id == Asset.id, Ticket.is_open).scalar_subquery()
    where = func.coalesce(func.nullif(Place.path, ""), Place.name)
    columns = (Asset.id, Asset.name, Asset.code, func.coalesce(AssetType.name, ""), where, open_now, Asset.retired_at)
    query = select(*columns).join(Place, Place.id == Asset.place_id).outerjoin(AssetType, AssetType.id == Asset.type_id)
    query = query.where(Asset.site_id == site_id, *_conditions(session, asked))
    last, _, name = after.partition(":")
    if name and (last_id := _id(last)):
        query = query.where(tuple_(Asset.name, Asset.id) > (name, last_id))
    return [Line(*row) for row in session.execute(query.order_by(Asset.name, Asset.id).limit(limit))]


def count(session: Session, site_id: UUID, asked: Asked) -> int:
    """How many assets `lines` would list in all."""
    query = select(func.count()).select_from(Asset).join(Place, Place.id == Asset.place_id)
    query = query.outerjoin(AssetType, AssetType.id == Asset.type_id)
    return session.scalar(query.where(Asset.site_id == site_id, *_conditions(session, asked))) or 0


def at_place(session: Session, place_id: UUID) -> list[Line]:
    """The assets in use right at a place."""
    query = select(Asset.id, Asset.name, Asset.code, func.coalesce(AssetType.name, ""))
    query = query.outerjoin(AssetType, AssetType.id == Asset.type_id)
    query = query.where(Asset.place_id == place_id, Asset.retired_at.is_(None)).order_by(Asset.name, Asset.id)
    return [Line(key, name, code, kind, "", 0, None) for key, name, code, kind in session.execute(query)]


def _conditions(session: Session, asked: Asked) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        Asset.retired_at.is_not(None) if asked.is_retired else Asset.retired_at.is_(None)
    ]
    for word in asked.words.split():
        columns = (Asset.name, Asset.code, AssetType.name, Place.path)
        found.append(or_(*(column.icontains(word, autoescape=True) for column in columns)))
    if asked.type_id:
        found.append(Asset.type_id == asked.type_id)
    if asked.under:
        found.append(below(session, asked.under))
    return found


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
