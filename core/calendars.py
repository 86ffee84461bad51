"""The time of a site: local days, local clock times, and who is on call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, Index, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import clock
from core.database import Table


class Duty(Table):
    """A stretch of time in which a person works for a site: a `shift`, or `on_call` for its emergencies.

    `team_id`: the team whose work it is for; None for the whole site. `settled_at`: when the end of a shift was looked
    at, and what was not started went back.
    """

    __tablename__ = "duties"
    __table_args__ = (
        Index(None, "site_id", "ends_at"),
        Index("ix_duties_unsettled", "kind", "ends_at",
              sqlite_where=text("settled_at IS NULL"), postgresql_where=text("settled_at IS NULL")),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(default="on_call")
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id"))
    settled_at: Mapped[datetime | None]


def is_known(zone: str) -> bool:
    """Whether a time zone is one that is known here; it may have been renamed, or written by hand."""
    try:
        ZoneInfo(zone)
    except (LookupError, OSError, ValueError):
        return False
    return True


def known_or_utc(zone: str) -> str:
    """The zone, or UTC while it is not known."""
    return zone if is_known(zone) else "UTC"


def local_day(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


def instant(day: date, at: time, zone: str) -> datetime:
    """The UTC instant of a local time.

    A time that does not exist becomes the first valid instant after the gap; a repeated time is its first
    occurrence.
    """
    local = datetime.combine(day, at, ZoneInfo(zone)).replace(fold=0)
    there = local.astimezone(UTC)
    if there.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local.replace(tzinfo=None):
        return there
    return _end_of_gap(local, zone)


def _end_of_gap(local: datetime, zone: str) -> datetime:
    """The instant at which the clock jumps over a local time, found by halving the time around it.

    A day on each side, because a country that changes sides of the date line jumps over a whole one.
    """
    after = local.astimezone(UTC) + timedelta(hours=25)
    before = local.astimezone(UTC) - timedelta(hours=25)
    old = before.astimezone(ZoneInfo(zone)).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(ZoneInfo(zone)).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def after_quiet(moment: datetime, quiet: Sequence[str], zone: str) -> datetime:
    """The moment itself, or where it lies within quiet hours such as `("22:00", "07:00")`, the end of these."""
    if len(quiet) != 2:
        return moment
    begins, ends = (time.fromisoformat(text) for text in quiet)
    today = local_day(moment, zone)
    over = timedelta(days=0 if begins < ends else 1)
    for day in (today - timedelta(days=1), today):
        if instant(day, begins, zone) <= moment < (end := instant(day + over, ends, zone)):
            return end
    return moment


def outside(moment: datetime, hours: Sequence[Sequence[str]], zone: str) -> datetime | None:
    """The first moment from one on that lies in none of several quiet hours; None where they leave no time."""
    last = moment + timedelta(days=2)  # a clock change apart, every day is as the one before
    while moment <= last:
        later = max((after_quiet(moment, quiet, zone) for quiet in hours), default=moment)
        if later == moment:
            return moment
        moment = later
    return None


def put_on_call(
    session: Session, site_id: UUID, person_id: UUID, starts_at: datetime, ends_at: datetime,
    team_id: UUID | None = None,
) -> Duty:  # fmt: skip
    duty = Duty(
        id=clock.new_id(), site_id=site_id, person_id=person_id, starts_at=starts_at, ends_at=ends_at, kind="on_call",
        team_id=team_id,
    )  # fmt: skip
    session.add(duty)
    session.flush()
    return duty


def on_call(session: Session, site_id: UUID, now: datetime, team_id: UUID | None = None) -> list[UUID]:
    """Who is on call now for work of a team: its own first, then the site's, each in the order in which duty began.

    Where there is neither, whoever is on call for another team: that one is awake.
    """
    duties = running(session, site_id, now)
    own = [duty.person_id for duty in duties if team_id and duty.team_id == team_id]
    everywhere = [duty.person_id for duty in duties if duty.team_id is None]
    return list(dict.fromkeys([*own, *everywhere] or [duty.person_id for duty in duties]))


def running(session: Session, site_id: UUID, now: datetime) -> list[Duty]:
    """Everybody's duty that is on call at a site now, the one that began first in front."""
    query = select(Duty).where(Duty.site_id == site_id, Duty.starts_at <= now, Duty.ends_at > now)
    return list(session.scalars(query.where(Duty.kind == "on_call").order_by(Duty.starts_at, Duty.id)))
