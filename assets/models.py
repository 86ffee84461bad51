"""The register of what was handed over."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core import clock
from core.database import Table


class AssetType(Table):
    """A kind of maintained item, with the fault category that its tickets start from."""

    __tablename__ = "asset_types"
    __table_args__ = (UniqueConstraint("site_id", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"))
    name: Mapped[str]
    category: Mapped[str] = mapped_column(default="")


class Asset(Table):
    """A maintained item at a place. `code` is the one that its label bears."""

    __tablename__ = "assets"
    __table_args__ = (Index(None, "site_id", "id"), Index(None, "site_id", "name"), Index(None, "place_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"))
    place_id: Mapped[UUID] = mapped_column(ForeignKey("places.id"))
    type_id: Mapped[UUID | None] = mapped_column(ForeignKey("asset_types.id"))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("assets.id"))
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    warranty_until: Mapped[date | None]
    retired_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class Code(Table):
    """A printed code. It resolves to an asset or a place; `retired_at` marks a sticker that was replaced."""

    __tablename__ = "codes"
    __table_args__ = (Index(None, "asset_id"), Index(None, "place_id"))

    code: Mapped[str] = mapped_column(primary_key=True)
    asset_id: Mapped[UUID | None] = mapped_column(ForeignKey("assets.id"))
    place_id: Mapped[UUID | None] = mapped_column(ForeignKey("places.id"))
    minted_at: Mapped[datetime] = mapped_column(default=clock.now)
    retired_at: Mapped[datetime | None]
