"""What every trigger must do, tested on whatever is registered: a new file is tested the moment it exists."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core import registry
from core.database import Database
from core.settings import load_settings
from core.trace import Event
from core.triggers import TRIGGERS, Tick, Trigger, run
from tests.core.history import done, emergency, opened
from tests.personas import Cast

registry.load("core.triggers")
registry.load("assets.triggers")
LATER = timedelta(days=10)

each = pytest.mark.parametrize("trigger", [trigger for _, trigger in TRIGGERS.items()], ids=list(TRIGGERS))


@pytest.fixture
def tick(now: datetime, tmp_path: Path) -> Tick:
    return Tick(now + LATER, load_settings(data_dir=tmp_path))


@pytest.fixture
def busy(db: Database, cast: Cast, now: datetime) -> Database:
    """A place where something is due for every trigger that looks at tickets."""
    with db.write_scope() as session:
        opened(session, cast, now)
        emergency(session, cast, now)
        done(session, cast, now)
    return db


def events(db: Database) -> int:
    with db.read_scope() as session:
        return session.scalar(select(func.count()).select_from(Event)) or 0


@each
def test_it_is_woken_often_enough_and_not_too_often(trigger: Trigger) -> None:
    assert timedelta(seconds=5) <= trigger.every <= timedelta(days=1)


@each
def test_it_does_nothing_where_there_is_nothing(db: Database, trigger: Trigger, tick: Tick) -> None:
    assert run(db, trigger, tick).failed == 0
    assert events(db) == 0


@each
def test_asking_what_is_due_changes_nothing(busy: Database, trigger: Trigger, tick: Tick) -> None:
    with busy.read_scope() as session:
        assert list(trigger.due(session, tick)) == list(trigger.due(session, tick))


@each
def test_it_fails_at_nothing_that_is_due(busy: Database, trigger: Trigger, tick: Tick) -> None:
    assert run(busy, trigger, tick).failed == 0


@each
def test_the_same_moment_again_does_nothing_again(busy: Database, trigger: Trigger, tick: Tick) -> None:
    run(busy, trigger, tick)
    before = events(busy)
    assert run(busy, trigger, tick).failed == 0
    assert events(busy) == before


@each
def test_what_was_found_due_twice_is_done_once(busy: Database, trigger: Trigger, tick: Tick) -> None:
    """As when two schedulers had both read the list before either began."""
    with busy.read_scope() as session:
        due = list(trigger.due(session, tick))
    counts = []
    for _ in range(2):
        for item in due:
            with busy.write_scope() as session:
                trigger.handle(session, item, tick)
        counts.append(events(busy))
    assert counts[0] == counts[1]
