"""The register as the desk lists it: types with their numbers, assets by filter and page, one asset with its story."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from assets.models import Asset, AssetType


@dataclass(frozen=True, slots=True)
class TypeFacts:
    """A type and how many assets in use are of it."""

    id: UUID
    name: str
    category: str
    assets: int


def types(session: Session, site_id: UUID) -> list[TypeFacts]:
    """The types of a site by name."""
    in_use = and_(Asset.type_id == AssetType.id, Asset.retired_at.is_(None))
    query = select(AssetType.id, AssetType.name, AssetType.category, func.count(Asset.id)).outerjoin(Asset, in_use)
    query = query.where(AssetType.site_id == site_id).group_by(AssetType.id, AssetType.name, AssetType.category)
    return [TypeFacts(*row) for row in session.execute(query.order_by(AssetType.name))]
