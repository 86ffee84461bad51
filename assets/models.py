"""The register of what was handed over."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core import clock, holders
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
    __table_args__ = (
        Index(None, "site_id", "id"), Index(None, "site_id", "name"), Index(None, "place_id"),
        Index(None, "type_id", "id"),
    )  # fmt: skip

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
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("assets.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class AssetFile(Table):
    """A photo or document of an asset. The bytes lie in the storage under `hash`. `removed_at`: no longer shown."""

    __tablename__ = "asset_files"
    __table_args__ = (Index(None, "asset_id"), Index(None, "hash"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    asset_id: Mapped[UUID] = mapped_column(ForeignKey("assets.id"))
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    hash: Mapped[str]
    mime: Mapped[str]
    added_at: Mapped[datetime] = mapped_column(default=clock.now)
    added_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    removed_at: Mapped[datetime | None]


holders.holds(AssetFile.hash)


class Code(Table):
    """A printed code. It resolves to an asset or a place; `retired_at` marks a sticker that was replaced.

    One with `site_id` alone is blank: its label is printed, and waits for somebody of that site to say what it is on.
    """

    __tablename__ = "codes"
    __table_args__ = (Index(None, "asset_id"), Index(None, "place_id"))

    code: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[UUID | None] = mapped_column(ForeignKey("sites.id"))
    asset_id: Mapped[UUID | None] = mapped_column(ForeignKey("assets.id"))
    place_id: Mapped[UUID | None] = mapped_column(ForeignKey("places.id"))
    minted_at: Mapped[datetime] = mapped_column(default=clock.now)
    retired_at: Mapped[datetime | None]

    @property
    def is_blank(self) -> bool:
        return self.asset_id is None and self.place_id is None


class PrintRun(Table):
    """Labels that were printed in one go. `digest`: SHA-256 of what stands on them, as the trace has it."""

    __tablename__ = "print_runs"
    __table_args__ = (Index(None, "site_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"))
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime] = mapped_column(default=clock.now)
    format: Mapped[str]
    locale: Mapped[str]
    title: Mapped[str]
    address: Mapped[str]
    is_test: Mapped[bool] = mapped_column(default=False)
    count: Mapped[int]
    digest: Mapped[str]


class PrintedLabel(Table):
    """One label of a run, in its order and with the words that were printed on it."""

    __tablename__ = "printed_labels"
    __table_args__ = (Index(None, "code"),)

    run_id: Mapped[UUID] = mapped_column(ForeignKey("print_runs.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(ForeignKey("codes.code"))
    name: Mapped[str]
    place: Mapped[str]
    phone: Mapped[str]


class Import(Table):
    """A table that somebody brought to the desk. Its bytes lie in the storage under `sha256`.

    `state`: mapping (its columns are to be named), checking, checked, importing, done or failed. `done` of `total`
    rows are written. `run`: whose turn it is, renewed each time that the work is taken up. `outcome`: what it would
    change or has changed.
    """

    __tablename__ = "imports"
    __table_args__ = (Index(None, "site_id", "id"), Index(None, "state"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"))
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    sha256: Mapped[str]
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(default="mapping")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    run: Mapped[str] = mapped_column(default="")
    outcome: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime] = mapped_column(default=clock.now)


holders.holds(Import.sha256)
