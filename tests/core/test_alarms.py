"""A flood of alarms is folded into the one that is open; a first one always opens."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from core import alarms, intake, places
from core.database import Database
from core.intake import FaultReport
from core.tickets import queries
from core.tickets.models import Follower, Subject, Ticket
from tests.personas import Cast

GAS = "I smell gas"
FIRE = "Fire! Flames in the hall"


def room(db: Database, cast: Cast, number: int) -> Subject:
    with db.write_scope() as session:
        place = places.ensure_path(session, cast.site, f"B/{number}")
        return Subject(cast.site, place.id, place.path, is_common=True)


def send(
    db: Database, subject: Subject, now: datetime, text: str = GAS, sender: str = "203.0.113.9", by: UUID | None = None
) -> Ticket | None:
    """Report as every edge does; returns the alarm that it was folded into."""
    report = FaultReport(subject, text, by, contact="13800138000")
    with db.write_scope() as session:
        found = alarms.folded(session, report, [sender], now)
        if found is None:
            intake.report_fault(session, report, now)
        return found


def opened(db: Database) -> int:
    with db.read_scope() as session:
        return session.scalar(select(func.count()).select_from(Ticket)) or 0


def test_one_sender_opens_twenty_alarms_and_then_none_of_a_kind_that_is_open(
    db: Database, cast: Cast, now: datetime
) -> None:
    for number in range(alarms.MOST):
        assert send(db, room(db, cast, number), now) is None
    folded = send(db, room(db, cast, 99), now)
    assert folded is not None
    assert opened(db) == alarms.MOST
    with db.read_scope() as session:
        note = queries.notes_of(session, folded.id, internal=True)[-1]
        assert (note.is_internal, note.text) == (True, f"B/99\n{GAS}\n13800138000")
        assert session.scalar(select(func.count()).select_from(Follower)) == 0


def test_an_alarm_of_another_kind_or_sender_opens_all_the_same(db: Database, cast: Cast, now: datetime) -> None:
    for number in range(alarms.MOST + 5):
        send(db, room(db, cast, number), now)
    assert send(db, room(db, cast, 100), now, FIRE) is None
    assert send(db, room(db, cast, 101), now, sender="198.51.100.7") is None
    assert opened(db) == alarms.MOST + 2


def test_many_who_mean_one_thing_are_told_whom_to_call_and_follow_no_more(
    db: Database, cast: Cast, now: datetime
) -> None:
    hall = room(db, cast, 1)
    for number in range(alarms.MOST):
        assert send(db, hall, now, sender=f"198.51.100.{number}", by=cast.resident) is None
    folded = send(db, hall, now, sender="198.51.100.99", by=cast.neighbour)
    assert folded is not None
    assert folded.place_id == hall.place_id
    with db.read_scope() as session:
        assert cast.neighbour not in queries.concerned(session, folded)


def test_a_flood_of_notes_ends(db: Database, cast: Cast, now: datetime) -> None:
    hall = room(db, cast, 1)
    folded = [send(db, hall, now) for _ in range(alarms.MOST + alarms.MOST_NOTES + 9)][-1]
    assert folded is not None
    with db.read_scope() as session:
        assert len(queries.notes_of(session, folded.id, internal=True)) == alarms.MOST_NOTES


def test_what_is_no_emergency_is_left_alone(db: Database, cast: Cast, now: datetime) -> None:
    hall = room(db, cast, 1)
    for _ in range(alarms.MOST + 5):
        assert send(db, hall, now, "the lamp flickers") is None
