"""Residents and their homes: who lives where, and who still waits to be let in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, or_, select, update
from sqlalchemy.orm import Session

from core import changes, joining, people, phones
from core.errors import Conflict, Forbidden, NotFound
from core.people import Home, Identity, Person, Role
from core.places import Place
from core.tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class Resident:
    """One line: a person, a home and its state. `others`: how many people live there already."""

    home_id: UUID
    person_id: UUID
    name: str
    phone: str
    place_id: UUID
    unit: str
    state: str
    claimed_at: datetime
    has_chat: bool


def listed(
    session: Session, site_id: UUID, *, words: str = "", state: str = "approved", after: str = "", limit: int = 100
) -> list[Resident]:
    """The people of the homes of a site in the order of their units; `after`: the unit and id that were seen last."""
    chat = (
        exists()
        .where(Identity.person_id == Person.id, Identity.revoked_at.is_(None), Identity.conversation != "")
        .correlate(Person)
    )
    query = (
        select(Home.id, Person.id, Person.name, Person.phone, Place.id, Place.path, Home.state, Home.claimed_at, chat)
        .join(Person, Person.id == Home.person_id).join(Place, Place.id == Home.place_id)
        .where(Place.site_id == site_id, Home.state == state, Person.is_active)
    )  # fmt: skip
    for word in words.split():
        digits = phones.digits(word)
        by_phone = [Person.phone_key.endswith(digits)] if len(digits) >= 4 else []
        query = query.where(
            or_(Person.name.icontains(word, autoescape=True), Place.path.icontains(word, autoescape=True), *by_phone)
        )
    if after:
        query = query.where(Place.path > after)
    rows = session.execute(query.order_by(Place.path, Person.name, Home.id).limit(limit))
    return [Resident(*row) for row in rows]


def waiting(session: Session, site_id: UUID) -> int:
    """How many claims wait for the desk."""
    return len(listed(session, site_id, state="claimed", limit=1000))


def home_at(session: Session, site_id: UUID, home_id: UUID) -> Home:
    home = session.get(Home, home_id)
    place = session.get(Place, home.place_id) if home else None
    if home is None or place is None or place.site_id != site_id:
        raise NotFound(what="word.home")
    return home


def decide(session: Session, site_id: UUID, home_id: UUID, actor: UUID | None, now: datetime, *, approve: bool) -> None:
    """Let somebody in or not. Errors: NotFound for a home of another site, Conflict when it was decided already."""
    home = home_at(session, site_id, home_id)
    before = home.state
    people.decide_home(session, home_id, approve=approve, by=actor)
    if approve:
        people.grant(session, home.person_id, "resident", site_id)
    _record(session, site_id, home, before, actor, now)


def move_out(session: Session, site_id: UUID, home_id: UUID, actor: UUID, now: datetime) -> None:
    """Somebody no longer lives there: nothing of that home is shown or told to them from now on."""
    home = home_at(session, site_id, home_id)
    changed = session.execute(
        update(Home).where(Home.id == home_id, Home.state == "approved")
        .values(state="ended", decided_at=now, decided_by=actor)
    )  # fmt: skip
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict
    session.expire(home)
    _record(session, site_id, home, "approved", actor, now)


def profile(session: Session, site_id: UUID, person_id: UUID) -> Person:
    """Somebody with a home or a role at a site. Raises NotFound for everybody else."""
    person = session.get(Person, person_id)
    home = exists().where(Home.person_id == person_id, Home.place_id == Place.id, Place.site_id == site_id)
    role = exists().where(Role.person_id == person_id, Role.site_id == site_id)
    if person is None or not session.scalar(select(or_(home, role))):
        raise NotFound(what="word.person")
    return person


def homes(session: Session, site_id: UUID, person_id: UUID) -> list[tuple[Home, str]]:
    query = select(Home, Place.path).join(Place, Place.id == Home.place_id)
    rows = session.execute(query.where(Home.person_id == person_id, Place.site_id == site_id).order_by(Place.path))
    return [(home, path) for home, path in rows]


def tickets(session: Session, site_id: UUID, person_id: UUID, limit: int = 50) -> list[Ticket]:
    """What a person reported at a site, newest first."""
    query = select(Ticket).where(Ticket.reporter_id == person_id, Ticket.site_id == site_id)
    return list(session.scalars(query.order_by(Ticket.id.desc()).limit(limit)))


def identities(session: Session, person_id: UUID) -> list[Identity]:
    query = select(Identity).where(Identity.person_id == person_id).order_by(Identity.seen_at.desc())
    return list(session.scalars(query))


def end_contact(
    session: Session, site_id: UUID, person_id: UUID, identity_id: UUID, actor: UUID, now: datetime
) -> None:
    """Part a chat from a person: a lost telephone, a sold account. Nothing is told there, and nothing there opens.

    Errors: NotFound; Forbidden for somebody of the staff, who is no resident alone.
    """
    person = profile(session, site_id, person_id)
    if any(held - {"resident"} for held in people.roles_of(session, person.id).values()):
        raise Forbidden
    identity = session.get(Identity, identity_id)
    if identity is None or identity.person_id != person.id:
        raise NotFound(what="word.identity")
    if identity.revoked_at is not None:
        return
    identity.revoked_at = now
    session.flush()
    joining.part(session, identity, now)
    edit = changes.Edit(
        site_id, "contact", str(identity_id), {"state": "joined"}, {"state": "ended", "channel": identity.channel},
        person.name, f"person:{person.id}",
    )  # fmt: skip
    changes.record(session, edit, actor, now)


def _record(session: Session, site_id: UUID, home: Home, before: str, actor: UUID | None, now: datetime) -> None:
    path = session.get_one(Place, home.place_id).path
    edit = changes.Edit(
        site_id, "home", str(home.id), {"state": before}, {"state": home.state}, path, f"person:{home.person_id}"
    )
    changes.record(session, edit, actor, now)
