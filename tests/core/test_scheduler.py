"""The scheduler wakes what is registered, one process at a time, and survives triggers that fail."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from core import registry, scheduler
from core.database import Database, Session
from core.errors import Conflict
from core.scheduler import Scheduler
from core.settings import Settings, load_settings
from core.triggers import TRIGGERS, Outcome, Tick, Trigger, run

HOUR = timedelta(hours=1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(data_dir=tmp_path)


@pytest.fixture
def tick(now: datetime, settings: Settings) -> Tick:
    return Tick(now, settings)


@pytest.fixture
def clerk(db: Database, settings: Settings) -> Scheduler:
    """A scheduler that holds the lease and whose triggers are woken by the test."""
    made = Scheduler(db, settings)
    assert made.renew()
    return made


def counting(handled: list[int], due: Sequence[int] = (1, 2, 3)) -> Trigger:
    return Trigger("counting", HOUR, lambda _session, _tick: due, lambda _session, item, _tick: handled.append(item))


@pytest.fixture
def registered() -> Iterator[list[str]]:
    """Names of triggers of this test, taken off the registry at its end."""
    names: list[str] = []
    yield names
    for name in names:
        del TRIGGERS._items[name]  # noqa: SLF001  # nothing but a test ever takes one off


def register(names: list[str], trigger: Trigger) -> None:
    TRIGGERS.register(trigger.name)(trigger)
    names.append(trigger.name)


def test_every_due_thing_is_handled(db: Database, tick: Tick) -> None:
    handled: list[int] = []
    assert run(db, counting(handled), tick) == Outcome(handled=3)
    assert handled == [1, 2, 3]


def test_one_that_fails_does_not_stop_the_others(db: Database, tick: Tick, caplog: pytest.LogCaptureFixture) -> None:
    handled: list[int] = []

    def handle(_session: Session, item: int, _tick: Tick) -> None:
        handled.append(10 // (item - 2))

    assert run(db, replace(counting([]), handle=handle), tick) == Outcome(handled=2, failed=1)
    assert handled == [-10, 10]
    assert "trigger counting failed on 2" in caplog.text


def test_one_that_fails_leaves_nothing_half_written(db: Database, tick: Tick) -> None:
    def handle(session: Session, item: int, _tick: Tick) -> None:
        session.add(scheduler.Heartbeat(name=str(item), ticked_at=tick.now))
        session.flush()
        if item == 2:
            raise RuntimeError

    run(db, replace(counting([]), handle=handle), tick)
    with db.read_scope() as session:
        assert session.scalars(select(scheduler.Heartbeat.name).order_by("name")).all() == ["1", "3"]


def test_somebody_who_was_faster_is_no_failure(db: Database, tick: Tick) -> None:
    def handle(_session: Session, _item: int, _tick: Tick) -> None:
        raise Conflict

    assert run(db, replace(counting([]), handle=handle), tick) == Outcome(handled=3)


def test_a_woken_trigger_leaves_a_heartbeat(
    db: Database, clerk: Scheduler, registered: list[str], now: datetime
) -> None:
    register(registered, counting([]))
    assert clerk.wake("counting", now) == Outcome(handled=3)
    with db.read_scope() as session:
        beat = scheduler.heartbeats(session)[0]
        assert (beat.name, beat.ticked_at, beat.handled, beat.error) == ("counting", now, 3, "")
        assert scheduler.last_ticked(session) == now


def test_a_trigger_that_fails_as_a_whole_is_logged_and_told(
    db: Database, clerk: Scheduler, registered: list[str], now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    def due(_session: Session, _tick: Tick) -> Sequence[int]:
        raise LookupError

    register(registered, replace(counting([]), due=due))
    assert clerk.wake("counting", now) == Outcome()
    assert "trigger counting failed" in caplog.text
    with db.read_scope() as session:
        assert scheduler.heartbeats(session)[0].error == "LookupError"


def test_the_second_scheduler_waits(db: Database, clerk: Scheduler, settings: Settings, registered: list[str]) -> None:
    handled: list[int] = []
    register(registered, counting(handled))
    second = Scheduler(db, settings)
    assert not second.renew()
    assert second.wake("counting") is None
    assert handled == []
    assert clerk.renew()


def test_a_lease_that_was_not_renewed_goes_to_the_second(db: Database, settings: Settings) -> None:
    stopped = Scheduler(db, settings, life=timedelta(0))
    stopped.renew()
    second = Scheduler(db, settings)
    assert second.renew()
    assert not stopped.is_holder
    assert not stopped.renew()


def test_a_database_that_is_gone_ends_no_scheduler(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = Database(f"sqlite:///{tmp_path}/missing/gongdan.db")
    alone = Scheduler(nowhere, settings)
    assert not alone.renew()
    assert "lease could not be renewed" in caplog.text
    nowhere.dispose()


def test_all_registered_triggers_are_woken_at_once_and_on_their_own(
    db: Database, settings: Settings, registered: list[str]
) -> None:
    """With the real ticker: the first wake is at the start, the following ones at the trigger's interval."""
    often, once = threading.Semaphore(0), threading.Semaphore(0)

    def trigger(name: str, every: timedelta, signal: threading.Semaphore) -> Trigger:
        return Trigger(name, every, lambda _s, _t: [name], lambda _s, _i, _t: signal.release())

    register(registered, trigger("often", timedelta(milliseconds=50), often))
    register(registered, trigger("once", HOUR, once))
    ticking = Scheduler(db, settings)
    ticking.start()
    assert all(often.acquire(timeout=10) for _ in range(3))
    assert once.acquire(timeout=10)
    ticking.stop()
    assert not once.acquire(blocking=False)
    with db.read_scope() as session:
        assert {beat.name for beat in scheduler.heartbeats(session)} >= {"often", "once"}
    assert Scheduler(db, settings).renew()


def test_when_one_stops_the_other_wakes_everything_at_once(
    db: Database, settings: Settings, registered: list[str]
) -> None:
    woken = threading.Semaphore(0)
    due = Trigger("hourly", HOUR, lambda _s, _t: [1], lambda _s, _i, _t: woken.release())
    register(registered, due)
    first, second = Scheduler(db, settings), Scheduler(db, settings, life=timedelta(milliseconds=600))
    first.start()
    assert woken.acquire(timeout=10)
    second.start()
    first.stop()
    assert woken.acquire(timeout=10)
    second.stop()


def test_starting_finds_the_triggers_of_core(db: Database, settings: Settings) -> None:
    registry.load("core.triggers")
    assert set(TRIGGERS) >= {"offers", "emergencies", "closures", "seals", "purge"}
    assert logging.getLogger("apscheduler").level in (logging.NOTSET, logging.WARNING)
