"""A town to report from: many residents with a home and an open conversation each, written in bulk."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert

from core import access, clock, people, places
from core.conversations import Conversation
from core.database import Database, Session, rows
from core.migrations.run import upgrade
from core.people import Home, Identity, Person
from core.places import Place
from tests.databases import import_models

RESIDENTS = 40_000
SITES = 10  # neighbours in a benchmark are of different sites, as those of a property company are
TECHNICIANS = 8
ACCOUNT = "1000"


def build(database: Database) -> list[str]:
    """Fill an empty database; returns a bearer token of each site's supervisor."""
    import_models()
    upgrade(database)
    now = clock.now()
    with database.write_scope() as session:
        return [_add_site(session, place, now) for place in range(SITES)]


def _add_site(session: Session, place: int, now: datetime) -> str:
    site = places.add_site(session, f"Bench {place}", phone="400-000-0000")
    team = people.add_team(session, "crew", site.id)
    for number in range(TECHNICIANS):
        technician = people.add_person(session, f"technician {place}-{number}")
        people.grant(session, technician.id, "technician", site.id)
        people.join_team(session, team.id, technician.id, ["water"])
    boss = people.add_person(session, f"boss {place}")
    people.grant(session, boss.id, "supervisor", site.id)
    root = places.root_of(session, site.id)
    places.ensure_path(session, site.id, "lobby")
    _add_residents(session, site.id, root.id, range(place, RESIDENTS, SITES), now)
    return access.issue(session, "bearer", boss.id, now, life=None)


def _add_residents(session: Session, site_id: UUID, root_id: UUID, numbers: range, now: datetime) -> None:
    made = [(number, clock.new_id(), clock.new_id()) for number in numbers]
    person = {
        "locale": "en",
        "phone": "",
        "password_hash": "",
        "is_active": True,
        "informed_at": now,
        "created_at": now,
    }
    session.execute(insert(rows(Person)), [{"id": who, "name": f"r{n}", **person} for n, who, _ in made])
    place = {"site_id": site_id, "parent_id": root_id, "kind": "unit", "is_common": False}
    session.execute(insert(rows(Place)), [{"id": at, "name": f"{n}", "path": f"{n}", **place} for n, _, at in made])
    home = {"state": "approved", "claimed_at": now}
    session.execute(
        insert(rows(Home)), [{"id": clock.new_id(), "person_id": w, "place_id": a, **home} for _, w, a in made]
    )
    chat = {"channel": "telegram", "account": ACCOUNT}
    identity = {**chat, "kind": "telegram_id", "verified_via": "bench", "verified_at": now, "seen_at": now}
    session.execute(
        insert(rows(Identity)),
        [
            {"id": clock.new_id(), "person_id": w, "value": str(n), "conversation": str(n), **identity}
            for n, w, _ in made
        ],
    )
    blank = {"flow": "", "step": "", "data": {}, "version": 1, "counted_from": now, "counted": 0, "updated_at": now}
    session.execute(
        insert(rows(Conversation)),
        [
            {"id": clock.new_id(), "person_id": w, "sender": str(n), "conversation": str(n), **chat, **blank}
            for n, w, _ in made
        ],
    )
