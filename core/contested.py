"""Chats that two people say are theirs. Nothing is joined; an administrator of a site of either decides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, Index, exists, or_, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import clock
from core.database import Table
from core.people import Home, Identity, Role
from core.places import Place
from core.tickets.models import Ticket

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
    query = select(Contested).where(Contested.outcome == "", _concerns(site_id))
    return session.scalars(query.order_by(Contested.at, Contested.id).limit(SHOWN)).all()


def of_site(session: Session, site_id: UUID, contested_id: UUID) -> Contested | None:
    """One that waits and may be decided there; nothing about it is told elsewhere."""
    query = select(Contested).where(Contested.id == contested_id, Contested.outcome == "", _concerns(site_id))
    return session.scalar(query)


def settle(session: Session, contested_id: UUID, outcome: str, by: UUID, now: datetime) -> bool:
    """Keep what was decided; False when somebody else has decided meanwhile."""
    changed = session.execute(
        update(Contested)
        .where(Contested.id == contested_id, Contested.outcome == "")
        .values(outcome=outcome, decided_at=now, decided_by=by)
    )
    return changed.rowcount == 1  # type: ignore[attr-defined,no-any-return]


def _concerns(site_id: UUID) -> ColumnElement[bool]:
    """Whether either of the two works, lives or has reported at a site, or both do so nowhere."""
    both = (Contested.wanted_by, Contested.owner)
    anywhere = {
        Role.site_id: exists().where(Role.person_id.in_(both)),
        Place.site_id: exists().where(Home.person_id.in_(both), Place.id == Home.place_id),
        Ticket.site_id: exists().where(Ticket.reporter_id.in_(both)),
    }
    here = [found.where(column == site_id) for column, found in anywhere.items()]
    return or_(*here, ~or_(*anywhere.values()))
