"""Calendar feeds: appointments and inspections that are due, of a technician, an asset or a site, behind a secret link.

The secret is the feed's id under a MAC, so that it can be shown again and nothing secret is stored; ending the feed
ends the link for good, and so does the leaving of whoever it is of or whoever made it. A calendar lies on servers of
others, so it holds a number, a category or the name of a plan, and a place, and nobody's name.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from icalendar import Calendar, Event
from sqlalchemy import ForeignKey, Index, and_, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import calendars, categories, changes, clock, inspections, people, places
from core.database import Table
from core.errors import Invalid, NotFound
from core.inspections import Asked, Due
from core.tickets.models import Ticket

KINDS = ("technician", "asset", "site")
MAKERS = ("supervisor", "admin")
MOST = 1000
SHORT = timedelta(minutes=30)  # how long an inspection is shown that has no hours of its own
MAC_CHARACTERS = 32
ID_CHARACTERS = 32


class Feed(Table):
    """One secret link. `label`: what people call what it is of.

    `made_by`: who knows it. `ended_at`: since when it shows nothing.
    """

    __tablename__ = "feeds"
    __table_args__ = (Index(None, "site_id", "id"), Index(None, "person_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=clock.new_id)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"))
    kind: Mapped[str]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    asset_id: Mapped[UUID | None] = mapped_column(ForeignKey("assets.id"))
    label: Mapped[str] = mapped_column(default="")
    made_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    ended_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Of:
    """What a feed is of: a technician, an asset, or the site where both are absent."""

    label: str
    person_id: UUID | None = None
    asset_id: UUID | None = None


def make(session: Session, site_id: UUID, of: Of, actor: UUID | None, now: datetime) -> Feed:
    """Errors: Invalid for somebody who is no technician of the site."""
    kind = "technician" if of.person_id else "asset" if of.asset_id else "site"
    if of.person_id and not _is_technician(session, of.person_id, site_id):
        raise Invalid(field="field.person")
    feed = Feed(
        id=clock.new_id(), site_id=site_id, kind=kind, person_id=of.person_id, asset_id=of.asset_id, label=of.label,
        made_by=actor, made_at=now, ended_at=None,
    )  # fmt: skip
    session.add(feed)
    session.flush()
    changes.record(session, changes.Edit(site_id, "feed", str(feed.id), {}, _values(feed), of.label), actor, now)
    return feed


def _values(feed: Feed) -> dict[str, Any]:
    """What it shows and who knows it."""
    ids = {"person": feed.person_id, "asset": feed.asset_id, "made_by": feed.made_by}
    return {"kind": feed.kind, **{name: str(key) for name, key in ids.items() if key}}


def _standing(session: Session) -> Iterator[tuple[UUID, str, dict[str, Any]]]:
    for feed in session.scalars(select(Feed).order_by(Feed.id)):
        yield feed.site_id, str(feed.id), _values(feed) if feed.ended_at is None else {}


changes.STANDS.register("feed")(changes.Stands("feeds", _standing))


def end(session: Session, feed: Feed, actor: UUID | None, now: datetime) -> None:
    """The link shows nothing any more, and there is no way back: somebody may have had it who should not."""
    if feed.ended_at is None:
        feed.ended_at = now
        session.flush()
        edit = changes.Edit(feed.site_id, "feed", str(feed.id), _values(feed), {}, feed.label)
        changes.record(session, edit, actor, now)


def end_unheld(session: Session, site_id: UUID, person_id: UUID, actor: UUID | None, now: datetime) -> None:
    """End the links that somebody whose roles have changed may not have any more: their own, and those they made."""
    for feed in running(session, site_id):
        if person_id in (feed.person_id, feed.made_by) and not _is_held(session, feed):
            end(session, feed, actor, now)


def running(session: Session, site_id: UUID) -> list[Feed]:
    query = select(Feed).where(Feed.site_id == site_id, Feed.ended_at.is_(None))
    return list(session.scalars(query.order_by(Feed.id)))


def of_person(session: Session, person_id: UUID) -> list[Feed]:
    """The links to a technician's own calendar, at each site."""
    query = select(Feed).where(Feed.person_id == person_id, Feed.ended_at.is_(None))
    return list(session.scalars(query.order_by(Feed.id)))


def known_to(session: Session, person_id: UUID) -> list[Feed]:
    """The links that a person has seen: their own, and those that they made, at each site."""
    theirs = or_(Feed.person_id == person_id, Feed.made_by == person_id)
    return list(session.scalars(select(Feed).where(theirs, Feed.ended_at.is_(None)).order_by(Feed.id)))


def at_site(session: Session, site_id: UUID, feed_id: UUID) -> Feed:
    """Errors: NotFound."""
    feed = session.get(Feed, feed_id)
    if feed is None or feed.site_id != site_id:
        raise NotFound(what="word.feed")
    return feed


def secret_of(feed: Feed, key: bytes) -> str:
    return feed.id.hex + _mac(feed.id, key)


def behind(session: Session, secret: str, key: bytes) -> Feed:
    """The feed of a secret link. Errors: NotFound, also for one that has ended or whose people have left."""
    text, mac = secret[:ID_CHARACTERS], secret[ID_CHARACTERS:]
    try:
        feed_id = UUID(hex=text)
    except ValueError:
        raise NotFound(what="word.feed") from None
    if not hmac.compare_digest(mac.encode(), _mac(feed_id, key).encode()):
        raise NotFound(what="word.feed")
    feed = session.get(Feed, feed_id)
    if feed is None or feed.ended_at is not None or not _is_held(session, feed):
        raise NotFound(what="word.feed")
    return feed


def calendar(session: Session, feed: Feed, locale: str, now: datetime) -> bytes:
    """A feed as iCalendar, in UTC: the reader's calendar knows where it is."""
    site = places.site_of(session, feed.site_id)
    book = categories.handbook(session, site)
    made = Calendar()
    made.add("prodid", "-//Gongdan//EN")
    made.add("version", "2.0")
    found = _planned(session, feed)
    today = calendars.local_day(now, site.timezone)
    asked = Asked({ticket.id for ticket in found if ticket.kind == "inspection"}, now, now, today)
    due = inspections.inspected(session, site, asked).due
    for ticket in found:
        made.add_component(_event(ticket, book.work(ticket.category).label(locale), due.get(ticket.id), now))
    return bytes(made.to_ical())


def _event(ticket: Ticket, category: str, due: Due | None, now: datetime) -> Event:
    """An appointment has its hours; an inspection all the days on which it is in time, and the name of its plan."""
    event = Event()
    event.add("uid", f"{ticket.id}@gongdan")
    event.add("dtstamp", now)
    starts, ends = _span(ticket, due)
    event.add("dtstart", starts)
    event.add("dtend", ends)
    event.add("summary", f"{ticket.number} {(due and ticket.text) or category}")
    event.add("location", ticket.place)
    return event


def _span(ticket: Ticket, due: Due | None) -> tuple[date, date]:
    """Two instants, or two dates for whole days, of which the second is the day after the last."""
    if ticket.scheduled_from is None and due is not None:
        return due.on, due.until + timedelta(days=1)
    starts_at = ticket.scheduled_from or ticket.promised_at or ticket.opened_at
    return starts_at, (ticket.scheduled_until if ticket.scheduled_from else None) or starts_at + SHORT


def _planned(session: Session, feed: Feed) -> Sequence[Ticket]:
    """Open tickets with an appointment, and inspections with a time."""
    due = and_(Ticket.kind == "inspection", Ticket.promised_at.is_not(None))
    query = select(Ticket).where(Ticket.is_open, or_(Ticket.scheduled_from.is_not(None), due))
    query = query.where(Ticket.site_id == feed.site_id)
    if feed.person_id:
        query = query.where(Ticket.assignee_id == feed.person_id)
    if feed.asset_id:
        query = query.where(Ticket.asset_id == feed.asset_id)
    return session.scalars(query.order_by(Ticket.id).limit(MOST)).all()


def _is_held(session: Session, feed: Feed) -> bool:
    """Whether whoever it is of still works there, and whoever made it still could."""
    if feed.person_id and not _is_technician(session, feed.person_id, feed.site_id):
        return False
    if feed.made_by is None or feed.made_by == feed.person_id:
        return True
    return _holds(session, feed.made_by, feed.site_id, *MAKERS)


def _is_technician(session: Session, person_id: UUID, site_id: UUID) -> bool:
    return _holds(session, person_id, site_id, "technician")


def _holds(session: Session, person_id: UUID, site_id: UUID, *roles: str) -> bool:
    held = people.roles_of(session, person_id).get(site_id, set())
    return bool(held & set(roles)) and people.get(session, person_id).is_active


def _mac(feed_id: UUID, key: bytes) -> str:
    return hmac.new(key, b"feed" + feed_id.bytes, hashlib.sha256).hexdigest()[:MAC_CHARACTERS]
