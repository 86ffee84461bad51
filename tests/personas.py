"""The people of the tests, made through the verbs that the product uses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Table, insert, select

from core import categories, people, places
from core.database import Database, Session
from core.database import Table as Base

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # Friday, ten in the morning in Shanghai
SKILLS = ["lift", "water", "electricity"]


@dataclass(frozen=True, slots=True)
class Cast:
    """Who takes part and where: one compound with a home, a common place, a crew, and a stranger from elsewhere.

    The resident and the neighbour live in `home` and `next_door`; `hall` is common. The outsider has no role here.
    """

    site: UUID
    home: UUID
    next_door: UUID
    hall: UUID
    crew: UUID
    resident: UUID
    neighbour: UUID
    technician: UUID
    second_technician: UUID
    supervisor: UUID
    manager: UUID
    admin: UUID
    outsider: UUID


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A cast and the rows that it is made of."""

    cast: Cast
    rows: list[tuple[Table, list[dict[str, Any]]]]


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def played() -> dict[str, Snapshot]:
    """The cast on each kind of database, once it was played there."""
    return {}


@pytest.fixture
def cast(db: Database, played: dict[str, Snapshot]) -> Cast:
    """Played once, and its rows copied for every other test: that takes a tenth of the time."""
    kind = db.engine.dialect.name
    with db.write_scope() as session:
        if places.any_site(session):
            return play(session)
        if kind not in played:
            played[kind] = Snapshot(play(session), rows_of(session))
            return played[kind].cast
        categories._handbooks.clear()  # noqa: SLF001 - a site of the same key and revision comes with each test
        for table, rows in played[kind].rows:
            session.execute(insert(table), rows)
    return played[kind].cast


def rows_of(session: Session) -> list[tuple[Table, list[dict[str, Any]]]]:
    """Everything that there is, in an order in which it can be inserted."""
    found = [
        (table, [dict(row) for row in session.execute(select(table).order_by(*table.primary_key)).mappings()])
        for table in Base.metadata.sorted_tables
    ]
    return [(table, rows) for table, rows in found if rows]


def play(session: Session) -> Cast:
    """Bring the whole cast on stage."""
    site = places.add_site(session, "Garden Court", locale="en", phone="+86 21 5555 0100").id
    home = places.ensure_path(session, site, "A/12/1203", kind="unit", is_common=False).id
    next_door = places.ensure_path(session, site, "A/12/1204", kind="unit", is_common=False).id
    hall = places.ensure_path(session, site, "A/1/Hall").id
    crew = people.add_team(session, "House crew", site).id
    return Cast(
        site=site,
        home=home,
        next_door=next_door,
        hall=hall,
        crew=crew,
        resident=_resident(session, "Li Na", site, home),
        neighbour=_resident(session, "Chen Bo", site, next_door),
        technician=_technician(session, "Wang Wei", site, crew),
        second_technician=_technician(session, "Zhao Lei", site, crew),
        supervisor=_person(session, "Sun Yue", "supervisor", site),
        manager=_person(session, "Ma Li", "manager", site),
        admin=_person(session, "Guo Jing", "admin", site),
        outsider=people.add_person(session, "Somebody Else", locale="en").id,
    )


def _person(session: Session, name: str, role: str, site: UUID) -> UUID:
    person = people.add_person(session, name, locale="en")
    people.grant(session, person.id, role, site)
    return person.id


def _resident(session: Session, name: str, site: UUID, home: UUID) -> UUID:
    person = _person(session, name, "resident", site)
    people.decide_home(session, people.claim_home(session, person, home).id, approve=True, by=None)
    return person


def _technician(session: Session, name: str, site: UUID, crew: UUID) -> UUID:
    person = _person(session, name, "technician", site)
    people.join_team(session, crew, person, SKILLS)
    return person


@pytest.fixture
def site(cast: Cast) -> UUID:
    return cast.site


@pytest.fixture
def resident(cast: Cast) -> UUID:
    return cast.resident


@pytest.fixture
def technician(cast: Cast) -> UUID:
    return cast.technician


@pytest.fixture
def second_technician(cast: Cast) -> UUID:
    return cast.second_technician


@pytest.fixture
def supervisor(cast: Cast) -> UUID:
    return cast.supervisor


@pytest.fixture
def manager(cast: Cast) -> UUID:
    return cast.manager


@pytest.fixture
def admin(cast: Cast) -> UUID:
    return cast.admin


@pytest.fixture
def outsider(cast: Cast) -> UUID:
    return cast.outsider
