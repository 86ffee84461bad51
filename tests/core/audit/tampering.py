"""What somebody with a hand in the database may do, undone at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from core import audit, checkpoints, seals, trace
from core.audit import Problem, Report
from core.database import Database
from core.seals import Seal, Subtree
from core.tickets.models import Ticket
from core.trace import Event
from tests.core.history import KEY

TEXTS = ("stream", "action", "from_state", "to_state", "actor", "facts", "previous", "hash")
MOMENTS = ("device_at", "at")
NUMBERS = ("seq", "leaf")
PUBLIC = KEY.public


@contextmanager
def tampering(db: Database) -> Iterator[Session]:
    """A session on the bare database whose work is undone at the end."""
    with db.engine.connect() as connection, Session(connection) as session:
        session.execute(text("SELECT 1"))
        yield session
        session.rollback()


def verified(session: Session, since: str | None = None) -> Report:
    session.expire_all()
    return audit.verify(session, PUBLIC, since)


def first(report: Report) -> Problem:
    assert report.problem is not None
    return report.problem


def events(session: Session) -> list[Event]:
    return list(session.scalars(select(Event).order_by(Event.stream, Event.seq)))


def change(session: Session, event: Event, **values: Any) -> None:
    session.execute(
        update(Event).where(Event.id == event.id).values(values).execution_options(synchronize_session=False)
    )


def names(report: Report, event: Event) -> bool:
    return any((problem.stream, problem.seq) == (event.stream, event.seq) for problem in report.problems)


def swap(session: Session, one: Event, other: Event, columns: tuple[str, ...]) -> None:
    aside = {column: -5 if column in NUMBERS else "aside" for column in columns}
    mine, theirs = ({column: getattr(event, column) for column in columns} for event in (one, other))
    change(session, one, **aside)
    change(session, other, **mine)
    change(session, one, **theirs)


def rechain(session: Session, stream: str, seq: int, **changed: Any) -> None:
    """Change an event and make its whole stream, and the ticket, agree: a forger who knows the code."""
    head = trace.Head()
    for event in session.scalars(select(Event).where(Event.stream == stream).order_by(Event.seq)).all():
        row = {column.key: getattr(event, column.key) for column in Event.__table__.columns}
        row.update(changed if event.seq == seq else {}, previous=head.hash)
        row["hash"] = trace.event_hash(row)
        change(session, event, **{name: row[name] for name in (*TEXTS, "device_at", "at")})
        head = trace.Head(event.seq, row["hash"])
    agreed = update(Ticket).where(Ticket.id == UUID(stream[7:])).values(trace_head=head.hash)
    session.execute(agreed.execution_options(synchronize_session=False))


def forge_all(session: Session, now: datetime, key: checkpoints.SigningKey) -> None:
    event = next(event for event in events(session) if event.stream.startswith("ticket:"))
    rechain(session, event.stream, event.seq, actor="somebody else")
    session.execute(update(Event).values(leaf=None).execution_options(synchronize_session=False))
    session.execute(delete(Seal).execution_options(synchronize_session=False))
    session.execute(delete(Subtree).execution_options(synchronize_session=False))
    session.expunge_all()
    seals.seal(session, key, now)
