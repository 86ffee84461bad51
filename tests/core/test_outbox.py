"""Messages that wait to leave: whose turn it is, and what a dead worker leaves behind."""

from __future__ import annotations

from datetime import datetime

from core import outbox
from core.database import Database
from core.outbox import Letter


def letters(*chats: str) -> list[Letter]:
    return [Letter("help", {}, address=("telegram", "42", chat)) for chat in chats]


def chats_of(db: Database, now: datetime) -> list[str]:
    return db.write(lambda session: [message.conversation for message in outbox.claim(session, now)])


def test_a_chat_with_many_messages_holds_up_no_other(db: Database, now: datetime) -> None:
    db.write(lambda session: outbox.post(session, letters(*["busy"] * 10, "quiet"), now))
    assert sorted(chats_of(db, now)) == ["busy", "busy", "busy", "quiet"]
    assert chats_of(db, now) == ["busy", "busy", "busy"]


def test_a_chat_gets_its_oldest_messages_first(db: Database, now: datetime) -> None:
    posted = db.write(lambda session: outbox.post(session, letters(*["busy"] * 5), now))
    claimed = db.write(lambda session: [message.id for message in outbox.claim(session, now)])
    assert claimed == posted[:3]


def test_what_a_dead_worker_had_claimed_can_be_given_back_at_once(db: Database, now: datetime) -> None:
    db.write(lambda session: outbox.post(session, letters("quiet"), now))
    assert chats_of(db, now) == ["quiet"]
    assert chats_of(db, now) == []
    db.write(outbox.release)
    assert chats_of(db, now) == ["quiet"]
