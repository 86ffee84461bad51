"""What a maintenance plan is made of, what came of it, and the stops of its rounds."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core import clock
from core.database import Table


class Plan(Table):
    """Work that comes again.

    `subject`: asset, type, place or route; a route has `stops`, one ticket for all of them, each of which may have a
    checklist of its own. `rhythm`: as `recurrence.of()` reads it. `planned_on` and `last_on`: the last date of the
    rule that was decided and the last day on which work fell; `next_on` the next such day. `wake_at`: when a trigger
    makes its tickets; None while it is paused, ended, or waits for the last one to be done. `is_by_meter`: the meter
    made it due. `carried`: questions that were left open, by subject. `held_at` and `held_for`: since when it could not
    be worked out, and why, as `holding` says; a reason alone is why nothing came of its last date.
    """

    __tablename__ = "plans"
    __table_args__ = (
        UniqueConstraint("site_id", "name"),
        Index("ix_plans_wake", "wake_at", sqlite_where=text("wake_at IS NOT NULL"),
              postgresql_where=text("wake_at IS NOT NULL")),
        Index(None, "site_id", "next_on"),
        Index("ix_plans_held", "held_at", sqlite_where=text("held_at IS NOT NULL"),
              postgresql_where=text("held_at IS NOT NULL")),
        Index("ix_plans_meter", "meter_asset_id", sqlite_where=text("meter_asset_id IS NOT NULL"),
              postgresql_where=text("meter_asset_id IS NOT NULL")),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"))
    name: Mapped[str]
    level: Mapped[str]
    category: Mapped[str] = mapped_column(default="equipment")
    subject: Mapped[str]
    asset_id: Mapped[UUID | None] = mapped_column(ForeignKey("assets.id"))
    type_id: Mapped[UUID | None] = mapped_column(ForeignKey("asset_types.id"))
    place_id: Mapped[UUID | None] = mapped_column(ForeignKey("places.id"))
    stops: Mapped[list[Any]] = mapped_column(default=list)
    checklist: Mapped[list[Any]] = mapped_column(default=list)
    rhythm: Mapped[dict[str, Any]] = mapped_column(default=dict)
    carried: Mapped[dict[str, Any]] = mapped_column(default=dict)
    meter_asset_id: Mapped[UUID | None] = mapped_column(ForeignKey("assets.id"))
    meter_every: Mapped[float | None]
    meter_base: Mapped[float | None]
    is_by_meter: Mapped[bool] = mapped_column(default=False)
    next_on: Mapped[date | None]
    planned_on: Mapped[date | None]
    last_on: Mapped[date | None]
    wake_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    held_at: Mapped[datetime | None]
    held_for: Mapped[str] = mapped_column(default="")
    made_at: Mapped[datetime] = mapped_column(default=clock.now)


class Occurrence(Table):
    """One date of a plan for one thing, with the ticket that it became.

    `subject`: the thing's id where a plan is by type, else empty. `until_on`: the last day on which it is in time.
    `settled_at`: when its answers were acted on, and in which round of the ticket: one that is reopened is acted on
    again.
    """

    __tablename__ = "occurrences"
    __table_args__ = (
        UniqueConstraint("plan_id", "on_day", "subject"),
        Index(None, "site_id", "on_day"),
        Index(None, "ticket_id"),
        Index("ix_occurrences_unsettled", "id", sqlite_where=text("settled_at IS NULL"),
              postgresql_where=text("settled_at IS NULL")),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plans.id"))
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"))
    on_day: Mapped[date]
    planned_on: Mapped[date]
    until_on: Mapped[date]
    subject: Mapped[str] = mapped_column(default="")
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("tickets.id"))
    reason: Mapped[str]
    is_late: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    settled_at: Mapped[datetime | None]
    settled_round: Mapped[int] = mapped_column(default=0)


class Stop(Table):
    """A stop of a round with the proof that somebody was there, and why it is left for the next time.

    `proof`: empty, `scanned`, `typed` (the code, by hand) or `opened` (from the list, without the code). `visited_at`:
    when the code was scanned, else when answers came. `location`: {"lat", "lon", "accuracy"} as the device claimed it,
    where the person let it; the trace commits to it with `salt`. `distance`: metres from where the code was scanned
    before; None where that is not known. `left`: a key of the reasons, or words. `round`: of the ticket, to which the
    proof belongs.
    """

    __tablename__ = "stops"
    __table_args__ = (UniqueConstraint("ticket_id", "position"), Index(None, "asset_id"), Index(None, "place_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("tickets.id"))
    position: Mapped[int]
    asset_id: Mapped[UUID | None] = mapped_column(ForeignKey("assets.id"))
    place_id: Mapped[UUID] = mapped_column(ForeignKey("places.id"))
    code: Mapped[str] = mapped_column(default="")
    name: Mapped[str]
    place: Mapped[str] = mapped_column(default="")
    proof: Mapped[str] = mapped_column(default="")
    location: Mapped[dict[str, Any]] = mapped_column(default=dict)
    salt: Mapped[str] = mapped_column(default="")
    distance: Mapped[int | None]
    left: Mapped[str] = mapped_column(default="")
    round: Mapped[int] = mapped_column(default=0)
    device_at: Mapped[datetime | None]
    visited_at: Mapped[datetime | None]
    visited_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))


class MeterReading(Table):
    """What a meter of an asset showed."""

    __tablename__ = "meter_readings"
    __table_args__ = (UniqueConstraint("ticket_id", "position"), Index(None, "asset_id", "id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    asset_id: Mapped[UUID] = mapped_column(ForeignKey("assets.id"))
    ticket_id: Mapped[UUID | None] = mapped_column(ForeignKey("tickets.id"))
    position: Mapped[int] = mapped_column(default=0)
    question: Mapped[str]
    value: Mapped[float]
    unit: Mapped[str] = mapped_column(default="")
    read_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    read_at: Mapped[datetime] = mapped_column(default=clock.now)


class Finding(Table):
    """The fault that a failed item of a thing led to; one at a time. `thing`: an asset's or place's id."""

    __tablename__ = "findings"
    __table_args__ = (Index(None, "fault_id"),)

    thing: Mapped[str] = mapped_column(primary_key=True)
    item: Mapped[str] = mapped_column(primary_key=True)
    fault_id: Mapped[UUID | None] = mapped_column(ForeignKey("tickets.id"))
    found_at: Mapped[datetime] = mapped_column(default=clock.now)
