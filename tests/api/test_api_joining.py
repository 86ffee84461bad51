"""Joining over HTTP: what is common, and what stands in a home of one's own; nothing else."""

from __future__ import annotations

import pytest

from api.deps import COOKIE
from assets import register
from core import access, clock, people
from core.database import Database
from core.tickets import queries
from tests.api.calling import Api, Caller
from tests.personas import NOW, Cast


@pytest.fixture
def boiler(db: Database, cast: Cast) -> str:
    """The code of a boiler inside the resident's home."""
    with db.write_scope() as session:
        return register.add_asset(session, cast.site, cast.home, "Boiler 7", "Boiler", now=NOW).code


def test_a_thing_inside_a_home_is_joined_by_those_who_live_there_alone(
    api: Api, db: Database, cast: Cast, boiler: str
) -> None:
    number = api.as_(cast.resident).report("The boiler drips", asset=boiler, category="water")["number"]
    assert api.as_(cast.neighbour).act(number, "join", text="me too").status_code == 404
    with db.write_scope() as session:
        people.decide_home(session, people.claim_home(session, cast.outsider, cast.home).id, approve=True, by=None)
    joined = api.as_(cast.outsider).act(number, "join", text="I hear it too")
    assert (joined.status_code, joined.json()["text"]) == (200, "I hear it too")


def test_a_link_to_one_ticket_joins_no_other(api: Api, db: Database, cast: Cast, boiler: str) -> None:
    first = api.as_(cast.resident).report("The kitchen tap drips", category="water")["number"]
    second = api.as_(cast.neighbour).report("The hall is flooded, a pipe", place="A/1/Hall", category="water")["number"]
    with db.write_scope() as session:
        ticket = queries.by_number(session, first)
        secret = access.issue(session, "session", cast.resident, clock.now(), life=None, ticket_id=ticket.id)
    visitor = Caller(api, {"cookie": f"{COOKIE}={secret}"})
    assert visitor.get(f"/api/v1/tickets/{first}").status_code == 200
    assert visitor.act(second, "join", text="me too").status_code == 404
