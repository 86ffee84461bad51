"""One asset with everything that happened to it: its tickets, what they took, its files, what stood there before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assets.models import Asset, AssetFile
from core import clock, trace
from core.errors import NotFound
from core.tickets.models import Part, Ticket

PHOTO, DOCUMENT = "photo", "document"
LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Kept:
    """A file in the storage: `kind` is photo or document, `hash` the SHA-256 of what was sent."""

    kind: str
    hash: str
    mime: str


@dataclass(frozen=True, slots=True)
class Totals:
    """What an asset has taken so far. `cost`: of parts, in hundredths of the site's currency."""

    tickets: int
    open: int
    minutes: int
    cost: int


def totals(session: Session, asset_id: UUID) -> Totals:
    query = select(func.count(), func.sum(Ticket.minutes)).where(Ticket.asset_id == asset_id)
    tickets, minutes = session.execute(query).one()
    still_open = session.scalar(select(func.count()).where(Ticket.asset_id == asset_id, Ticket.is_open))
    cost = select(func.sum(Part.cost)).join(Ticket, Ticket.id == Part.ticket_id).where(Ticket.asset_id == asset_id)
    return Totals(tickets, still_open or 0, int(minutes or 0), int(session.scalar(cost) or 0))


def tickets(session: Session, asset_id: UUID, *, before: UUID | None = None, limit: int = 20) -> list[Ticket]:
    """The tickets about an asset, open ones first, then the newest; `before`: the last ended one that was seen."""
    about = select(Ticket).where(Ticket.asset_id == asset_id)
    ended = about.where(~Ticket.is_open)
    if before is not None:
        return list(session.scalars(ended.where(Ticket.id < before).order_by(Ticket.id.desc()).limit(limit)))
    first = list(session.scalars(about.where(Ticket.is_open).order_by(Ticket.id.desc()).limit(limit)))
    return first + list(session.scalars(ended.order_by(Ticket.id.desc()).limit(limit)))


def before(session: Session, asset: Asset) -> list[Asset]:
    """The units that stood at the same position before, the newest first."""
    found: list[Asset] = []
    while asset.replaces_id is not None and len(found) < 50:
        asset = session.get_one(Asset, asset.replaces_id)
        found.append(asset)
    return found


def after(session: Session, asset: Asset) -> Asset | None:
    """The unit that took an asset's place."""
    return session.scalar(select(Asset).where(Asset.replaces_id == asset.id).limit(1))


def parts_of(session: Session, asset_id: UUID) -> list[Asset]:
    """The assets in use that are parts of one."""
    query = select(Asset).where(Asset.parent_id == asset_id, Asset.retired_at.is_(None))
    return list(session.scalars(query.order_by(Asset.name)))


def files(session: Session, asset_id: UUID) -> list[AssetFile]:
    """The photos and documents of an asset, the newest first."""
    query = select(AssetFile).where(AssetFile.asset_id == asset_id, AssetFile.removed_at.is_(None))
    return list(session.scalars(query.order_by(AssetFile.id.desc())))


def file_at(session: Session, asset_id: UUID, file_id: UUID) -> AssetFile:
    """Errors: NotFound, also for a file that was removed."""
    found = session.get(AssetFile, file_id)
    if found is None or found.asset_id != asset_id or found.removed_at is not None:
        raise NotFound(what="word.file")
    return found


def add_file(session: Session, asset_id: UUID, name: str, kept: Kept, actor: UUID, now: datetime) -> AssetFile:
    """Add a photo or document; the same one again changes nothing."""
    same = [one for one in files(session, asset_id) if (one.kind, one.hash) == (kept.kind, kept.hash)]
    if same:
        return same[0]
    row = AssetFile(
        id=clock.new_id(), asset_id=asset_id, kind=kept.kind, name=name.strip()[:LONGEST_NAME], hash=kept.hash,
        mime=kept.mime, added_at=now, added_by=actor, removed_at=None,
    )  # fmt: skip
    session.add(row)
    session.flush()
    entry = trace.Entry("file_added", {"kind": kept.kind, "sha256": kept.hash}, str(actor))
    trace.append(session, f"asset:{asset_id}", [entry], now)
    return row


def remove_file(session: Session, asset_id: UUID, file_id: UUID, actor: UUID, now: datetime) -> None:
    """Show a file no longer; that it was there stays in the trace."""
    found = file_at(session, asset_id, file_id)
    found.removed_at = now
    session.flush()
    entry = trace.Entry("file_removed", {"kind": found.kind, "sha256": found.hash}, str(actor))
    trace.append(session, f"asset:{asset_id}", [entry], now)
