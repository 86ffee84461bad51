"""A ticket as a page shows it: its head with the deadline in words, and what this reader may know of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from core import categories, deadlines, i18n, places
from core.access import Viewer
from core.database import Session
from core.places import SiteFacts
from core.tickets import deadlining, queries
from core.tickets.models import Attachment, Ticket

SOON = timedelta(minutes=60)


@dataclass(frozen=True, slots=True)
class Until:
    """A deadline in words, and as an instant that a script keeps counting. `kind`: "", soon or over."""

    text: str
    at: str
    kind: str


@dataclass(frozen=True, slots=True)
class Photo:
    src: str
    href: str
    alt: str


@dataclass(frozen=True, slots=True)
class Head:
    """What stands on top of a ticket wherever it appears: number, what, where, state, who, until when.

    `what`: the category, or the name of a round.
    """

    number: str
    what: str
    where: str
    state: str
    emergency: str
    who: str
    until: Until | None
    version: int
    zone: str

    @property
    def href(self) -> str:
        return f"/t/{self.number}"


def site_of(session: Session, ticket: Ticket) -> SiteFacts:
    return places.site_of(session, ticket.site_id)


def label(session: Session, site: SiteFacts, category: str, locale: str) -> str:
    """How a site calls a category."""
    return categories.handbook(session, site).work(category).label(locale)


def title(session: Session, site: SiteFacts, ticket: Ticket, locale: str) -> str:
    """What a ticket is about: a fault by its category, an inspection by its plan's name. A task's words stay inside."""
    what = label(session, site, ticket.category, locale)
    if ticket.kind == "fault":
        return what
    name = ticket.text.partition("\n")[0] if ticket.kind == "inspection" else ""
    return f"{i18n.translate(f'kind.{ticket.kind}', locale)} · {name or what}"


def head(session: Session, ticket: Ticket, locale: str, now: datetime) -> Head:
    site = site_of(session, ticket)
    names = queries.names_of(session, [ticket.assignee_id])
    where = " · ".join(part for part in (ticket.place or site.name, ticket.asset_name) if part)
    return Head(
        ticket.number, title(session, site, ticket, locale), where, ticket.state,
        ticket.emergency if ticket.is_open else "", names.get(ticket.assignee_id, "") if ticket.assignee_id else "",
        until(ticket, locale, now), ticket.version, site.timezone,
    )  # fmt: skip


def until(ticket: Ticket, locale: str, now: datetime) -> Until | None:
    """What is left until the next deadline, while somebody still waits for it."""
    return _until(deadlining.running(ticket), locale, now)


def awaited(ticket: Ticket, locale: str, now: datetime) -> Until | None:
    """The same for who waits: until somebody is there, then until it is mended. When it was to be accepted is ours."""
    is_there = ticket.state == "in_progress"
    is_coming = ticket.state in ("reported", "assigned", "accepted")
    return _until(ticket.repair_by if is_there else deadlining.visit(ticket) if is_coming else None, locale, now)


def _until(promised: datetime | None, locale: str, now: datetime) -> Until | None:
    if promised is None:
        return None
    left = promised - now
    is_over = deadlines.is_overdue(promised, None, now)
    kind = "over" if is_over else "soon" if left < SOON else ""
    key = "page.until.over" if is_over else "page.until.left"
    return Until(i18n.translate(key, locale, time=span(abs(left), locale)), promised.isoformat(), kind)


def deadline_lines(session: Session, ticket: Ticket, locale: str, now: datetime) -> list[tuple[str, str]]:
    """Each deadline with how it stands and why it is when it is."""
    zone = site_of(session, ticket).timezone
    found = []
    for one in deadlining.shown(session, ticket, now):
        state = "missed" if one.is_missed else "met" if one.met_at else "open" if one.due_at else "still"
        said = f"{i18n.translate(f'page.deadline.{state}', locale)} · {deadlines.said(one.facts, locale, zone)}"
        found.append((i18n.translate(f"deadline.goal.{one.goal}", locale), said))
    return found


def span(length: timedelta, locale: str) -> str:
    """A length of time as people say it."""
    minutes = max(1, int(length.total_seconds()) // 60)
    facts = {"days": minutes // 1440, "hours": minutes % 1440 // 60, "minutes": minutes % 60}
    key = "days" if facts["days"] else "hours" if facts["hours"] else "minutes"
    return i18n.translate(f"page.until.{key}", locale, **facts)


def photo(ticket: Ticket, row: Attachment, locale: str) -> Photo:
    src = f"/api/v1/tickets/{ticket.number}/photos/{row.hash}"
    return Photo(f"{src}?size=thumb", f"{src}?size=screen", i18n.translate(f"page.photo.{row.kind}", locale))


def visible_files(session: Session, ticket: Ticket, viewer: Viewer) -> list[Attachment]:
    """All for staff; for a resident their own and those of staff, never another resident's."""
    rows = queries.attachments_of(session, ticket.id)
    hidden = others(session, ticket, viewer)
    return [row for row in rows if row.person_id not in hidden]


def others(session: Session, ticket: Ticket, viewer: Viewer) -> set[UUID]:
    """The residents whose words and photos are not for this reader: the other ones, unless staff reads."""
    if is_staff_at(ticket, viewer):
        return set()
    return {person for person in queries.concerned(session, ticket) if person != viewer.person_id}


def is_staff_at(ticket: Ticket, viewer: Viewer) -> bool:
    return viewer.at(ticket.id).holds(ticket.site_id, *queries.STAFF)
