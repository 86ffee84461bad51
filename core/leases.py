"""Leases: one holder at a time for what must not run twice (the scheduler, the poller of an account).

Time is the database's own clock where several machines may compete, so a machine whose clock is wrong cannot steal
or keep a lease. The epoch grows whenever a lease changes hands.
"""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime, timedelta

from sqlalchemy import case, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import clock
from core.database import Table


class Lease(Table):
    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    epoch: Mapped[int]
    expires_at: Mapped[datetime]


def name_of_this_process() -> str:
    """A holder's name: machine and process, so that an operator finds who it is, and a secret of this one holder."""
    return f"{socket.gethostname()}:{os.getpid()}:{clock.secret()}"


def shared_now(session: Session) -> datetime:
    """The present instant by the clock that all who share this database share."""
    if session.get_bind().dialect.name != "postgresql":
        return clock.now()
    moment: datetime = session.scalars(text("SELECT clock_timestamp()")).one()
    return moment.astimezone(UTC)


def hold(session: Session, name: str, holder: str, life: timedelta, now: datetime) -> int | None:
    """Take a lease that is free or has expired, or renew one's own. Returns its epoch; None while another holds it."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = dialect.insert(Lease).values(name=name, holder=holder, epoch=1, expires_at=now + life)
    taken = row.on_conflict_do_update(
        index_elements=["name"],
        set_={
            "holder": holder,
            "epoch": case((Lease.holder == holder, Lease.epoch), else_=Lease.epoch + 1),
            "expires_at": now + life,
        },
        where=or_(Lease.holder == holder, Lease.expires_at <= now),
    ).returning(Lease.epoch)
    return session.execute(taken).scalar_one_or_none()


def let_go(session: Session, name: str, holder: str, now: datetime) -> None:
    """Give a lease back before it expires. Its row stays, so that its epoch goes on."""
    session.execute(
        update(Lease)
        .where(Lease.name == name, Lease.holder == holder)
        .values(expires_at=now)
        .execution_options(synchronize_session=False)
    )


def holder_of(session: Session, name: str, now: datetime) -> str | None:
    """Who holds a lease now."""
    return session.scalar(select(Lease.holder).where(Lease.name == name, Lease.expires_at > now))
