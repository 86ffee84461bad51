"""Chats that two people say are theirs. Nothing is joined; an administrator of a site of either decides."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import clock
from core.database import Table
from core.people import Identity, Role

SHOWN = 50


class Contested(Table):
    """Somebody asked for an identity that is somebody else's. `outcome`: empty until it is decided, given or left."""

    __tablename__ = "contested"
    __table_args__ = (
        Index("ix_contested_open", "at", sqlite_where=text("outcome = ''"), postgresql_where=text("outcome = ''")),
        Index("ix_contested_once", "identity_id", "wanted_by", unique=True, sqlite_where=text("outcome = ''"),
              postgresql_where=text("outcome = ''")),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    identity_id: Mapped[UUID] = mapped_column(ForeignKey("identities.id"))
    wanted_by: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    owner: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime] = mapped_column(default=clock.now)
    outcome: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))


def note(session: Session, identity: Identity, wanted_by: UUID, now: datetime) -> bool:
    """Keep that somebody asked; False where the same waits to be decided already."""
    waiting = select(Contested.id).where(
        Contested.identity_id == identity.id, Contested.wanted_by == wanted_by, Contested.outcome == ""
    )
    if session.scalar(waiting) is not None:
        return False
    session.add(
        Contested(id=clock.new_id(), identity_id=identity.id, wanted_by=wanted_by, owner=identity.person_id, at=now)
    )
    session.flush()
    return True


def waiting(session: Session, site_id: UUID) -> Sequence[Contested]:
    """What an administrator of a site may decide: what concerns its people, and people of no site at all."""
    found = session.scalars(
        select(Contested).where(Contested.outcome == "").order_by(Contested.at, Contested.id).limit(SHOWN)
    ).all()
    at = _sites_of(session, {who for one in found for who in (one.wanted_by, one.owner)})
    return [one for one in found if _concerns(one, at, site_id)]


def of_site(session: Session, site_id: UUID, contested_id: UUID) -> Contested | None:
    """One that waits and may be decided there; nothing about it is told elsewhere."""
    found = session.get(Contested, contested_id)
    if found is None or found.outcome:
        return None
    at = _sites_of(session, {found.wanted_by, found.owner})
    return found if _concerns(found, at, site_id) else None


def settle(session: Session, contested_id: UUID, outcome: str, by: UUID, now: datetime) -> bool:
    """Keep what was decided; False when somebody else has decided meanwhile."""
    changed = session.execute(
        update(Contested)
        .where(Contested.id == contested_id, Contested.outcome == "")
        .values(outcome=outcome, decided_at=now, decided_by=by)
    )
    return changed.rowcount == 1  # type: ignore[attr-defined,no-any-return]


def _concerns(one: Contested, at: dict[UUID, set[UUID]], site_id: UUID) -> bool:
    sites = at.get(one.wanted_by, set()) | at.get(one.owner, set())
    return site_id in sites or not sites


def _sites_of(session: Session, who: Collection[UUID]) -> dict[UUID, set[UUID]]:
    at: dict[UUID, set[UUID]] = {}
    for person_id, site_id in session.execute(select(Role.person_id, Role.site_id).where(Role.person_id.in_(who))):
        at.setdefault(person_id, set()).add(site_id)
    return at
