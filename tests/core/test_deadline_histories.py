"""Random histories of tickets: what is stored is what the trace gives again, and what a second way to count gives.

The short form plays some histories on both databases through the verbs; `--full` plays 10,000 of them, and some more on
PostgreSQL. The seed is in the message of a failure.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core import trace
from core.access import Viewer, viewer
from core.database import Database, Session
from core.errors import GongdanError
from core.places import Site
from core.settings import load_settings
from core.tickets import actions, deadlining, queries
from core.tickets.models import Ticket
from core.triggers import Tick
from core.triggers.deadlines import behind, recount
from core.upkeep import calendar, deadlines, sites
from tests.core import walking
from tests.core.history import opened
from tests.personas import Cast

ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/Los_Angeles", "Pacific/Apia")
REASONS = ("waiting_parts", "resident_absent", "access", "other")
CATEGORIES = ("water", "lift", "electricity")
HOURS = ("09:00-12:00, 13:00-18:00", "08:00-20:00", "00:00-24:00")
STEPS = (
    "accept", "check_in", "hold", "resume", "release", "assign", "recategorise", "reprioritise", "offer_team",
    "sign_off", "reopen", "hold", "resume",
)  # fmt: skip
SETTINGS = ("rule", "calendar", "day", "zone")
BEFORE = ("rule", "rule", "calendar", "zone")
FORWARD = {
    "reported": "assign", "assigned": "accept", "accepted": "check_in", "in_progress": "sign_off", "done": "reopen",
    "on_hold": "resume",
}  # fmt: skip
CLOCKS_CHANGE = (datetime(2026, 10, 22, 9, 0, tzinfo=UTC), datetime(2027, 3, 9, 17, 30, tzinfo=UTC))
BATCHES, SHORT, LONG, ON_POSTGRES, LENGTH = 4, 5, 10_000, 400, 14
WAIVED = ["after_photo", "technician_signature", "code_scan"]


class Play:
    """One history: a step at a time, each by somebody who may take it; what is refused did not happen."""

    def __init__(self, session: Session, cast: Cast, seed: int, now: datetime, settings: Any) -> None:
        self.session, self.cast, self.chance = session, cast, random.Random(seed)
        self.now = self.begins = self.chance.choice([now, *CLOCKS_CHANGE])
        self.settings = settings
        self.desk = viewer(session, cast.supervisor)
        for name in self.chance.sample(BEFORE, 3):
            self.try_(name)
        self.ticket = opened(session, cast, self.now)

    def try_(self, name: str) -> None:
        """Take a step; one that is refused did not happen."""
        try:
            with self.session.begin_nested():
                self.set(name) if name in SETTINGS else self.act(name, **self.facts(name))
        except GongdanError:
            self.session.expire_all()

    def act(self, action: str, **facts: Any) -> None:
        who: Viewer = self.desk
        if action in ("accept", "check_in", "sign_off") and self.ticket.assignee_id:
            who = viewer(self.session, self.ticket.assignee_id)
        actions.act(self.session, self.ticket, action, who, self.now, facts=facts)

    def step(self) -> None:
        """Something after a while; then the site's triggers, as they run beside it."""
        self.now += timedelta(minutes=self.chance.choice([1, 20, 90, 600, 3000]))
        name = self.chance.choice([*STEPS, *SETTINGS, *[FORWARD[self.ticket.state]] * 8])
        for item in WAIVED if name == "sign_off" and self.ticket.state == "in_progress" else ():
            self.act("waive", evidence=item, reason="other")
        self.try_(name)
        tick = Tick(self.now, self.settings)
        for ticket_id in behind(self.session, tick):
            recount(self.session, ticket_id, tick)

    def facts(self, name: str) -> dict[str, Any]:
        chance, cast = self.chance, self.cast
        return {
            "reason": chance.choice(REASONS), "assignee": cast.technician, "category": chance.choice(CATEGORIES),
            "priority": chance.choice(["urgent", "normal", "low"]), "team": cast.crew, "resolution": "fixed",
            "code_photo": "x",
        }  # fmt: skip

    def set(self, name: str) -> None:
        """Change what deadlines follow from."""
        session, site, admin = self.session, self.cast.site, self.cast.admin
        if name == "rule":
            deadlines.save(session, site, "", self.rule(), admin, self.now)
        elif name == "zone":
            sites.edit(session, site, {"timezone": self.chance.choice(ZONES)}, admin, self.now)
        elif name == "day":
            day = self.begins.date() + timedelta(days=self.chance.randrange(20))
            calendar.set_day(session, site, day, {"off": self.chance.random() < 0.5}, admin, self.now)
        else:
            calendar.set_country(session, site, self.chance.choice(["CN", "DE", ""]), "", admin, self.now)
            calendar.set_hours(session, site, [self.chance.choice(HOURS)] * 5 + ["", ""], admin, self.now)

    def rule(self) -> dict[str, Any]:
        chance = self.chance
        return {
            "category": chance.choice(["", *CATEGORIES]), "priority": chance.choice(["", "urgent"]),
            "team": chance.choice(["", str(self.cast.crew)]), "respond": chance.choice([0, 30, 240]),
            "arrive": chance.choice([0, 120]), "repair": chance.choice([600, 4000]),
            "clock": chance.choice(["working", "always"]), "stops": chance.sample(REASONS[:3], 2), "remind": [15],
            "steps": [(0, "technician")],
        }  # fmt: skip


def kept(ticket: Ticket) -> dict[str, Any]:
    return {goal: getattr(ticket, name) for goal, name in deadlining.COLUMNS.items()}


def recounted(session: Session, ticket: Ticket) -> dict[str, Any]:
    """What the code gives when it counts again from the trace."""
    values = deadlining.counted(session, ticket).values(set())
    return {goal: values[name] for goal, name in deadlining.COLUMNS.items()}


def walked(session: Session, cast: Cast, ticket: Ticket) -> dict[str, Any]:
    """What the other way to count gives."""
    site = session.get_one(Site, cast.site)
    return walking.due(trace.events_of(session, f"ticket:{ticket.id}"), site.settings, site.timezone)


def play_through(session: Session, cast: Cast, seed: int, now: datetime, settings: Any) -> tuple[int, set[str]]:
    """One history; gives how many of its moments were compared, and what happened in it."""
    play, compared = Play(session, cast, seed, now, settings), 0
    for at in range(LENGTH):
        play.step()
        if not play.ticket.is_open:
            continue  # what has ended keeps what it was counted with
        session.expire(play.ticket)
        row = queries.by_id(session, play.ticket.id)
        there, told = kept(row), {one.goal: one.due_at for one in deadlining.shown(session, row, play.now)}
        assert there == recounted(session, row), f"seed {seed}, step {at}"
        assert there == {goal: told.get(goal) for goal in there}, f"seed {seed}, step {at}"
        assert there == walked(session, cast, row), f"seed {seed}, step {at}"
        compared += 1
    events = trace.events_of(session, f"ticket:{play.ticket.id}")
    return compared, {event.action for event in events} | {event.to_state for event in events}


@pytest.mark.parametrize("batch", range(BATCHES))
def test_what_is_stored_is_what_a_walk_from_minute_to_minute_gives(
    db: Database, cast: Cast, now: datetime, batch: int, *, full: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, compared, seen = load_settings(), 0, set[str]()
    size = (LONG if db.is_sqlite else ON_POSTGRES) // BATCHES if full else SHORT
    seeds = range(batch * size, (batch + 1) * size)
    for seed in seeds:
        with db.write_scope() as session, session.begin_nested() as undone:
            count, happened = play_through(session, cast, seed, now, settings)
            compared, seen = compared + count, seen | happened
            undone.rollback()
    assert seen >= {"accept", "check_in", "sign_off"}
    if full:
        assert seen >= {"on_hold", "resume", "reopen", "recount", "recategorise", "reprioritise", "offer_team"}
        with capsys.disabled():
            print(f"\nseeds {seeds[0]} to {seeds[-1]}: stored, recounted and walked agree {compared} times")  # noqa: T201 - the figure of a proof
