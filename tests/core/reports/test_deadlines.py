"""Deadlines kept, by goal, with the tickets behind: counted from the trace of each round."""

from __future__ import annotations

from datetime import datetime, timedelta

from core import reports
from core.database import Database
from core.upkeep import deadlines
from tests.core.history import done, opened, take
from tests.personas import Cast

RULE = {
    "respond": 10, "arrive": 15, "repair": 120, "clock": "always", "stops": [], "remind": [], "steps": [],
}  # fmt: skip


def test_each_goal_has_its_share_with_the_tickets_behind(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        deadlines.save(session, cast.site, "", RULE, cast.admin, now)
        kept = done(session, cast, now).number  # accepted after 5 minutes, there after 20, ready after 60
        silent = opened(session, cast, now, "the lamp flickers", "electricity").number
        gone = opened(session, cast, now, "the lamp flickers", "electricity")
        take(session, gone, "cancel", cast.resident, now + timedelta(minutes=5), reason="other")
    with db.read_scope() as session:
        found = reports.figures_of(session, "tickets", cast.site, "2026-11", now + timedelta(days=60))
    figures = {figure.name: (figure.value, set(figure.tickets)) for figure in found.figures}
    assert figures["deadlines_respond"] == (50.0, {kept, silent})
    assert figures["deadlines_arrive"] == (0.0, {kept, silent})
    assert figures["deadlines_repair"] == (50.0, {kept, silent})
