"""Random histories of tickets: what is stored is what the trace gives again, whatever happened on the way.

The short form plays some histories on both databases through the verbs; `--full` plays 10,000 of them. The seed is in
the message of a failure.
"""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from typing import Any

from core.access import Viewer, viewer
from core.database import Database, Session
from core.errors import GongdanError
from core.settings import load_settings
from core.tickets import actions, deadlining, queries
from core.tickets.models import Ticket
from core.triggers import Tick
from core.triggers.deadlines import behind, recount
from core.upkeep import calendar, deadlines, sites
from tests.core.history import opened
from tests.personas import Cast

ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/Los_Angeles", "Pacific/Apia")
REASONS = ("waiting_parts", "resident_absent", "access", "other")
CATEGORIES = ("water", "lift", "electricity")
HOURS = ("09:00-12:00, 13:00-18:00", "08:00-20:00", "00:00-24:00")
STEPS = (
    "accept", "check_in", "hold", "resume", "release", "assign", "recategorise", "reprioritise", "offer_team",
    "sign_off", "reopen", "rule", "calendar", "day", "zone",
)  # fmt: skip
FORWARD = {
    "reported": "assign", "assigned": "accept", "accepted": "check_in", "in_progress": "sign_off", "done": "reopen",
    "on_hold": "resume",
}  # fmt: skip
SHORT, LONG, LENGTH = 12, 10_000, 14
WAIVED = ["after_photo", "technician_signature", "code_scan"]


class Play:
    """One history: a step at a time, each by somebody who may take it; what is refused did not happen."""

    def __init__(self, session: Session, cast: Cast, seed: int, now: datetime, settings: Any) -> None:
        self.session, self.cast, self.chance, self.now = session, cast, random.Random(seed), now
        self.settings = settings
        self.desk = viewer(session, cast.supervisor)
        self.ticket = opened(session, cast, now)

    def act(self, action: str, **facts: Any) -> None:
        who: Viewer = self.desk
        if action in ("accept", "check_in", "sign_off") and self.ticket.assignee_id:
            who = viewer(self.session, self.ticket.assignee_id)
        actions.act(self.session, self.ticket, action, who, self.now, facts=facts)

    def step(self) -> None:
        """Something after a while; then the site's triggers, as they run beside it."""
        self.now += timedelta(minutes=self.chance.choice([1, 20, 90, 600, 3000]))
        name = self.chance.choice([*STEPS, *[FORWARD[self.ticket.state]] * len(STEPS)])
        for item in WAIVED if name == "sign_off" and self.ticket.state == "in_progress" else ():
            self.act("waive", evidence=item, reason="other")
        try:
            with self.session.begin_nested():
                self.act(name, **self.facts(name)) if name in STEPS[:11] else self.set(name)
        except GongdanError:
            self.session.refresh(self.ticket)
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
            day = date(2026, 11, 20) + timedelta(days=self.chance.randrange(20))
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


def stored(ticket: Ticket, names: dict[str, Any]) -> dict[str, Any]:
    return {name: getattr(ticket, name) for name in names if name != "alarm_at"}


def test_counting_again_gives_what_was_stored(db: Database, cast: Cast, now: datetime, *, full: bool) -> None:
    settings = load_settings()
    for seed in range(LONG if full else SHORT):
        with db.write_scope() as session, session.begin_nested() as undone:
            play = Play(session, cast, seed, now, settings)
            for at in range(LENGTH):
                play.step()
                if not play.ticket.is_open:
                    continue  # what has ended keeps what it was counted with
                session.expire(play.ticket)
                row = queries.by_id(session, play.ticket.id)
                again = deadlining.counted(session, row).values(set())
                kept = {name: value for name, value in again.items() if name != "alarm_at"}
                assert stored(row, again) == kept, f"seed {seed}, step {at}"
                told = {one.goal: one.due_at for one in deadlining.shown(session, row, play.now)}
                assert all(told.get(goal) == kept[name] for goal, name in deadlining.COLUMNS.items()), f"seed {seed}"
            undone.rollback()
