"""Two years of three sites in seconds: Berlin, Los Angeles and Shanghai, with their clock changes, holidays and 调休.

Reports, refusals, holds, silence, shifts, quiet hours, meters, kills between any two commits and outages of up to three
days; all of it through the real verbs and the real scheduler. Then `oracles` counts again what must have come of it.

Short: six weeks around 国庆 and both autumn changes, one seed. `--full`: the years 2025 and 2026 whole, 100 seeds.
Seed 0 has the full size, 200 assets, 400 plans, 20 people and 30 reports a day; the other 99 a fortieth of the things
and a report a day, because one at full size takes a core for an hour or more.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from assets.plans.models import Occurrence
from core.calendars import Duty
from core.database import Database
from core.digests import Sent
from core.settings import load_settings
from core.surveys import Survey
from core.tickets.deadlining import DeadlineAlarm
from core.tickets.models import Rating
from core.trace import Event
from tests.durability import oracles, years
from tests.durability.towns import BEGINS, Size, World

Tell = Callable[[str, object], None]
AUTUMN = datetime(2025, 9, 24, tzinfo=UTC)
SHORT = Size(AUTUMN, 41, assets=6, plans=24, staff=6, reports=1, spacing=timedelta(hours=8), outages=0.4, risk=0.004)
SMALL = Size(BEGINS, 730, assets=6, plans=12, staff=6, reports=1, spacing=timedelta(hours=8), outages=0.15, risk=0.002)
WHOLE = Size(BEGINS, 730, assets=200, plans=400, staff=20, reports=30)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(100) if metafunc.config.getoption("--full") else (7,))


def size_of(seed: int, *, full: bool) -> Size:
    if not full:
        return SHORT
    return WHOLE if seed == 0 else SMALL


def test_two_years_lose_nothing_and_double_nothing(
    sqlite_db: Database, tmp_path: Path, seed: int, pytestconfig: pytest.Config, record_property: Tell
) -> None:
    full = bool(pytestconfig.getoption("--full"))
    record_property("told", f"two years, seed {seed}")
    settings = load_settings(data_dir=tmp_path, signing_key="42" * 32)
    world = years.built(sqlite_db, settings, seed, size_of(seed, full=full))
    years.live(world)
    with sqlite_db.read_scope() as session:
        found = oracles.check(session, world)
    record_property("told", f"seed {seed}: " + ", ".join(f"{count} {what}" for what, count in found.items()))
    assert all(found[what] for what in ("occurrences", "reminders", "escalations", "digests", "surveys", "shifts"))
    if not full:
        for spoil in SPOILED:
            _is_noticed(world, spoil)


def _is_noticed(world: World, statement: Any) -> None:
    """An oracle that finds nothing where something is wrong would be none."""
    with suppress(Spoiled), world.database.write_scope() as session:
        session.execute(statement)
        with pytest.raises(AssertionError):
            oracles.check(session, world)
        raise Spoiled


class Spoiled(Exception):
    """The spoiled rows are not kept."""


def _one(column: Any) -> Any:
    """The last row of a table."""
    return column.in_(select(column).order_by(column.desc()).limit(1).scalar_subquery())


SPOILED = (
    delete(Occurrence).where(_one(Occurrence.id)),
    update(Occurrence).where(_one(Occurrence.id)).values(on_day=date(2025, 10, 3)),
    delete(DeadlineAlarm).where(_one(DeadlineAlarm.ticket_id)),
    update(Event).where(Event.action == "overdue").values(action="remind2"),
    update(Sent).where(_one(Sent.id)).values(starts_at=Sent.sent_at),
    update(Survey).values(answered_at=Survey.asked_at),
    update(Rating).values(stars=5),
    update(Duty).where(Duty.kind == "shift").values(settled_at=None),
)
