"""What a ticket is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, insert, text
from sqlalchemy.orm import Mapped, Session, make_transient_to_detached, mapped_column
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from core import clock, holders
from core.database import Table, rows
from core.prepared import Prepared


@dataclass(frozen=True, slots=True)
class Subject:
    """What a ticket is about: a place, and where there is one the asset's id, code, name and category, copied."""

    site_id: UUID
    place_id: UUID
    place: str
    is_common: bool
    asset_id: UUID | None = None
    code: str = ""
    name: str = ""
    category: str = ""

    @property
    def is_shared(self) -> bool:
        """Whether several people may mean the same thing: at a common place, never in a home, its boiler included."""
        return self.is_common


class Ticket(Table):
    """One piece of work. `state` and `version` are written by `tickets.actions.apply()` alone.

    `wake_at`: when a trigger looks at it next (dispatch, an offer's end, an escalation, the silent closure).
    `scan_proof`: how the round proved to be at the asset: "", `scanned`, or `photo` where the code is unreadable.
    `waived`: evidence that a supervisor waived in this round.
    `promised_at`, `arrive_by`, `repair_by`: until when it is to be accepted, reached and done; None where nothing is
    asked or the clock stands still. `terms`: the version of policy and calendar that they were counted with.
    `alarm_at`: when somebody is to be told of one of them. `stops`: how many a round has; 0 where it is none.
    """

    __tablename__ = "tickets"
    __table_args__ = (
        # SQLite uses such an index only where the condition is written as in the query, which says "= 1" there.
        Index("ix_tickets_open_site", "site_id", "id",
              sqlite_where=text("is_open = 1"), postgresql_where=text("is_open")),
        Index(
            "ix_tickets_open_subject", "place_id", "category", "asset_id",
            sqlite_where=text("is_open = 1"), postgresql_where=text("is_open"),
        ),
        Index(
            "ix_tickets_open_assignee", "assignee_id",
            sqlite_where=text("is_open = 1"), postgresql_where=text("is_open"),
        ),
        Index("ix_tickets_wake", "wake_at", sqlite_where=text("wake_at IS NOT NULL"),
              postgresql_where=text("wake_at IS NOT NULL")),
        Index("ix_tickets_alarm", "alarm_at", sqlite_where=text("alarm_at IS NOT NULL"),
              postgresql_where=text("alarm_at IS NOT NULL")),
        Index("ix_tickets_open_terms", "site_id", "terms",
              sqlite_where=text("is_open = 1"), postgresql_where=text("is_open")),
        Index(None, "reporter_id", "id"),
        Index(None, "asset_id", "id"),
        Index(None, "site_id", "state", "id"),
        Index(None, "site_id", "opened_at"),
        Index("ix_tickets_done", "site_id", "done_at", sqlite_where=text("done_at IS NOT NULL"),
              postgresql_where=text("done_at IS NOT NULL")),
        Index("ix_tickets_closed", "site_id", "closed_at", sqlite_where=text("closed_at IS NOT NULL"),
              postgresql_where=text("closed_at IS NOT NULL")),
        Index("ix_tickets_again", "closed_at", sqlite_where=text("kind = 'inspection' AND round > 1"),
              postgresql_where=text("kind = 'inspection' AND round > 1")),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    number: Mapped[str] = mapped_column(unique=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"))
    kind: Mapped[str]
    state: Mapped[str]
    resolution: Mapped[str | None]
    is_open: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    round: Mapped[int] = mapped_column(default=1)

    category: Mapped[str]
    is_category_confirmed: Mapped[bool] = mapped_column(default=True)
    priority: Mapped[str]
    emergency: Mapped[str] = mapped_column(default="")

    place_id: Mapped[UUID] = mapped_column(ForeignKey("places.id"))
    asset_id: Mapped[UUID | None] = mapped_column(ForeignKey("assets.id"))
    place: Mapped[str]
    asset_code: Mapped[str] = mapped_column(default="")
    asset_name: Mapped[str] = mapped_column(default="")

    stops: Mapped[int] = mapped_column(default=0)
    text: Mapped[str] = mapped_column(default="")
    salt: Mapped[str] = mapped_column(default="")
    contact: Mapped[str] = mapped_column(default="")
    via: Mapped[str] = mapped_column(default="")
    location: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reporter_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))

    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id"))
    assignee_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    held_from: Mapped[str | None]
    hold_reason: Mapped[str | None]
    scheduled_from: Mapped[datetime | None]
    scheduled_until: Mapped[datetime | None]
    is_schedule_agreed: Mapped[bool] = mapped_column(default=False)
    minutes: Mapped[int | None]
    scan_proof: Mapped[str] = mapped_column(default="")
    waived: Mapped[list[Any]] = mapped_column(default=list)

    opened_at: Mapped[datetime] = mapped_column(default=clock.now)
    promised_at: Mapped[datetime | None]
    arrive_by: Mapped[datetime | None]
    repair_by: Mapped[datetime | None]
    alarm_at: Mapped[datetime | None]
    terms: Mapped[str] = mapped_column(default="")
    wake_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    merged_into_id: Mapped[UUID | None] = mapped_column(ForeignKey("tickets.id"))
    follows_id: Mapped[UUID | None] = mapped_column(ForeignKey("tickets.id"))

    trace_seq: Mapped[int] = mapped_column(default=0)
    trace_head: Mapped[str] = mapped_column(default="")


_TICKETS = rows(Ticket)
_ADD = Prepared(insert(_TICKETS), _TICKETS.columns.keys())
_BLANK: dict[str, Any] = {
    column.key: column.default.arg if isinstance(column.default, ScalarElementColumnDefault) else None
    for column in _TICKETS.columns
}


def added(session: Session, values: dict[str, Any]) -> Ticket:
    """Insert a ticket and return it as if it had been read: one statement instead of two."""
    row = _BLANK | {"waived": [], "location": {}} | values
    _ADD.run(session, **row)
    ticket = Ticket()
    ticket.__dict__.update(row)
    make_transient_to_detached(ticket)
    session.add(ticket)
    return ticket


class Follower(Table):
    """A person who reported the same thing, or whose ticket was merged: told everything that the first one is."""

    __tablename__ = "followers"

    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("tickets.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True, index=True)
    text: Mapped[str] = mapped_column(default="")
    salt: Mapped[str] = mapped_column(default="")
    joined_at: Mapped[datetime] = mapped_column(default=clock.now)


class Note(Table):
    """Words added to a ticket. `is_internal`: between staff, never shown to residents."""

    __tablename__ = "notes"
    __table_args__ = (Index(None, "ticket_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("tickets.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    round: Mapped[int]
    text: Mapped[str]
    salt: Mapped[str]
    is_internal: Mapped[bool] = mapped_column(default=False)
    written_at: Mapped[datetime] = mapped_column(default=clock.now)


class Attachment(Table):
    """A photo or voice note of a ticket. The bytes lie in the storage under `hash`, the digest of the original.

    `kind`: report, before, after, other or voice. `evidence`: what the device claimed about time and position,
    kept for technicians' photos only and shown to staff only. `item`: the position in the checklist that it belongs
    to; 0 where it belongs to none.
    """

    __tablename__ = "attachments"
    __table_args__ = (UniqueConstraint("ticket_id", "round", "kind", "hash", "item"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("tickets.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    round: Mapped[int]
    kind: Mapped[str]
    item: Mapped[int] = mapped_column(default=0)
    hash: Mapped[str] = mapped_column(index=True)
    mime: Mapped[str]
    width: Mapped[int] = mapped_column(default=0)
    height: Mapped[int] = mapped_column(default=0)
    evidence: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reason: Mapped[str] = mapped_column(default="")
    device_at: Mapped[datetime | None]
    added_at: Mapped[datetime] = mapped_column(default=clock.now)


holders.holds(Attachment.hash)


class Signature(Table):
    """A signature under exactly what was shown. `strokes` are vectors; `digest` is of the signed content.

    `salt`: hides name and strokes, to which the trace commits; it stands nowhere else and goes with the row.
    """

    __tablename__ = "signatures"
    __table_args__ = (Index(None, "ticket_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("tickets.id"))
    round: Mapped[int]
    role: Mapped[str]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    name: Mapped[str] = mapped_column(default="")
    strokes: Mapped[list[Any]] = mapped_column(default=list)
    salt: Mapped[str]
    digest: Mapped[str]
    content: Mapped[dict[str, Any]] = mapped_column(default=dict)
    signed_at: Mapped[datetime] = mapped_column(default=clock.now)


class Part(Table):
    """A part that was used. `cost`: of all of it, in hundredths of the site's currency; None where nobody said."""

    __tablename__ = "parts"
    __table_args__ = (Index(None, "ticket_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("tickets.id"))
    round: Mapped[int]
    name: Mapped[str]
    quantity: Mapped[str] = mapped_column(default="1")
    cost: Mapped[int | None]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))


class ChecklistItem(Table):
    """One question of a ticket's checklist with its answer.

    `kind`: pass_fail, number, choice, text, photo or meter. A photo is answered by a photo of its own. `options`: what
    the plan says of it, and `left` where it is explicitly left for the next time.
    """

    __tablename__ = "checklist_items"
    __table_args__ = (UniqueConstraint("ticket_id", "position"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("tickets.id"))
    position: Mapped[int]
    question: Mapped[str]
    kind: Mapped[str] = mapped_column(default="pass_fail")
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    answer: Mapped[str] = mapped_column(default="")
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    answered_at: Mapped[datetime | None]


class Offer(Table):
    """Work offered to a technician. `state`: open, accepted, declined, expired or withdrawn."""

    __tablename__ = "offers"
    __table_args__ = (Index(None, "ticket_id", "round"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("tickets.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    round: Mapped[int]
    state: Mapped[str] = mapped_column(default="open")
    reasons: Mapped[list[Any]] = mapped_column(default=list)
    offered_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime | None]


class Rating(Table):
    """The answer to the survey of a round: 1 to 5, and why when it is low. No row means no answer.

    `speed`, `quality` and `attitude`: 1 to 5 from who went on; None where nobody said.
    """

    __tablename__ = "ratings"
    __table_args__ = (UniqueConstraint("ticket_id", "round", "person_id"), Index(None, "rated_at"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    ticket_id: Mapped[UUID] = mapped_column(ForeignKey("tickets.id"))
    round: Mapped[int]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    stars: Mapped[int]
    reason: Mapped[str] = mapped_column(default="")
    text: Mapped[str] = mapped_column(default="")
    speed: Mapped[int | None]
    quality: Mapped[int | None]
    attitude: Mapped[int | None]
    rated_at: Mapped[datetime] = mapped_column(default=clock.now)


class Counter(Table):
    """How many tickets a site has opened on a local day; numbers come from it."""

    __tablename__ = "counters"

    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"), primary_key=True)
    day: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]
