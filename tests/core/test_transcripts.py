"""Both sides of a web chat, in order, once, and for its own reader alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import select

from core import transcripts
from core.database import Database
from core.transcripts import Line

PHOTO = "ab/" + "c" * 62 + ".screen.jpg"
VOICE = "de/" + "f" * 62 + ".webm"


@pytest.fixture
def chat(db: Database, now: datetime) -> str:
    with db.write_scope() as session:
        return transcripts.open_chat(session, now)


def say(db: Database, chat_id: str, key: str, now: datetime, **body: object) -> str | None:
    with db.write_scope() as session:
        return transcripts.append(session, chat_id, key, "mine", body, now)


def test_lines_are_numbered_in_the_order_in_which_they_were_taken(db: Database, chat: str, now: datetime) -> None:
    assert [say(db, chat, key, now, text=key) for key in ("a", "b", "c")] == ["1", "2", "3"]
    with db.read_scope() as session:
        assert [(line.number, line.body["text"]) for line in transcripts.lines_after(session, chat, 1)] == [
            (2, "b"),
            (3, "c"),
        ]


def test_a_line_that_comes_again_is_the_line_that_is_there(db: Database, chat: str, now: datetime) -> None:
    say(db, chat, "a", now)
    say(db, chat, "b", now)
    assert say(db, chat, "a", now) == "1"


def test_lines_that_nobody_is_shown_any_more_are_forgotten(db: Database, chat: str, now: datetime) -> None:
    with db.write_scope() as session:
        short = transcripts.open_chat(session, now)
        for chat_id, many in ((chat, transcripts.SHOWN + 3), (short, 2)):
            for number in range(many):
                transcripts.append(session, chat_id, str(number), "mine", {}, now)
        shown = [line.number for line in transcripts.lines_after(session, chat, 0)]
        transcripts.forget_old(session, now)
    with db.read_scope() as session:
        kept = session.scalars(select(Line.number).where(Line.chat_id == chat).order_by(Line.number)).all()
        assert kept == shown
        assert (kept[0], len(transcripts.lines_after(session, short, 0))) == (4, 2)


def test_a_replay_leaves_no_number_that_a_reader_would_wait_for(db: Database, chat: str, now: datetime) -> None:
    for _ in range(3):
        say(db, chat, "a", now)
    with db.read_scope() as session:
        assert transcripts.newest(session, [chat]) == {chat: 1}


def test_the_same_line_said_at_once_by_many_stands_there_once(db: Database, chat: str, now: datetime) -> None:
    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(lambda n: say(db, chat, f"key-{n % 3}", now), range(12)))
    with db.read_scope() as session:
        lines = transcripts.lines_after(session, chat, 0)
        newest = transcripts.newest(session, [chat])
    assert [line.number for line in lines] == [1, 2, 3]
    assert newest == {chat: 3}
    assert set(numbers) == {"1", "2", "3"}


def test_an_unknown_chat_takes_no_line(db: Database, chat: str, now: datetime) -> None:
    assert say(db, "nobody", "a", now) is None


def test_two_chats_do_not_see_each_other(db: Database, chat: str, now: datetime) -> None:
    with db.write_scope() as session:
        other = transcripts.open_chat(session, now)
    say(db, chat, "a", now, text="mine alone")
    with db.read_scope() as session:
        assert transcripts.lines_after(session, other, 0) == []


def test_a_long_chat_begins_with_its_newest_lines(db: Database, chat: str, now: datetime) -> None:
    for number in range(5):
        say(db, chat, str(number), now)
    with db.read_scope() as session:
        assert [line.number for line in transcripts.lines_after(session, chat, 0, limit=2)] == [4, 5]


@pytest.mark.parametrize(
    ("body", "file", "mime"),
    [
        ({"photo": PHOTO}, PHOTO, "image/jpeg"),
        ({"files": [{"key": VOICE, "mime": "audio/webm"}]}, VOICE, "audio/webm"),
        ({"files": [{"key": VOICE, "mime": "audio/webm"}]}, PHOTO, None),
        ({"text": f"look at {PHOTO}"}, PHOTO, None),
        ({"photo": PHOTO}, "ab/%", None),
    ],
)
def test_a_chat_shows_the_files_of_its_own_lines(
    db: Database, chat: str, now: datetime, body: dict[str, object], file: str, mime: str | None
) -> None:
    say(db, chat, "a", now, **body)
    with db.write_scope() as session:
        other = transcripts.open_chat(session, now)
    with db.read_scope() as session:
        assert transcripts.shows(session, chat, file) == mime
        assert transcripts.shows(session, other, file) is None
