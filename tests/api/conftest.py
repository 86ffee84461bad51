"""The application that the tests of the JSON API call, and what lies around at its site."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from assets import register
from core import people, places
from core.database import Database
from tests.api.calling import Api, calling
from tests.personas import NOW, Cast


@pytest.fixture
def api(db: Database, tmp_path: Path) -> Iterator[Api]:
    with calling(db, tmp_path) as opened:
        yield opened


@pytest.fixture
def lift(db: Database, cast: Cast) -> str:
    """The code of a lift in the hall."""
    with db.write_scope() as session:
        return register.add_asset(session, cast.site, cast.hall, "Lift 1", "Passenger lift", now=NOW).code


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another site with its own people and things."""

    site: UUID
    place: UUID
    code: str
    team: UUID
    technician: UUID
    supervisor: UUID


@pytest.fixture
def elsewhere(db: Database, cast: Cast) -> Elsewhere:
    with db.write_scope() as session:
        site = places.add_site(session, "River Court", locale="en").id
        place = places.ensure_path(session, site, "R/1/Lobby").id
        code = register.add_asset(session, site, place, "Pump 7", "Pump", now=NOW).code
        team = people.add_team(session, "River crew", site).id
        technician = people.add_person(session, "River Technician", locale="en").id
        people.grant(session, technician, "technician", site)
        people.join_team(session, team, technician, ["water"])
        supervisor = people.add_person(session, "River Supervisor", locale="en").id
        people.grant(session, supervisor, "supervisor", site)
        return Elsewhere(site, place, code, team, technician, supervisor)
