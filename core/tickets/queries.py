"""Reads: one ticket, a technician's list, the board, the history of a subject, who is concerned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, case, or_, select
from sqlalchemy.orm import Session

from core import people
from core.access import Viewer
from core.errors import NotFound
from core.people import Membership, Person, Role
from core.prepared import Prepared
from core.tickets.evidence import Evidence, stands_under
from core.tickets.models import (
    Attachment,
    ChecklistItem,
    Follower,
    Note,
    Offer,
    Part,
    Rating,
    Signature,
    Subject,
    Ticket,
)

STAFF = ("technician", "supervisor", "manager", "admin")
DESK = ("supervisor", "admin")


def by_number(session: Session, number: str, *, lock: bool = False) -> Ticket:
    return _one(session, Ticket.number == number.strip().upper(), lock=lock)


def by_id(session: Session, ticket_id: UUID, *, lock: bool = False) -> Ticket:
    return _one(session, Ticket.id == ticket_id, lock=lock)


def lock_all(session: Session, numbers: Sequence[str]) -> None:
    """Lock several tickets in one order, so that two who want the same ones do not wait for each other."""
    wanted = [number.strip().upper() for number in numbers]
    session.execute(select(Ticket.id).where(Ticket.number.in_(wanted)).order_by(Ticket.id).with_for_update())


def _one(session: Session, condition: ColumnElement[bool], *, lock: bool) -> Ticket:
    """`lock`: read it to change it; on PostgreSQL others who want the same wait here."""
    query = select(Ticket).where(condition)
    ticket = session.scalar(query.with_for_update() if lock else query)
    if ticket is None:
        raise NotFound(what="word.ticket")
    return ticket


def subject_of(ticket: Ticket, *, is_common: bool) -> Subject:
    return Subject(
        ticket.site_id, ticket.place_id, ticket.place, is_common, ticket.asset_id, ticket.asset_code,
        ticket.asset_name, ticket.category,
    )  # fmt: skip


def parts_of(session: Session, ticket: Ticket, viewer: Viewer) -> set[str]:
    """The parts a person plays at a ticket: assignee, eligible, reporter, supervisor. Empty: a stranger to it."""
    parts: set[str] = set()
    if viewer.only not in (None, ticket.id):
        return parts
    viewer = viewer.at(ticket.id)
    if ticket.assignee_id == viewer.person_id:
        parts.add("assignee")
    if ticket.reporter_id == viewer.person_id or session.get(Follower, (ticket.id, viewer.person_id)) is not None:
        parts.add("reporter")
    if viewer.holds(ticket.site_id, *DESK):
        parts.add("supervisor")
    if viewer.holds(ticket.site_id, "technician") and ticket.assignee_id is None and _in_team(session, ticket, viewer):
        parts.add("eligible")
    return parts


def _in_team(session: Session, ticket: Ticket, viewer: Viewer) -> bool:
    if ticket.emergency or ticket.team_id is None:
        return True
    return session.get(Membership, (ticket.team_id, viewer.person_id)) is not None


def may_see(session: Session, ticket: Ticket, viewer: Viewer) -> bool:
    """Staff of the site see its tickets; a resident those that were reported or joined; nobody else any."""
    return viewer.at(ticket.id).holds(ticket.site_id, *STAFF) or "reporter" in parts_of(session, ticket, viewer)


def concerned(session: Session, ticket: Ticket) -> list[UUID]:
    """The reporter and everyone who joined."""
    joined = session.scalars(select(Follower.person_id).where(Follower.ticket_id == ticket.id))
    first = [ticket.reporter_id] if ticket.reporter_id else []
    return list(dict.fromkeys([*first, *joined]))


def is_shared_with(session: Session, subject: Subject, person_id: UUID | None) -> bool:
    """Whether somebody may mean the same thing as others: at a common place, or in a home that is theirs."""
    return subject.is_shared or (person_id is not None and subject.place_id in people.homes_of(session, person_id))


def open_twin(session: Session, subject: Subject, category: str, by: UUID | None = None) -> Ticket | None:
    """The oldest open fault on the same thing and of the same category; in a home for those who live there alone.

    `by`: who reports. Whoever scans the boiler in a home of others learns nothing of what is open on it.
    """
    return session.scalar(_twins(subject, category)) if _may_mean_others(session, subject, by) else None


def open_beside(session: Session, subject: Subject, ticket: Ticket) -> Ticket | None:
    """An older open fault at the same home, on the same thing and of the same category."""
    if subject.is_shared:
        return None
    return session.scalar(_twins(subject, ticket.category).where(Ticket.id < ticket.id))


def open_alarm(session: Session, subject: Subject, category: str, by: UUID | None = None) -> Ticket | None:
    """The oldest open emergency of that kind, also behind an older fault that is none."""
    if not _may_mean_others(session, subject, by):
        return None
    return session.scalar(_twins(subject, category).where(Ticket.emergency != ""))


def standing_alarm(session: Session, subject: Subject, emergency: str) -> Ticket | None:
    """An open emergency of one kind at a site: on the thing itself, else at its place, else the oldest."""
    query = select(Ticket).where(Ticket.is_open, Ticket.site_id == subject.site_id, Ticket.emergency == emergency)
    is_here = case((Ticket.place_id == subject.place_id, 0), else_=1)
    is_it = case((Ticket.asset_id == subject.asset_id, 0), else_=1)
    return session.scalar(query.order_by(is_here, is_it, Ticket.id).limit(1))


def _may_mean_others(session: Session, subject: Subject, by: UUID | None) -> bool:
    """Nobody is asked about a home as a whole: two faults in it are rarely the same."""
    return subject.is_shared or (subject.asset_id is not None and is_shared_with(session, subject, by))


def _twins(subject: Subject, category: str) -> Select[Ticket]:
    same_thing = Ticket.asset_id == subject.asset_id if subject.asset_id else Ticket.asset_id.is_(None)
    query = select(Ticket).where(Ticket.is_open, Ticket.kind == "fault", Ticket.category == category)
    return query.where(Ticket.place_id == subject.place_id, same_thing).order_by(Ticket.id).limit(1)


def open_on(session: Session, subject: Subject) -> list[Ticket]:
    """Open tickets on a thing, for the page behind its code."""
    on_it = Ticket.asset_id == subject.asset_id if subject.asset_id else Ticket.place_id == subject.place_id
    return list(session.scalars(select(Ticket).where(Ticket.is_open, on_it).order_by(Ticket.id)))


def history_of(session: Session, subject: Subject, limit: int = 3) -> list[Ticket]:
    """The last ended visits to a thing."""
    on_it = Ticket.asset_id == subject.asset_id if subject.asset_id else Ticket.place_id == subject.place_id
    query = select(Ticket).where(~Ticket.is_open, on_it).order_by(Ticket.id.desc()).limit(limit)
    return list(session.scalars(query))


def list_of(session: Session, technician_id: UUID) -> list[Ticket]:
    """A technician's open work: emergencies first, then by what was promised."""
    query = select(Ticket).where(Ticket.is_open, Ticket.assignee_id == technician_id)
    urgency = case((Ticket.emergency != "", 0), else_=1)
    return list(session.scalars(query.order_by(urgency, Ticket.promised_at, Ticket.id)))


def claimable(session: Session, viewer: Viewer, limit: int = 50) -> list[Ticket]:
    """Open work without a technician that this one may claim."""
    mine = select(Membership.team_id).where(Membership.person_id == viewer.person_id)
    query = select(Ticket).where(
        Ticket.is_open, Ticket.assignee_id.is_(None), Ticket.state.in_(("reported", "assigned")),
        Ticket.site_id.in_(viewer.sites("technician")), or_(Ticket.team_id.is_(None), Ticket.team_id.in_(mine)),
    )  # fmt: skip
    return list(session.scalars(query.order_by(Ticket.promised_at, Ticket.id).limit(limit)))


def reported_by(
    session: Session, person_id: UUID, *, limit: int = 10, ended_since: datetime | None = None
) -> list[Ticket]:
    """A resident's tickets, reported or joined, newest first; ended ones only when they ended after a moment."""
    query = select(Ticket).where(_is_of(person_id), Ticket.state != "merged")
    if ended_since is not None:
        query = query.where(or_(Ticket.is_open, Ticket.closed_at.is_(None), Ticket.closed_at >= ended_since))
    return list(session.scalars(query.order_by(Ticket.id.desc()).limit(limit)))


def board(
    session: Session, site_ids: Sequence[UUID], *, states: Sequence[str] = (), assignee_id: UUID | None = None,
    words: str = "", after: UUID | None = None, limit: int = 50,
) -> list[Ticket]:  # fmt: skip
    """Tickets of some sites, newest first, paged by key: `after` is the id of the last one seen."""
    query = select(Ticket).where(Ticket.site_id.in_(site_ids))
    if assignee_id:
        query = query.where(Ticket.assignee_id == assignee_id)
    return _page(session, query, states, words, after, limit)


def own(
    session: Session, person_id: UUID, *, states: Sequence[str] = (), words: str = "", after: UUID | None = None,
    limit: int = 50,
) -> list[Ticket]:  # fmt: skip
    """What a person has reported or joined, merged ones too, newest first, paged by key like the board."""
    return _page(session, select(Ticket).where(_is_of(person_id)), states, words, after, limit)


def _is_of(person_id: UUID) -> ColumnElement[bool]:
    """Whether a person has reported or joined it: two indexes, where an OR would walk through every ticket."""
    reported = select(Ticket.id).where(Ticket.reporter_id == person_id)
    joined = select(Follower.ticket_id).where(Follower.person_id == person_id)
    return Ticket.id.in_(reported.union(joined))


def _page(
    session: Session, query: Select[Any], states: Sequence[str], words: str, after: UUID | None, limit: int
) -> list[Ticket]:
    if states:
        query = query.where(Ticket.state.in_(states))
    if words:
        query = query.where(mentions(words))
    if after:
        query = query.where(Ticket.id < after)
    return list(session.scalars(query.order_by(Ticket.id.desc()).limit(limit)))


def mentions(words: str) -> ColumnElement[bool]:
    """Whether a ticket's number, words, place or asset contain some words."""
    columns = (Ticket.number, Ticket.text, Ticket.place, Ticket.asset_name, Ticket.asset_code)
    return or_(*(column.icontains(words, autoescape=True) for column in columns))


def evidence_of(session: Session, ticket: Ticket, declared: Mapping[str, Any] | None = None) -> Evidence:
    """What the present round of a ticket has to show.

    `declared`: resolution, minutes and note of a sign-off; a signature under others is none. A signature under other
    photos, parts or answers is none in any case.
    """
    work = work_of(session, ticket)
    signed = select(Signature.role, Signature.content).where(
        Signature.ticket_id == ticket.id, Signature.round == ticket.round
    )
    under = {**work, **(declared or {})}
    return Evidence(
        kind=ticket.kind, category=ticket.category, has_asset=ticket.asset_id is not None,
        photo_kinds=frozenset(kind for kind, _ in work["photos"]),
        signed_by=frozenset(role for role, content in session.execute(signed) if stands_under(content, under)),
        scan_proof=ticket.scan_proof, unanswered=sum(not answer for _, answer, *left in work["answers"] if not left),
        waived=frozenset(ticket.waived),
    )  # fmt: skip


def work_of(session: Session, ticket: Ticket) -> dict[str, Any]:
    """The work of the present round as it is shown and signed: photos, parts, answers."""
    photos = [row for row in attachments_of(session, ticket.id) if row.round == ticket.round]
    parts = [part for part in parts_used(session, ticket.id) if part.round == ticket.round]
    return {
        "photos": [[row.kind, row.hash] for row in photos],
        "parts": [[part.name, part.quantity] for part in parts],
        "answers": [
            [item.position, item.answer, *(["left"] if item.options.get("left") else [])]
            for item in checklist_of(session, ticket.id)
        ],
    }


def numbers_of(session: Session, ticket_ids: Sequence[UUID | None]) -> dict[UUID, str]:
    wanted = [ticket_id for ticket_id in ticket_ids if ticket_id]
    rows = session.execute(select(Ticket.id, Ticket.number).where(Ticket.id.in_(wanted))).all() if wanted else []
    return {row.id: row.number for row in rows}


def words_of_follower(session: Session, ticket_id: UUID, person_id: UUID) -> str:
    """What somebody who joined said themselves."""
    follower = session.get(Follower, (ticket_id, person_id))
    return follower.text if follower else ""


def attachments_of(session: Session, ticket_id: UUID) -> list[Attachment]:
    return list(session.scalars(select(Attachment).where(Attachment.ticket_id == ticket_id).order_by(Attachment.id)))


def notes_of(session: Session, ticket_id: UUID, *, internal: bool) -> list[Note]:
    """The words of a ticket; those between staff only when `internal`."""
    query = select(Note).where(Note.ticket_id == ticket_id).order_by(Note.id)
    return list(session.scalars(query if internal else query.where(~Note.is_internal)))


def signatures_of(session: Session, ticket_id: UUID) -> list[Signature]:
    return list(session.scalars(select(Signature).where(Signature.ticket_id == ticket_id).order_by(Signature.id)))


def parts_used(session: Session, ticket_id: UUID) -> list[Part]:
    return list(session.scalars(select(Part).where(Part.ticket_id == ticket_id).order_by(Part.id)))


def checklist_of(session: Session, ticket_id: UUID) -> list[ChecklistItem]:
    query = select(ChecklistItem).where(ChecklistItem.ticket_id == ticket_id).order_by(ChecklistItem.position)
    return list(session.scalars(query))


def ratings_of(session: Session, ticket_id: UUID) -> list[Rating]:
    return list(session.scalars(select(Rating).where(Rating.ticket_id == ticket_id).order_by(Rating.id)))


def offers_of(session: Session, ticket: Ticket) -> list[Offer]:
    """The offers of the present round, oldest first."""
    query = select(Offer).where(Offer.ticket_id == ticket.id, Offer.round == ticket.round)
    return list(session.scalars(query.order_by(Offer.id)))


_NAME = Prepared(select(Person.id, Person.name).where(Person.id == bindparam("of_id")))


def names_of(session: Session, person_ids: Sequence[UUID | None]) -> dict[UUID, str]:
    wanted = {person_id for person_id in person_ids if person_id}
    if len(wanted) == 1:
        return {person_id: name for person_id, name in _NAME.rows(session, of_id=wanted.pop())}  # noqa: C416 - types
    found = session.execute(select(Person.id, Person.name).where(Person.id.in_(wanted)))
    return {row.id: row.name for row in found}


def technicians(session: Session, site_id: UUID) -> list[tuple[UUID, str]]:
    """The active technicians of a site, by name."""
    query = select(Person.id, Person.name).join(Role, Role.person_id == Person.id)
    query = query.where(Role.site_id == site_id, Role.role == "technician", Person.is_active).order_by(Person.name)
    return [(person_id, name) for person_id, name in session.execute(query)]


def team_members(session: Session, team_id: UUID) -> list[UUID]:
    query = select(Membership.person_id).join(Person, Person.id == Membership.person_id)
    return list(session.scalars(query.where(Membership.team_id == team_id, Person.is_active)))


def newest_photo(session: Session, ticket: Ticket, kind: str) -> str:
    """The hash of the newest photo of a kind in the present round; empty when there is none."""
    query = select(Attachment.hash).where(
        Attachment.ticket_id == ticket.id, Attachment.round == ticket.round, Attachment.kind == kind
    )
    return session.scalar(query.order_by(Attachment.id.desc()).limit(1)) or ""


def desk_of(session: Session, site_id: UUID) -> list[UUID]:
    """The supervisors of a site."""
    return people.holders(session, site_id, "supervisor")
