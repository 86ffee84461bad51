"""Platform messages: each is taken once, in the order of its conversation, and never forgotten silently."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from core import inbox
from core.database import Database, Session
from core.inbox import InboxMessage


def keep(session: Session, now: datetime, key: str, chat: str = "li", *, pending: bool = True) -> bool:
    content = {"text": key} if pending else None
    return inbox.take(session, "telegram", "42", key, chat, content=content, error="Busy: …", now=now)


def due(db: Database, now: datetime) -> list[str]:
    with db.read_scope() as session:
        return [message.dedupe_key for message in inbox.due(session, now)]


def first(db: Database, now: datetime) -> InboxMessage:
    with db.read_scope() as session:
        return inbox.due(session, now)[0]


def test_a_message_is_taken_once(db: Database, now: datetime) -> None:
    assert db.write(lambda session: keep(session, now, "1", pending=False))
    assert not db.write(lambda session: keep(session, now, "1", pending=False))
    assert not db.write(lambda session: keep(session, now, "1"))
    assert due(db, now) == []


def test_of_the_same_message_at_once_one_is_taken(db: Database, now: datetime) -> None:
    ready, taken = threading.Barrier(8, timeout=20), []

    def work() -> None:
        ready.wait()
        taken.append(db.write(lambda session: keep(session, now, "1"), 20.0))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(taken) == [False] * 7 + [True]


def test_the_same_key_in_another_account_is_another_message(db: Database, now: datetime) -> None:
    db.write(lambda session: keep(session, now, "1"))
    assert db.write(lambda session: inbox.take(session, "telegram", "43", "1", "li", now=now))
    assert db.write(lambda session: inbox.take(session, "web", "42", "1", "li", now=now))


def test_only_the_oldest_of_each_conversation_is_due(db: Database, now: datetime) -> None:
    for key, chat in (("1", "li"), ("2", "li"), ("3", "chen")):
        db.write(lambda session, key=key, chat=chat: keep(session, now, key, chat))  # type: ignore[misc]
    assert due(db, now) == ["1", "3"]
    oldest = first(db, now)
    assert db.write(lambda session: inbox.settle(session, oldest.id))
    assert due(db, now) == ["2", "3"]


def test_a_conversation_whose_oldest_message_waits_is_not_overtaken(db: Database, now: datetime) -> None:
    for key in ("1", "2"):
        db.write(lambda session, key=key: keep(session, now, key))  # type: ignore[misc]
    oldest = first(db, now)
    db.write(lambda session: inbox.postpone(session, oldest, "again", now))
    assert due(db, now + timedelta(seconds=1)) == []
    assert due(db, now + timedelta(minutes=1)) == ["1"]


def test_a_message_is_handled_by_one_worker(db: Database, now: datetime) -> None:
    db.write(lambda session: keep(session, now, "1"))
    message = first(db, now)
    assert db.write(lambda session: inbox.settle(session, message.id))
    assert not db.write(lambda session: inbox.settle(session, message.id))


def test_what_was_said_is_dropped_once_it_is_done(db: Database, now: datetime) -> None:
    db.write(lambda session: keep(session, now, "1"))
    message = first(db, now)
    db.write(lambda session: inbox.settle(session, message.id))
    with db.read_scope() as session:
        assert session.get_one(InboxMessage, message.id).content is None


def test_a_message_that_always_fails_is_shown_at_last_and_lets_the_next_one_pass(db: Database, now: datetime) -> None:
    for key in ("1", "2"):
        db.write(lambda session, key=key: keep(session, now, key))  # type: ignore[misc]
    attempts, at = 0, now
    while due(db, at) == ["1"]:
        message = first(db, at)
        db.write(lambda session, message=message, at=at: inbox.postpone(session, message, "x" * 900, at))  # type: ignore[misc]
        attempts, at = attempts + 1, at + inbox.LONGEST_DELAY
    assert attempts == inbox.MAX_ATTEMPTS
    assert due(db, at) == ["2"]
    with db.read_scope() as session:
        dead = session.get_one(InboxMessage, message.id)
        assert (dead.state, dead.content, len(dead.error)) == ("dead", {"text": "1"}, 500)


def test_only_what_was_handled_is_forgotten_after_its_time(db: Database, now: datetime) -> None:
    db.write(lambda session: keep(session, now, "done", pending=False))
    db.write(lambda session: keep(session, now, "pending"))
    assert db.write(lambda session: inbox.forget_old(session, now + inbox.KEPT)) == 0
    later = now + inbox.KEPT + timedelta(seconds=1)
    assert db.write(lambda session: inbox.forget_old(session, later)) == 1
    assert due(db, later) == ["pending"]
