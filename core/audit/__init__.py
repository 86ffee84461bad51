"""Verifies the trace and names the event that somebody has touched.

It believes nothing that it can compute: every hash, every link of every stream, where each ticket says that its
stream ends, what its events committed to, and the root at every seal. What it cannot see from inside is a history
that was rewritten with the signing key at hand, or one whose end was cut off together with its seals: for that, it
takes a checkpoint that was kept outside.
"""

from __future__ import annotations

from itertools import chain, islice

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from core import checkpoints, seals
from core.audit import alarms, beside, log, streams
from core.audit.contents import Contents
from core.audit.findings import Problem, Progress, Report
from core.checkpoints import PublicKey
from core.seals import Seal
from core.trace import Event

__all__ = ["Problem", "Progress", "Report", "verify"]

MOST = 20


class _Counter:
    """Tells how far it is. Every event is read twice: in its stream, and at its place in the log."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._total, self._progress, self._done = total, progress, 0

    def advance(self, rows: int) -> None:
        self._done += rows
        if self._progress is not None:
            self._progress(self._done, self._total)


def verify(
    session: Session, public_key: PublicKey, since: str | None = None, progress: Progress | None = None
) -> Report:
    """Verify the whole trace, in a session that has read nothing yet.

    `since`: a checkpoint that was kept outside, the signed note: the log must still contain what it states.
    Errors: BadCheckpoint when that note is not one of this log.
    """
    outside = checkpoints.read(since, public_key) if since else None
    _freeze(session)
    events = session.scalar(select(func.count()).select_from(Event)) or 0
    unsealed = seals.unsealed(session)
    counter = _Counter(2 * events - unsealed, progress)
    ends: streams.Ends = {}
    contents = Contents(session)
    found = chain(
        streams.check(session, ends, counter.advance, contents.hear),
        streams.check_tickets(session, ends),
        contents.problems(),
        log.check(session, public_key, outside, counter.advance),
    )
    problems = tuple(islice(found, MOST))
    if not problems:
        problems = tuple(islice(chain(alarms.check(session), beside.check(session, contents.changes)), MOST))
    return Report(
        problems=problems, events=events, unsealed=unsealed,
        streams=session.scalar(select(func.count(Event.stream.distinct()))) or 0,
        seals=session.scalar(select(func.count()).select_from(Seal)) or 0,
        sealed_at=log.last_sealed_at(session, public_key),
    )  # fmt: skip


def _freeze(session: Session) -> None:
    """Let all statements see the same moment while others go on writing. SQLite's readers always do."""
    if session.get_bind().dialect.name == "postgresql" and not session.in_transaction():
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
