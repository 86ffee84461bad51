"""Two years of three sites in seconds: Berlin, Los Angeles and Shanghai, with their clock changes, holidays and 调休.

Reports, refusals, holds, silence, shifts, quiet hours, meters, kills between any two commits and outages of up to three
days; all of it through the real verbs and the real scheduler. Then `oracles` counts again what must have come of it.

Short: six weeks around 国庆 and both autumn changes, one seed. `--full`: the years 2025 and 2026 whole, 100 seeds.
Seed 0 has the full size, 200 assets, 400 plans, 20 people and 30 reports a day; the other 99 a fortieth of the things
and a report a day, because 100 at full size take two cores some days.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.database import Database
from core.settings import load_settings
from tests.durability import oracles, years
from tests.durability.years import BEGINS, Size

AUTUMN = datetime(2025, 9, 24, tzinfo=UTC)
SHORT = Size(AUTUMN, 42, assets=6, plans=24, staff=9, reports=3, spacing=timedelta(hours=4), outages=0.3)
SMALL = Size(BEGINS, 730, assets=6, plans=12, staff=9, reports=2, spacing=timedelta(hours=4), outages=0.15)
WHOLE = Size(BEGINS, 730, assets=200, plans=400, staff=20, reports=30)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(100) if metafunc.config.getoption("--full") else (7,))


def size_of(seed: int, *, full: bool) -> Size:
    if not full:
        return SHORT
    return WHOLE if seed == 0 else SMALL


def test_two_years_lose_nothing_and_double_nothing(
    sqlite_db: Database, tmp_path: Path, seed: int, full: bool, record_property: Callable[[str, object], None]  # noqa: FBT001
) -> None:
    record_property("told", f"two years, seed {seed}")
    settings = load_settings(data_dir=tmp_path, signing_key="42" * 32)
    world = years.built(sqlite_db, settings, seed, size_of(seed, full=full))
    years.live(world)
    found = oracles.check(world)
    record_property("told", f"seed {seed}: " + ", ".join(f"{count} {what}" for what, count in found.items()))
    assert all(found[what] for what in ("occurrences", "reminders", "escalations", "digests", "surveys", "shifts"))
