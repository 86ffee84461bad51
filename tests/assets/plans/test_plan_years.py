"""Two years of plans in seconds: restarts, outages, three zones; nothing is lost and nothing comes twice.

The oracle counts the same dates by itself, day by day, with dateutil and chinesecalendar alone. `--full` runs 100
seeds, every tenth with 200 assets and 400 plans.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import chinese_calendar
import pytest
from sqlalchemy import select

from assets import register
from assets.plans import making, planning
from assets.plans.models import Occurrence, Plan
from assets.plans.planning import Draft
from assets.plans.recurrence import Rhythm
from core import calendars, clock, places
from core.database import Database, Session
from core.places import Site
from tests.plan_dates import expanded

ZONES = {"Europe/Berlin": "", "America/Los_Angeles": "", "Asia/Shanghai": "CN"}
BEGINS = datetime(2025, 1, 1, tzinfo=UTC)
DAYS = 700  # to the end of 2026: chinesecalendar knows no later year
RULES = (
    "FREQ=WEEKLY;BYDAY=MO,TH", "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU", "FREQ=MONTHLY;BYMONTHDAY=1",
    "FREQ=MONTHLY;BYDAY=-1FR",
    "FREQ=DAILY;INTERVAL=5", "FREQ=YEARLY;BYMONTH=5,10;BYDAY=-1SU", "FREQ=MONTHLY;BYMONTHDAY=31",
)  # fmt: skip
ASKED = [{"question": "Sound?", "kind": "pass_fail"}]
DAY = timedelta(days=1)


class Killed(Exception):
    """The process died before it had committed."""


def is_worked(country: str, day: date) -> bool:
    return not chinese_calendar.is_holiday(day) if country else day.weekday() < 5


def rhythm_of(lot: random.Random) -> tuple[str, Rhythm]:
    """Any plan that there can be."""
    starts_on = date(2025, 1, 10) + lot.randrange(60) * DAY
    if lot.random() < 0.2:
        return "lift", Rhythm(
            "FREQ=DAILY;INTERVAL=14", starts_on, on_holiday=lot.choice(("before", "after")), limit_days=15
        )
    extra = tuple(starts_on + lot.randrange(1, 600) * DAY for _ in range(lot.randrange(3)))
    left_out = tuple(starts_on + lot.randrange(1, 600) * DAY for _ in range(lot.randrange(9)))
    months = lot.choice(((), (), (5, 6, 7, 8, 9)))
    on_holiday = lot.choice(("keep", "before", "after", "skip"))
    hour = datetime(2025, 1, 1, lot.randrange(24), 30 * lot.randrange(2)).time()  # noqa: DTZ001 - a local hour
    lead = lot.randrange(4)
    return "general", Rhythm(lot.choice(RULES), starts_on, hour, extra, left_out, months, on_holiday, lead_days=lead)


def built(session: Session, lot: random.Random, zone: str, assets: int, plans: int) -> dict[Any, tuple[Rhythm, int]]:
    """A site with its plans; one in twenty is by type and has several tickets for each date."""
    site = places.add_site(session, zone, timezone=zone, locale="en").id
    session.get_one(Site, site).settings = {"calendar": {"country": ZONES[zone]}}
    hall = places.ensure_path(session, site, "Hall").id
    things = [register.add_asset(session, site, hall, f"T {n}", f"Kind {n // 3}", now=BEGINS) for n in range(assets)]
    made: dict[Any, tuple[Rhythm, int]] = {}
    for number in range(plans):
        level, rhythm = rhythm_of(lot)
        thing = lot.choice(things)
        subject, size = (
            ("type", sum(one.type_id == thing.type_id for one in things)) if number % 20 == 3 else ("asset", 1)
        )
        ids = {"type_id": thing.type_id} if subject == "type" else {"asset_id": thing.id}
        draft = Draft(f"Plan {number}", level, subject, rhythm, ASKED, **ids)
        made[planning.add(session, site, draft, None, BEGINS).id] = (rhythm, size)
    return made


def lived(db: Database, lot: random.Random, until: datetime) -> None:
    """Ticks at any hours, some of which die before they commit, and outages of up to three days."""
    now = BEGINS
    while now < until:
        now = min(until, now + (timedelta(hours=lot.uniform(1, 72)) if lot.random() < 0.2 else timedelta(hours=20)))
        with clock.at(now), db.read_scope() as session:
            pieces = making.due(session, now)
        for piece in pieces:
            with clock.at(now):
                tried(db, partial(making.make, plan_id=piece, now=now), dies=lot.random() < 0.05)
    with clock.at(until), db.write_scope() as session:
        while pieces := making.due(session, until):
            for piece in pieces:
                making.make(session, piece, until)


def tried(db: Database, work: Callable[[Session], int], *, dies: bool) -> None:
    with suppress(Killed), db.write_scope() as session:
        work(session)
        if dies:
            raise Killed


def seeds(config: pytest.Config) -> range:
    return range(100) if config.getoption("--full") else range(3)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", seeds(metafunc.config))


def test_two_years_lose_nothing_and_double_nothing(sqlite_db: Database, seed: int, full: bool) -> None:  # noqa: FBT001
    lot, zone = random.Random(seed), list(ZONES)[seed % 3]
    assets, plans = (200, 400) if full and seed % 10 == 0 else (6, 3)
    print(f"seed {seed}, {zone}, {assets} assets, {plans} plans")  # noqa: T201 - to run the same once more
    until = BEGINS + DAYS * DAY
    with clock.at(BEGINS), sqlite_db.write_scope() as session:
        made = built(session, lot, zone, assets, plans)
    lived(sqlite_db, lot, until)
    with sqlite_db.read_scope() as session:
        rows = session.execute(select(Occurrence.plan_id, Occurrence.on_day)).all()
        hours = {plan.id: plan for plan in session.scalars(select(Plan))}
    expected = Counter(
        {
            (plan_id, day): size
            for plan_id, (rhythm, size) in made.items()
            for day in expanded(rhythm, until.date() + 10 * DAY, partial(is_worked, ZONES[zone]))
            if calendars.instant(day - rhythm.lead_days * DAY, rhythm.hour, zone) <= until
        }
    )
    found = Counter((plan_id, day) for plan_id, day in rows)
    assert {"lost": expected - found, "doubled": found - expected} == {"lost": Counter(), "doubled": Counter()}
    assert found
    assert all(plan.wake_at is None or plan.wake_at > until for plan in hours.values())
