"""What time costs: a tick over many plans of which few are due, thousands of dates due at once, a digest of a million.

A tick must cost what is due, not what exists: the same 50 plans are due among 1,000 and among 100,000.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from assets import register
from assets.plans import planning
from assets.plans.models import Plan
from assets.plans.planning import Draft
from assets.plans.recurrence import Rhythm
from core import clock, people, places, registry
from core.database import Database, Session, open_database, rows
from core.migrations.run import upgrade
from core.reports import digest
from core.settings import load_settings
from core.triggers import TRIGGERS, Tick, run
from tests.bench import compound
from tests.databases import import_models

FEW, MANY, DUE = 1_000, 100_000, 50
BACKLOG = 5_000
CHUNK = 5_000
TICKETS = 1_000_000


def bench(create: Callable[[str], str], folder: str) -> list[tuple[str, float]]:
    """Seconds of each piece of work on one kind of database; `create` gives the address of an empty one by its name."""
    few, many = (_ticked(create(f"plans{count}"), Path(folder), count) for count in (FEW, MANY))
    return [
        (f"a tick, {DUE} due of {FEW:,} plans", few[0]), (f"a tick, nothing due of {FEW:,} plans", few[1]),
        (f"a tick, {DUE} due of {MANY:,} plans", many[0]), (f"a tick, nothing due of {MANY:,} plans", many[1]),
        (f"{BACKLOG:,} dates that are due at once", few[2]),
        (f"a daily digest over {TICKETS:,} tickets", _digested(create("digest"))),
    ]  # fmt: skip


def _ticked(url: str, folder: Path, count: int) -> tuple[float, float, float]:
    database, now = _empty(url), clock.now()
    settings, woken = load_settings(data_dir=folder), TRIGGERS["plans"]
    model = database.write(_site)
    _fill(database, model, count - DUE, now + timedelta(days=3))
    _fill(database, model, DUE, now - timedelta(minutes=1))
    due = _timed(lambda: run(database, woken, Tick(now, settings)).handled)
    nothing = _timed(lambda: run(database, woken, Tick(now, settings)).handled)
    backlog = 0.0
    if count == FEW:
        _fill(database, model, BACKLOG, now - timedelta(minutes=1))
        backlog = _timed(lambda: _until_done(database, settings))
    database.dispose()
    return due, nothing, backlog


def _until_done(database: Database, settings: Any) -> None:
    while run(database, TRIGGERS["plans"], Tick(clock.now(), settings)).handled:
        pass


def _empty(url: str) -> Database:
    import_models()
    registry.load("core.triggers")
    registry.load("assets.triggers")
    database = open_database(url)
    upgrade(database)
    return database


def _site(session: Session) -> dict[str, Any]:
    """A site with one plan; its row is the model of all others."""
    site = places.add_site(session, "Bench", locale="en").id
    boss = people.add_person(session, "boss", locale="en").id
    people.grant(session, boss, "admin", site)
    crew = people.add_person(session, "crew", locale="en").id
    people.grant(session, crew, "technician", site)
    place = places.ensure_path(session, site, "A/Hall").id
    asset = register.add_asset(session, site, place, "Pump", "Pump", now=clock.now())
    draft = Draft(
        name="Pump", level="general", subject="asset", asset_id=asset.id,
        checklist=[{"question": "Does it run?", "kind": "pass_fail"}],
        rhythm=Rhythm("FREQ=WEEKLY", date.today() + timedelta(days=3)),  # noqa: DTZ011 - any day will do
    )  # fmt: skip
    plan: UUID = planning.add(session, site, draft, boss, clock.now()).id
    session.flush()
    table = rows(Plan)
    return dict(session.execute(select(table).where(table.c.id == plan)).mappings().one())


def _fill(database: Database, model: dict[str, Any], count: int, wake_at: Any) -> None:
    """Plans like the model, each for its day: what is due was due yesterday."""
    day = wake_at.date()
    rhythm = {**model["rhythm"], "starts_on": day.isoformat()}
    for start in range(0, count, CHUNK):
        made = [
            model | {
                "id": clock.new_id(), "name": f"{clock.new_id()}", "wake_at": wake_at, "next_on": day,
                "rhythm": rhythm, "planned_on": None, "last_on": None,
            }
            for _ in range(start, min(count, start + CHUNK))
        ]  # fmt: skip
        with database.write_scope() as session:
            session.execute(insert(rows(Plan)), made)


def _digested(url: str) -> float:
    database = open_database(url)
    made = compound.build(database, TICKETS, with_events=False)
    with database.read_scope() as session:
        site = places.site_of(session, made.site_id)
        span = digest.span_of("day", None, site.timezone, clock.now())
        took = _timed(lambda: digest.digest(session, site, span))
    database.dispose()
    return took


def _timed(work: Any) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
