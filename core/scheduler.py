"""The ticker: wakes every registered trigger at its own interval. It holds no rule and no state worth keeping.

APScheduler only ticks, in UTC and with a memory store: what is due lies in the tables that the triggers read.
A lease keeps any number of processes to one that ticks; should two tick, the triggers still do nothing twice.
"""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import clock, leases, registry
from core.database import Database, Table, rows
from core.prepared import Prepared
from core.settings import Settings
from core.triggers import TRIGGERS, Outcome, Tick, run

LEASE = "scheduler"
LEASE_LIFE = timedelta(seconds=15)
RENEWALS = 3  # in the life of a lease: one that fails does not lose it
THREADS = 4

log = logging.getLogger(__name__)


class Heartbeat(Table):
    """When a trigger was last woken and how it went. `error` is empty after a run without failures."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(primary_key=True)
    ticked_at: Mapped[datetime]
    handled: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(default="")


_BEATS = rows(Heartbeat)
_BEAT = Prepared(  # one statement: it is written with every wake of every trigger
    lambda insert: insert(_BEATS).on_conflict_do_update(
        index_elements=["name"],
        set_={name: insert(_BEATS).excluded[name] for name in ("ticked_at", "handled", "failed", "error")},
    ),
    _BEATS.columns.keys(),
)


class Scheduler:
    """One ticker of one process. It wakes triggers only while it holds the lease."""

    def __init__(self, database: Database, settings: Settings, *, life: timedelta = LEASE_LIFE) -> None:
        self._database = database
        self._settings = settings
        self._life = life
        self._holder = leases.name_of_this_process()
        self._held_until = 0.0
        self._ticker = BackgroundScheduler(
            timezone=UTC,
            jobstores={"default": MemoryJobStore()},
            executors={"default": ThreadPoolExecutor(THREADS), LEASE: ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    @property
    def is_holder(self) -> bool:
        """Whether this one ticks. Its own clock is asked: a process that was stopped must not go on believing it."""
        return time.monotonic() < self._held_until

    def start(self) -> None:
        """Begin to tick. What came due while nobody ticked is done as soon as the lease is held."""
        registry.load("core.triggers")
        logging.getLogger("apscheduler").setLevel(logging.WARNING)
        logging.getLogger("apscheduler.scheduler").addFilter(_is_news)
        for name, woken in TRIGGERS.items():
            self._ticker.add_job(self.wake, _every(woken.every), args=[name], id=f"trigger:{name}")
        often = _every(self._life / RENEWALS)
        self._ticker.add_job(self._keep_lease, often, id=LEASE, executor=LEASE, next_run_time=clock.now())
        self._ticker.start()

    def stop(self) -> None:
        """End when the triggers that run have ended, and let another process tick."""
        self._ticker.shutdown(wait=True)
        self._held_until = 0.0
        try:
            self._database.write(self._let_go)
        except Exception:
            log.exception("the scheduler's lease could not be given back; it expires by itself")

    def _keep_lease(self) -> None:
        """Renew the lease; when it has just come here, wake everything at once."""
        held_before = self.is_holder
        if self.renew() and not held_before:
            for job in self._ticker.get_jobs():
                if job.id != LEASE:
                    job.modify(next_run_time=clock.now())

    def renew(self) -> bool:
        """Take or renew the lease."""
        asked_at = time.monotonic()
        try:
            held = self._database.write(self._hold)
        except Exception:
            log.exception("the scheduler's lease could not be renewed")
            return self.is_holder
        self._held_until = asked_at + self._life.total_seconds() if held is not None else 0.0
        return self.is_holder

    def _hold(self, session: Session) -> int | None:
        return leases.hold(session, LEASE, self._holder, self._life, leases.shared_now(session))

    def _let_go(self, session: Session) -> None:
        leases.let_go(session, LEASE, self._holder, leases.shared_now(session))

    def wake(self, name: str, now: datetime | None = None) -> Outcome | None:
        """Run one trigger. Whatever it raises is logged and told by its heartbeat; None while another process ticks."""
        if not self.is_holder:
            return None
        tick = Tick(now or clock.now(), self._settings)
        outcome, error = Outcome(), ""
        try:
            outcome = run(self._database, TRIGGERS[name], tick)
        except Exception as problem:
            log.exception("trigger %s failed", name)
            error = type(problem).__name__
        self._beat(name, tick.now, outcome, error)
        return outcome

    def _beat(self, name: str, now: datetime, outcome: Outcome, error: str) -> None:
        beat = {"name": name, "ticked_at": now, "handled": outcome.handled, "failed": outcome.failed, "error": error}
        try:
            self._database.write(lambda session: _BEAT.run(session, **beat))
        except Exception:
            log.exception("the heartbeat of trigger %s could not be written", name)


def last_ticked(session: Session) -> datetime | None:
    """When any trigger was last woken by any process: what `/readyz` asks."""
    return session.scalar(select(Heartbeat.ticked_at).order_by(Heartbeat.ticked_at.desc()).limit(1))


def heartbeats(session: Session) -> list[Heartbeat]:
    return list(session.scalars(select(Heartbeat).order_by(Heartbeat.name)))


def _every(interval: timedelta) -> Any:
    return IntervalTrigger(seconds=interval.total_seconds(), timezone=UTC)


def _is_news(record: logging.LogRecord) -> bool:
    """That a trigger is not woken because it still runs is none: a long import may run for minutes."""
    return "maximum number of running instances" not in record.getMessage()
