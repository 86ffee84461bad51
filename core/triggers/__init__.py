"""Triggers: work that time brings about. One file each, found by its decorator.

A trigger says what is due and how one due thing is handled. What is due lies in our tables, so after downtime each
thing happens once; each is handled in a unit of work of its own, so one that fails does not stop the others.

    @trigger("closures", every=timedelta(minutes=1), due=silent)
    def lapse(session: Session, ticket_id: UUID, tick: Tick) -> None: ...
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import InstrumentedAttribute

from core.database import Database, Session
from core.errors import Conflict
from core.registry import Registry
from core.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tick:
    """The moment that a trigger is woken for."""

    now: datetime
    settings: Settings


Due = Callable[[Session, Tick], Sequence[Any]]
Handle = Callable[[Session, Any, Tick], None]


@dataclass(frozen=True, slots=True)
class Trigger:
    """`due` reads and names what to do now; `handle` does one of them, and nothing when it was done meanwhile.

    `writes`: whether it writes rows. One that works elsewhere, at the file store, gets a session that only reads, so
    that no writer waits for it. `waits`: the column with the moment at which a row is due, so that it can be told
    what is late.
    """

    name: str
    every: timedelta
    due: Due
    handle: Handle
    writes: bool = True
    waits: InstrumentedAttribute[Any] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many due things were handled, and how many failed and stay due."""

    handled: int = 0
    failed: int = 0


TRIGGERS: Registry[Trigger] = Registry("trigger")


def trigger(
    name: str, *, every: timedelta, due: Due, writes: bool = True, waits: InstrumentedAttribute[Any] | None = None
) -> Callable[[Handle], Handle]:
    """Register a function as the handler of a trigger."""

    def keep(handle: Handle) -> Handle:
        TRIGGERS.register(name)(Trigger(name, every, due, handle, writes, waits))
        return handle

    return keep


def run(database: Database, woken: Trigger, tick: Tick) -> Outcome:
    """Do all that is due for a trigger. Somebody who was faster is no failure."""
    with database.read_scope() as session:
        due = list(woken.due(session, tick))
    failed = sum(not _handled(database, woken, item, tick) for item in due)
    return Outcome(len(due) - failed, failed)


def _handle(database: Database, woken: Trigger, item: Any, tick: Tick) -> None:
    if woken.writes:
        database.write(lambda session: woken.handle(session, item, tick))
        return
    with database.read_scope() as session:
        woken.handle(session, item, tick)


def _handled(database: Database, woken: Trigger, item: Any, tick: Tick) -> bool:
    try:
        _handle(database, woken, item, tick)
    except Conflict as faster:
        log.info("trigger %s left %s alone: %s", woken.name, item, faster)
    except Exception:
        log.exception("trigger %s failed on %s", woken.name, item)
        return False
    return True
