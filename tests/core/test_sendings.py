"""What was sent is counted from rows, before it goes, so that processes and restarts count together."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import event

from core import clock, consents, outbox, sendings
from core.conversations import Conversation
from core.database import Database, Session
from core.outbox import Letter
from core.quotas import Quota, decide
from tests.personas import Cast

LI, CHEN = ("wechat", "42", "li"), ("wechat", "42", "chen")
MINUTE = timedelta(minutes=1)


def posted(session: Session, now: datetime) -> UUID:
    [one] = outbox.post(session, [Letter("help", {})], now)
    return one


def test_a_past_is_what_was_sent_there_and_by_the_account(db: Database, now: datetime) -> None:
    before = now - MINUTE
    with db.write_scope() as session:
        message = posted(session, now)
        for seconds, place in enumerate((LI, LI, CHEN)):
            sendings.begin(session, message, place, now + timedelta(seconds=seconds))
        sendings.begin(session, message, LI, now + MINUTE, is_template=True)
        past = sendings.past(session, LI)
        assert [past.nth("person", number, before) for number in (1, 2, 3)] == [now + timedelta(seconds=1), now, None]
        assert [past.nth("account", number, before) for number in (1, 3)] == [now + timedelta(seconds=2), now]
        assert (past.nth("templates", 1, before), past.nth("templates", 2, before)) == (now + MINUTE, None)
        assert [past.nth("person", number, now) for number in (1, 2)] == [now + timedelta(seconds=1), None]
        assert [past.taken(number, now) for number in (2, 3)] == [True, False]
        assert not past.taken(2, now + timedelta(seconds=1))


def test_what_was_heard_is_told_by_kind_whoever_of_the_chat_said_it(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        for sender, heard in (("li", {"text": now, "scan": now}), ("ma", {"text": now + MINUTE})):
            place = {"channel": "wechat", "account": "42", "conversation": "li", "sender": sender}
            told = {kind: at.isoformat() for kind, at in heard.items()}
            session.add(Conversation(**place, person_id=cast.resident, heard=told))
        session.flush()
        assert sendings.past(session, LI).heard == {"text": now + MINUTE, "scan": now}
        assert sendings.past(session, CHEN).heard == {}


def test_a_platform_s_no_is_remembered_for_the_chat_and_for_the_message(db: Database, now: datetime) -> None:
    with db.write_scope() as session:
        message, other = posted(session, now), posted(session, now)
        sendings.failed(session, sendings.begin(session, message, LI, now), "window_closed", "45015 out of time")
        sendings.failed(session, sendings.begin(session, message, CHEN, now), "throttled")
        past = sendings.past(session, LI)
        assert (past.refused(now), past.refused(now + MINUTE)) == (True, False)
        assert not sendings.past(session, CHEN).refused(now)
        assert sendings.closed_to(session, message) == {("wechat", "li", False): "window_closed"}
        assert sendings.closed_to(session, other) == {}
        assert [one.said for one in sendings.of_messages(session, [message])[message]] == ["45015 out of time", ""]


def test_where_a_platform_has_no_windows_nothing_is_asked_about_them(db: Database, now: datetime) -> None:
    asked: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    with db.write_scope() as session:
        assert decide((), [Quota(2, MINUTE, "person")], sendings.past(session, LI), now).state == "go"
    event.remove(db.engine, "before_cursor_execute", note)
    [query] = [statement for statement in asked if "FROM" in statement]
    assert "sendings.at >" in query


def test_two_who_count_at_once_do_not_both_take_the_last(db: Database, now: datetime) -> None:
    quota, taken = [Quota(2, MINUTE, "person")], list[bool]()

    def take() -> None:
        def work(session: Session) -> None:
            sendings.alone(session)
            verdict = decide((), quota, sendings.past(session, LI), now)
            if verdict.state == "go":
                sendings.begin(session, posted(session, now), LI, now)
            taken.append(verdict.state == "go")

        with clock.at(now):
            db.write(work)

    crowd = [threading.Thread(target=take) for _ in range(4)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert sorted(taken) == [False, False, False, True]


def test_a_consent_is_used_once_and_for_its_purpose(db: Database) -> None:
    with db.write_scope() as session:
        consents.give(session, LI, "news")
        consents.give(session, LI, "news", 2)
        consents.give(session, CHEN, "survey")
        assert [consents.use(session, LI, "news") for _ in range(4)] == [True, True, True, False]
        assert not consents.use(session, LI, "survey")
        assert consents.use(session, CHEN, "survey")
