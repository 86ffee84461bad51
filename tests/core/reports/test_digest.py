"""Every figure of a digest is computed a second time, from all rows with plain Python, and must be the same."""

from __future__ import annotations

import json
from datetime import datetime, time, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from core import calendars, places, surveys, trace
from core.database import Database, Session
from core.reports.digest import FIGURES, Digest, Span, digest, span_of
from core.surveys import Survey
from core.tickets.models import Rating, Ticket
from core.upkeep import deadlines
from tests.core.history import WAIVED, opened, take
from tests.personas import Cast

ZONE = "Asia/Shanghai"
DAYS = 30
ACTS = {"respond": "accept", "arrive": "check_in", "repair": "sign_off"}
RULE = {
    "respond": 240, "arrive": 480, "repair": 1440, "clock": "always", "stops": [], "remind": [], "steps": [],
}  # fmt: skip
MONTH = timedelta(days=DAYS)


@pytest.fixture
def month(db: Database, cast: Cast, now: datetime) -> Database:
    """A month of faults at every stage, from a fixed seed."""
    luck = Random(4)
    with db.write_scope() as session:
        deadlines.save(session, cast.site, "", RULE, cast.admin, now)
        for _ in range(60):
            _live(session, cast, now + MONTH * luck.random(), luck)
        _inspect(session, cast, now)
    return db


def _live(session: Session, cast: Cast, at: datetime, luck: Random) -> None:
    """One fault, as far as luck takes it."""
    ticket = opened(session, cast, at, "the lamp flickers", luck.choice(["electricity", "water", "lift"]))
    stage, who = luck.randrange(7), ticket.assignee_id
    if stage == 0 or who is None:
        return
    if stage == 1:
        take(session, ticket, "cancel", cast.supervisor, at + timedelta(hours=3), reason="withdrawn")
        return
    for item in WAIVED:
        take(session, ticket, "waive", cast.supervisor, at, evidence=item, reason="other")
    at += timedelta(hours=luck.randrange(14))
    take(session, ticket, "accept", who, at)
    if stage == 2:
        from_at = at + timedelta(days=luck.randrange(3), hours=1)
        span = {"from": from_at, "until": from_at + timedelta(hours=1)}
        take(session, ticket, "schedule", who, at, **span)
        return
    take(session, ticket, "check_in", who, at)
    take(session, ticket, "sign_off", who, at + timedelta(hours=luck.randrange(50)), resolution="fixed")
    if stage == 4:
        take(session, ticket, "reopen", cast.resident, at + timedelta(hours=60), reason="not_fixed")
    if stage > 4:
        take(session, ticket, "confirm", cast.resident, at + timedelta(hours=60))
    if stage == 6:
        surveys.rate(session, ticket, cast.resident, luck.randrange(1, 6), at + timedelta(hours=70))


def _inspect(session: Session, cast: Cast, now: datetime) -> None:
    """Inspections come with the plans; here they are faults that are said to be some."""
    for at, ticket in enumerate(session.scalars(select(Ticket).where(Ticket.kind == "fault").order_by(Ticket.id))):
        if at % 9 == 0:
            ticket.kind = "inspection"


def naive(session: Session, cast: Cast, span: Span) -> dict[str, tuple[float | None, set[str]]]:
    """Every figure from all tickets, ratings and surveys, without a query that selects."""
    every = [one for one in session.scalars(select(Ticket)) if one.site_id == cast.site]
    numbers = {one.id: one.number for one in every}
    works = [one for one in every if one.kind != "inspection"]
    still = [one for one in works if one.state in ("reported", "assigned", "accepted", "in_progress", "on_hold")]
    new = [one for one in works if _in(one.opened_at, span)]
    late = [one for one in still if _is_late(one, span.now)]
    judged = [item for one in works for item in _judged(session, one, span.now) if _in(item[2], span)]
    given = [one for one in session.scalars(select(Rating)) if _in(one.rated_at, span)]
    asked = [one for one in session.scalars(select(Survey)) if _in(one.asked_at, span)]
    answered = [one for one in asked if one.answered_at]
    checks = [one for one in every if one.kind == "inspection"]
    today = [one for one in every if one.is_open and _day(one) == span.today]
    return {
        "new": _count(new), "done": _count([one for one in works if _in(one.done_at, span)]), "open": _count(still),
        "overdue": _count(late), "unassigned": _count([one for one in still if one.assignee_id is None]),
        **{f"kept_{goal}": _kept([one for one in judged if one[1] == goal]) for goal in ACTS},
        "stars": (round(sum(one.stars for one in given) / len(given), 2) if given else None,
                  {numbers[one.ticket_id] for one in given}),
        "response_rate": (_share(len(answered), len(asked)), {numbers[one.ticket_id] for one in asked}),
        "inspections_done": _count([one for one in checks if _in(one.done_at, span)]),
        "inspections_late": (0, set()),
        "inspections_missed": _count([one for one in checks if one.is_open and _before(one.promised_at, span.now)]),
        "today": _count(today), "oldest": _count(sorted(still, key=lambda one: one.opened_at)[:5]),
    }  # fmt: skip


def _is_late(one: Ticket, now: datetime) -> bool:
    if _before(one.repair_by, now):
        return True
    if one.state in ("in_progress", "on_hold"):
        return False
    return _before(one.arrive_by, now) or (_before(one.promised_at, now) and not (one.accepted_at and one.arrive_by))


def _judged(session: Session, ticket: Ticket, now: datetime) -> list[tuple[str, str, datetime, bool]]:
    """Each deadline of each round as (number, goal, when it was met or passed, kept), read event by event."""
    rounds: list[dict[str, Any]] = []
    for one in trace.events_of(session, f"ticket:{ticket.id}"):
        facts = json.loads(one.facts)
        if one.action in ("report", "reopen"):
            rounds.append({"due": {}, "met": {}, "ended": None})
        rounds[-1]["due"] |= {goal["goal"]: goal.get("due") for goal in facts.get("deadlines", {}).get("goals", [])}
        rounds[-1]["met"] |= {goal: one.at for goal, action in ACTS.items() if one.action == action}
        if one.to_state == "cancelled":
            rounds[-1]["ended"] = one.at
    found = []
    for lived, (goal, said) in [(one, due) for one in rounds for due in one["due"].items()]:
        due, met = datetime.fromisoformat(said), lived["met"].get(goal)
        if met and met <= due:
            found.append((ticket.number, goal, met, True))
        elif due < (met or lived["ended"] or now):
            found.append((ticket.number, goal, due, False))
    return found


def _kept(judged: list[tuple[str, str, datetime, bool]]) -> tuple[float | None, set[str]]:
    return _share(sum(one[3] for one in judged), len(judged)), {one[0] for one in judged}


def _in(moment: datetime | None, span: Span) -> bool:
    return moment is not None and span.starts_at <= moment < span.ends_at


def _before(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment < now


def _day(ticket: Ticket) -> Any:
    at = ticket.scheduled_from or (ticket.promised_at if ticket.kind == "inspection" else None)
    return calendars.local_day(at, ZONE) if at else None


def _count(found: list[Ticket]) -> tuple[float, set[str]]:
    return len(found), {one.number for one in found}


def _share(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None


@pytest.mark.parametrize("period", ["day", "week"])
def test_every_figure_is_what_the_rows_say(month: Database, cast: Cast, now: datetime, period: str) -> None:
    filled = set()
    for days in range(1, DAYS + 2):
        with month.read_scope() as session:
            site = places.site_of(session, cast.site)
            span = span_of(period, None, site.timezone, now + timedelta(days=days))
            found, wanted = digest(session, site, span), naive(session, cast, span)
        assert {one.name: (one.value, set(one.tickets)) for one in found.figures} == wanted
        filled |= {one.name for one in found.figures if one.tickets}
    assert filled == set(FIGURES) - {"inspections_late"}  # told by the plans: tests/assets/plans/test_telling.py


def test_the_bars_are_what_the_rows_say(month: Database, cast: Cast, now: datetime) -> None:
    with month.read_scope() as session:
        found = at(session, cast, now + MONTH)
        works = [one for one in session.scalars(select(Ticket)) if one.kind != "inspection"]
    assert len(found.bars) == 7
    assert found.figure("open").value == sum(one.is_open for one in works)
    for bar in found.bars:
        begins = calendars.instant(bar.first, time(0), ZONE)
        ends = begins + timedelta(days=1)
        assert bar.new == sum(begins <= one.opened_at < ends for one in works)
        assert bar.done == sum(one.done_at is not None and begins <= one.done_at < ends for one in works)
        ended = [None if one.is_open else one.done_at or one.closed_at for one in works]
        standing = [end is None or end >= ends for end in ended]
        assert bar.open == sum(one.opened_at < ends and is_open for one, is_open in zip(works, standing, strict=True))


def test_an_empty_site_says_so(db: Database, cast: Cast, now: datetime) -> None:
    with db.read_scope() as session:
        found = at(session, cast, now)
    assert found.is_empty
    assert (found.figure("kept_respond").value, found.figure("stars").value) == (None, None)


def at(session: Session, cast: Cast, now: datetime) -> Digest:
    site = places.site_of(session, cast.site)
    return digest(session, site, span_of("day", None, site.timezone, now))
