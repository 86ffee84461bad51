"""Two years of three sites, lived by a seed: people who do their work or do not, ticks, kills and outages.

Time, ids and chance are injected: the same seed lives the same years, but for what nobody should be able to guess.
Everything goes through the verbs that pages and chats use, and through the scheduler's own `wake`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from heapq import heappop
from typing import Any, TypeVar

from sqlalchemy import event, select

from assets.plans.models import Plan
from core import clock, registry
from core.calendars import Duty
from core.database import Database, Session
from core.digests import Subscription
from core.scheduler import Scheduler
from core.settings import Settings
from core.surveys import Survey
from core.tickets.models import Ticket
from core.triggers import TRIGGERS
from tests.durability import deeds
from tests.durability.towns import DAY, HOUR, MINUTE, Size, World, founded

T = TypeVar("T")
SELDOM = 16  # ticks
LIFE = 5 * MINUTE  # of a lease: a tick after a long outage takes its time on a busy machine


def built(database: Database, settings: Settings, seed: int, size: Size) -> World:
    """The world of a seed before its first day."""
    registry.load("core.triggers")
    registry.load("assets.triggers")
    event.listen(database.engine, "connect", _hurried)  # the machine of a simulation loses no power
    world = founded(database, settings, seed, size)
    for number in range(size.days):
        world.later(size.begins + number * DAY, lambda session, now: deeds.day(world, now))
    return world


def _hurried(connection: Any, record: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")


class Killed(BaseException):
    """The process that ticks has died; nothing catches that."""


class Mortal:
    """The database of a process that may die before or after any of its commits."""

    def __init__(self, database: Database, lot: random.Random, risk: float) -> None:
        self._database, self._lot, self._risk = database, lot, risk

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def write(self, work: Callable[[Session], T], wait: float = 5.0) -> T:
        dies = self._lot.random() < self._risk
        is_kept = self._lot.random() < 0.5

        def lived(session: Session) -> T:
            found = work(session)
            if dies and not is_kept:
                raise Killed
            return found

        found = self._database.write(lived, wait)
        if dies:
            raise Killed
        return found


def live(world: World) -> None:
    """Let the time pass: what people do at its moment, and a tick whenever something may be due."""
    ticker = _process(world)
    now = world.size.begins
    while now < world.ends:
        now = _next(world, now)
        if world.down_until is not None:
            world.up_at, world.down_until = min(world.down_until, world.ends), None
            now = max(now, world.up_at)
        _people(world, now)
        with clock.at(now):
            try:
                _tick(world, ticker, now)
            except Killed:
                world.done["kills"] += 1
                ticker = _process(world)
                world.down_until = now + _pause(world.lot)
        if world.down_until is None and world.lot.random() < world.size.outages / 10:
            world.done["outages"] += 1
            ticker = _process(world)
            world.down_until = now + world.lot.uniform(0.1, 72) * HOUR
    _settle(world)


def _pause(lot: random.Random) -> timedelta:
    """How long it takes until somebody starts it again: a minute, or a long weekend."""
    return lot.uniform(1, 72) * (HOUR if lot.random() < 0.2 else MINUTE)


def _process(world: World) -> Scheduler:
    mortal: Any = Mortal(world.database, world.lot, world.size.risk)
    return Scheduler(mortal, world.settings, life=LIFE)


def _settle(world: World) -> None:
    """At the end everything that is due is done, without any more accidents."""
    ticker = Scheduler(world.database, world.settings, life=LIFE)
    for minute in range(1, 11):
        with clock.at(world.ends + minute * MINUTE):
            _tick(world, ticker, world.ends + minute * MINUTE)


def _tick(world: World, ticker: Scheduler, now: datetime) -> None:
    """Every trigger once, as if all their intervals had come at the same moment; those of the hour now and then."""
    if not ticker.renew():
        world.done["other process ticks"] += 1
        return
    is_slow = len(world.ticks) % SELDOM == 0
    for name in TRIGGERS:
        if TRIGGERS[name].every >= HOUR and not is_slow:
            continue
        outcome = ticker.wake(name, now)
        if outcome is None or outcome.failed:
            world.failed.append(f"{name} at {now}: {outcome}")
        else:
            world.done[f"trigger {name}"] += outcome.handled
    world.ticks.append(now)


def _next(world: World, now: datetime) -> datetime:
    """The next moment at which anything may be due: by the columns that say so, or by what people do."""
    columns = (
        Ticket.wake_at, Ticket.alarm_at, Survey.next_at, Subscription.next_at, Plan.wake_at,
    )  # fmt: skip
    with world.database.read_scope() as session:
        found = [session.scalar(select(one).where(one.is_not(None)).order_by(one).limit(1)) for one in columns]
        shift = select(Duty.ends_at).where(Duty.kind == "shift", Duty.settled_at.is_(None))
        found.append(session.scalar(shift.order_by(Duty.ends_at).limit(1)))
    ahead = [one for one in found if one is not None] + [one[0] for one in world.queue[:1]]
    return min(world.ends, max(now + world.size.spacing, min(ahead, default=world.ends)))


def _people(world: World, until: datetime) -> None:
    """What people do up to a moment; while the server was down they come when it is up again."""
    while world.queue and world.queue[0][0] <= until:
        at, _, deed = heappop(world.queue)
        now = max(at, world.up_at)
        with clock.at(now), world.database.write_scope() as session:
            deed(session, now)
