"""A site with 100,000 tickets of which 2,000 are open, written in bulk, each with its first event."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from core import access, clock, people, places, trace
from core.database import Database, Session, rows
from core.migrations.run import upgrade
from core.tickets.models import Ticket
from core.trace import Event
from tests.databases import import_models

TICKETS, OPEN = 100_000, 2_000
CHUNK = 5_000
STATES = {"reported": "", "assigned": "x", "accepted": "x", "in_progress": "x", "on_hold": "x", "done": "x"}
CATEGORIES = ("water", "lift", "electricity", "drainage", "cleaning", "noise", "heating_ac", "doors_windows")
WORDS = ("the tap drips", "no light in the corridor", "the lift stands still", "水管漏水", "门禁坏了", "very loud")
LIKELY = (300, 500, 200, 600, 200, 200)


@dataclass(frozen=True, slots=True)
class Compound:
    """What the benchmark asks by: a supervisor's session, a building, an open ticket to act on."""

    site_id: UUID
    session: str
    building: UUID
    numbers: list[str]


def build(database: Database, tickets: int = TICKETS, *, with_events: bool = True) -> Compound:
    """A site with so many tickets. `with_events`: not where nobody asks for the trace, which takes most of the time."""
    import_models()
    upgrade(database)
    chance, now = random.Random(3), clock.now()
    with database.write_scope() as session:
        compound, spots, crew = _site(session, now)
        for start in range(0, tickets, CHUNK):
            made = [
                _ticket(number, tickets, compound.site_id, spots, crew, chance, now)
                for number in range(start, start + CHUNK)
            ]
            events = [event for row in made for event in _events(row)] if with_events else []  # whose end the row keeps
            session.execute(insert(rows(Ticket)), made)
            if events:
                session.execute(insert(rows(Event)), events)
    return compound


def _site(session: Session, now: datetime) -> tuple[Compound, list[tuple[UUID, str]], list[UUID]]:
    site = places.add_site(session, "Bench", phone="400-000-0000", locale="en").id
    team = people.add_team(session, "crew", site)
    crew = [people.add_person(session, f"technician {number}").id for number in range(20)]
    for who in crew:
        people.grant(session, who, "technician", site)
        people.join_team(session, team.id, who, list(CATEGORIES))
    boss = people.add_person(session, "boss", locale="en").id
    people.grant(session, boss, "supervisor", site)
    spots = [
        (places.ensure_path(session, site, f"{building}/{floor}F/{room}").id, f"{building}/{floor}F/{room}")
        for building in "ABC"
        for floor in range(1, 19)
        for room in ("hall", "east", "west")
    ]
    secret = access.issue(session, "session", boss, now, life=access.SESSION_LIFE)
    numbers = [_number(number) for number in range(TICKETS - OPEN, TICKETS)]
    return Compound(site, secret, places.place_at(session, site, "A").id, numbers), spots, crew


def _number(number: int) -> str:
    return f"WX-B-{number:06}"


def _ticket(
    number: int, tickets: int, site_id: UUID, spots: list[tuple[UUID, str]], crew: list[UUID], chance: random.Random,
    now: datetime,
) -> dict[str, Any]:  # fmt: skip
    is_open = number >= tickets - OPEN
    state = chance.choices(list(STATES), LIKELY)[0] if is_open else "closed"
    opened = now - timedelta(minutes=(tickets - number) * 10)
    place_id, place = chance.choice(spots)
    done = None if is_open else opened + timedelta(hours=chance.choice([1, 6, 30]))
    return _blank() | {
        "id": clock.new_id(), "number": _number(number), "site_id": site_id, "kind": "fault", "state": state,
        "resolution": None if is_open else "fixed", "is_open": is_open, "version": 1, "round": 1,
        "category": chance.choice(CATEGORIES), "is_category_confirmed": True, "priority": "normal",
        "emergency": "gas" if is_open and chance.random() < 0.005 else "", "place_id": place_id, "place": place,
        "asset_code": "", "asset_name": "", "text": chance.choice(WORDS), "salt": "", "contact": "", "via": "",
        "location": {}, "assignee_id": chance.choice(crew) if STATES.get(state, "x") else None,
        "is_schedule_agreed": False, "scan_proof": "", "waived": [], "opened_at": opened,
        "promised_at": opened + timedelta(hours=chance.choice([8, 24, 400])), "trace_seq": 0, "trace_head": "",
        "accepted_at": done, "done_at": done, "closed_at": done,
    }  # fmt: skip


@cache
def _blank() -> dict[str, Any]:
    """Every column with what a new row has in it, where that is the same for all."""
    columns = rows(Ticket).columns
    return {c.key: c.default.arg if isinstance(c.default, ScalarElementColumnDefault) else None for c in columns}


def _events(row: dict[str, Any]) -> list[dict[str, Any]]:
    entry = trace.Entry("report", {"number": row["number"]}, "")
    events = trace.chain(f"ticket:{row['id']}", trace.Head(), [entry], row["opened_at"])
    row["trace_seq"], row["trace_head"] = events[-1]["seq"], events[-1]["hash"]
    return events
