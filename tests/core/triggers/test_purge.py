"""What has served its purpose is forgotten, and nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select

from core import access, clock, inbox, outbox, replies, sendings, transcripts
from core.access import REPLAY_LIFE, Replay, Token
from core.database import Database
from core.inbox import InboxMessage
from core.outbox import Letter
from core.sendings import Sending
from core.transcripts import Line
from core.triggers import Outcome
from core.triggers.purge import FORGET
from tests.core.triggers.conftest import Wake
from tests.personas import Cast


def test_expired_tokens_go_and_valid_ones_stay(db: Database, cast: Cast, now: datetime, wake: Wake) -> None:
    with db.write_scope() as session:
        access.issue(session, "sign_in", cast.resident, now, life=timedelta(minutes=15))
        access.issue(session, "session", cast.resident, now, life=timedelta(days=90))
        access.issue(session, "bearer", cast.admin, now, life=None)
    assert wake("purge", now + timedelta(hours=1)) == Outcome(handled=len(FORGET))
    with db.read_scope() as session:
        assert session.scalars(select(Token.kind).order_by(Token.kind)).all() == ["bearer", "session"]


def test_results_of_requests_stay_for_half_a_year(db: Database, cast: Cast, now: datetime, wake: Wake) -> None:
    with db.write_scope() as session:
        for key, days in (("old", 200), ("young", 100)):
            access.take_key(session, cast.technician, key, b"", now - timedelta(days=days))
    wake("purge", now)
    with db.read_scope() as session:
        assert session.scalars(select(Replay.key)).all() == ["young"]
    assert timedelta(days=180) == REPLAY_LIFE


def test_a_chat_keeps_the_lines_that_it_shows(db: Database, now: datetime, wake: Wake) -> None:
    with db.write_scope() as session:
        chat = transcripts.open_chat(session, now)
        for number in range(transcripts.SHOWN + 5):
            transcripts.append(session, chat, str(number), "mine", {}, now)
    wake("purge", now)
    with db.read_scope() as session:
        assert session.scalar(select(func.count()).select_from(Line)) == transcripts.SHOWN


def test_attempts_to_send_stay_for_the_desk_and_for_every_quota(db: Database, now: datetime, wake: Wake) -> None:
    place = ("telegram", "42", "li")
    with db.write_scope() as session:
        [message] = outbox.post(session, [Letter("help")], now)
        for days in (91, 89):
            with clock.at(now - timedelta(days=days)):
                sendings.begin(session, message, place, clock.now())
    wake("purge", now)
    with db.read_scope() as session:
        assert session.scalars(select(Sending.at)).all() == [now - timedelta(days=89)]


def test_handled_messages_go_and_pending_ones_stay(db: Database, now: datetime, wake: Wake) -> None:
    long_ago = now - timedelta(days=30)
    with db.write_scope() as session:
        inbox.take(session, "telegram", "bot", "1", "chat", now=long_ago)
        inbox.take(session, "telegram", "bot", "2", "chat", content={"text": "hello"}, now=long_ago)
        inbox.take(session, "telegram", "bot", "3", "chat", now=now)
    wake("purge", now)
    with db.read_scope() as session:
        assert session.scalars(select(InboxMessage.dedupe_key).order_by(InboxMessage.dedupe_key)).all() == ["2", "3"]


def test_what_a_callback_was_answered_goes_once_it_is_not_repeated(db: Database, now: datetime, wake: Wake) -> None:
    with db.write_scope() as session:
        for key, minutes in (("old", 11), ("young", 9)):
            inbox.take(session, "wechat", "bot", key, "chat", now=now - timedelta(minutes=minutes))
            replies.keep(session, ("wechat", "bot", key), "a link")
    wake("purge", now)
    with db.read_scope() as session:
        kept = session.execute(select(InboxMessage.dedupe_key, InboxMessage.answer).order_by(InboxMessage.dedupe_key))
        assert [tuple(row) for row in kept] == [("old", ""), ("young", "a link")]
