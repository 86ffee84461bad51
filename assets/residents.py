"""Residents in and out of tables: read from the site for a plan, written in steps, and listed for an export."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from assets.checking import clean
from assets.diffs import Step, Task, chunks
from assets.moving_in import Comer, Known, PersonRow, Units, plan
from core import changes, people, places
from core.people import STAFF_ROLES, Home, Person, Role
from core.places import Place
from core.upkeep import residents

CHUNK = 50


def prepare(
    session: Session, site_id: UUID, rows: Sequence[PersonRow], now: datetime, actor: UUID | None
) -> Task:  # fmt: skip
    """Decide what a table of people and homes changes."""
    known = known_at(session, site_id)
    units = Units((place_id, path) for place_id, path in _paths(session, site_id))
    comers, diff = plan(rows, known, units)
    todo = [comer for comer in comers if comer.is_changed]
    write = partial(_let_in, site_id=site_id, now=now, actor=actor)
    return Task(diff, [Step(len(part), partial(write, part=part)) for part in chunks(todo, CHUNK)])


def known_at(session: Session, site_id: UUID) -> list[Known]:
    """The active people with a role or a home at a site, oldest first."""
    homes = select(Home.person_id, Home.place_id, Home.state).join(Place, Place.id == Home.place_id)
    lives: dict[UUID, dict[UUID, str]] = {}
    for person_id, place_id, state in session.execute(homes.where(Place.site_id == site_id)):
        lives.setdefault(person_id, {})[place_id] = state
    here = select(Role.person_id).where(Role.site_id == site_id)
    staff = set(session.scalars(select(Role.person_id).where(Role.role.in_(STAFF_ROLES))))
    at_home = select(Home.person_id).join(Place, Place.id == Home.place_id).where(Place.site_id == site_id)
    query = select(Person.id, Person.name, Person.phone).where(
        Person.is_active, or_(Person.id.in_(here), Person.id.in_(at_home))
    )
    return [
        Known(person_id, clean(name), clean(phone), person_id in staff, lives.get(person_id, {}))
        for person_id, name, phone in session.execute(query.order_by(Person.id))
    ]


def listed(session: Session, site_id: UUID) -> list[tuple[str, str, str]]:
    """The residents of a site: name, telephone, path of a home; one line for each home, or one without."""
    paths = dict(_paths(session, site_id))
    residents_here = set(
        session.scalars(select(Role.person_id).where(Role.site_id == site_id, Role.role == "resident"))
    )
    lines = []
    for one in known_at(session, site_id):
        homes = [paths[place] for place, state in one.homes.items() if state == "approved"]
        lines += [(one.name, one.phone, path) for path in homes]
        if not homes and not one.homes and one.id in residents_here:
            lines.append((one.name, one.phone, ""))
    return lines


def _paths(session: Session, site_id: UUID) -> list[tuple[UUID, str]]:
    found = session.execute(select(Place.id, Place.path).where(Place.site_id == site_id))
    return [(place_id, path) for place_id, path in found]


def _let_in(session: Session, part: Sequence[Comer], site_id: UUID, now: datetime, actor: UUID | None) -> None:
    locale = places.site_of(session, site_id).locale
    for comer in part:
        if comer.before is None:
            session.add(_person(comer, locale, now))
            session.flush()
        else:
            people.get(session, comer.id).name = comer.name
        before = {"name": comer.before.name, "phone": comer.before.phone} if comer.before else {}
        phone = comer.before.phone if comer.before else comer.phone
        after = {"name": comer.name, "phone": phone}
        edit = changes.Edit(site_id, "resident", str(comer.id), before, after, comer.name, f"person:{comer.id}")
        people.grant(session, comer.id, "resident", site_id)
        changes.record(session, edit, actor, now)
        for place_id in comer.homes:
            home = people.claim_home(session, comer.id, place_id)
            residents.decide(session, site_id, home.id, actor, now, approve=True)


def _person(comer: Comer, locale: str, now: datetime) -> Person:
    return Person(
        id=comer.id, name=comer.name, locale=locale, phone=comer.phone, password_hash="", is_active=True,
        informed_at=None, created_at=now,
    )  # fmt: skip
