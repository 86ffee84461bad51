"""The work on tables that were brought to the desk, in pieces that are transactions of their own.

Deciding only reads, and names the pieces. Each piece looks again whether its turn has come: the first takes the work
up under a new mark, the others go on where that one stands, so of two that decided at the same moment one does nothing.
What was cut off, by a restart or by somebody who changed the same, is decided anew: what is written is then unchanged.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from assets import imports, reading, understanding
from assets.diffs import Diff, Step, Task
from assets.handover import Quarantined, Source
from assets.imports import BUSY
from assets.models import Import
from assets.understanding import Mapping
from core import clock
from core.database import Database
from core.errors import Conflict, GongdanError
from core.storage import open_storage
from core.triggers import Outcome, Tick, Trigger, run

NAME = "imports"
EVERY = timedelta(seconds=5)
MOST_ATTEMPTS = 5

log = logging.getLogger(__name__)


class CutOff(Conflict):
    """The import was cut off several times. What was written stays; check the table again to go on."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the work on an import, for when it stands at `run` and `done`."""

    import_id: UUID
    run: str
    done: int
    work: Callable[[Session, Import], None]


def due(session: Session, tick: Tick, only: UUID | None = None) -> Sequence[Piece]:
    """The pieces of the import that waits longest."""
    query = select(Import).where(Import.state.in_(BUSY)).order_by(Import.id)
    row = session.scalar((query.where(Import.id == only) if only else query).limit(1))
    if row is None:
        return []
    try:
        if row.attempts >= MOST_ATTEMPTS:
            raise CutOff
        return _pieces(row, _decided(session, row, tick))
    except GongdanError as error:
        return [Piece(row.id, row.run, row.done, partial(_fail, error=error))]


def handle(session: Session, piece: Piece, tick: Tick) -> None:
    """Do a piece of work if it is its turn. Somebody who registered the same thing meanwhile is a Conflict."""
    row = session.scalar(select(Import).where(Import.id == piece.import_id).with_for_update())
    if row is None or row.state not in BUSY or (row.run, row.done) != (piece.run, piece.done):
        return
    try:
        piece.work(session, row)
        session.flush()
    except IntegrityError as error:
        raise Conflict from error


def run_now(database: Database, tick: Tick, import_id: UUID) -> Outcome:
    """Work on one import at once: for a short table nobody should wait until the trigger comes."""
    return run(database, Trigger(NAME, EVERY, partial(due, only=import_id), handle), tick)


def _decided(session: Session, row: Import, tick: Tick) -> Task:
    mapping, facts, actor = Mapping.of(row.mapping), (row.site_id, row.kind), row.actor_id
    data = imports.data_of(open_storage(tick.settings.storage_url), row)
    session.rollback()  # reading a long file takes longer than a database waits for the rest of a transaction
    rows, refused = understanding.rows(reading.sheets(Source("", data)), mapping, facts[1])
    task = understanding.decide(session, *facts, rows, tick.now, actor)
    task.diff.refuse(refused)
    return task


def _pieces(row: Import, task: Task) -> list[Piece]:
    if row.state == "checking":
        return [Piece(row.id, row.run, row.done, partial(_show, task=task))]
    token, done = clock.secret(), 0
    pieces = [Piece(row.id, row.run, row.done, partial(_take_up, task=task, token=token))]
    together: list[Step] = []
    for step in task.steps:
        together.append(step)
        if step.size:
            pieces.append(Piece(row.id, token, done, partial(_write, steps=together, done=done + step.size)))
            done, together = done + step.size, []
    return [*pieces, Piece(row.id, token, done, partial(_finish, steps=together))]


def _show(session: Session, row: Import, task: Task) -> None:
    row.state, row.total, row.outcome = "checked", task.total, told(task.diff)


def _take_up(session: Session, row: Import, task: Task, token: str) -> None:
    if not row.attempts:
        row.outcome = told(task.diff)
    row.run, row.attempts, row.done, row.total = token, row.attempts + 1, 0, task.total


def _write(session: Session, row: Import, steps: list[Step], done: int) -> None:
    for step in steps:
        step.write(session)
    row.done = done


def _finish(session: Session, row: Import, steps: list[Step]) -> None:
    _write(session, row, steps, row.done)
    row.state = "done"


def _fail(session: Session, row: Import, error: GongdanError) -> None:
    row.state, row.outcome = "failed", row.outcome | {"error": error.key, "facts": error.facts}


def told(diff: Diff) -> dict[str, Any]:
    """A diff as it is kept with its import."""
    refused = [[one.sheet, one.row, one.column, one.value[:200], one.key, one.facts] for one in diff.refused]
    return {"counts": diff.counts, "lines": diff.lines, "refused": refused}


def refused_of(row: Import) -> list[Quarantined]:
    """What an import keeps out."""
    return [Quarantined(*one) for one in row.outcome.get("refused", [])]
