"""The trace is a chain: every event binds what it says and all that was before it in its stream."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core import trace
from core.database import Database
from core.trace import Entry, Event, Head

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
TEXT = st.text(st.characters(codec="utf-8"), max_size=30)


def one(**changed: Any) -> dict[str, Any]:
    entry = Entry("accept", {"assignee": "7"}, "technician", "assigned", "accepted", AT)
    row = trace.chain("ticket:1", Head(), [entry], AT)[0] | {"id": UUID(int=7)}
    return {**row, "hash": trace.event_hash(row), **changed}


def test_the_first_event_follows_the_genesis() -> None:
    assert one()["previous"] == trace.GENESIS
    assert one()["seq"] == 1


def test_each_event_names_the_hash_of_the_one_before() -> None:
    rows = trace.chain("ticket:1", Head(), [Entry("report"), Entry("assign"), Entry("accept")], AT)
    assert [row["seq"] for row in rows] == [1, 2, 3]
    assert [row["previous"] for row in rows] == [trace.GENESIS, rows[0]["hash"], rows[1]["hash"]]


def test_a_chain_goes_on_from_its_head() -> None:
    assert trace.chain("ticket:1", Head(41, "f" * 64), [Entry("accept")], AT)[0]["seq"] == 42


@pytest.mark.parametrize(
    "changed",
    [
        {"id": UUID(int=8)}, {"previous": "1" * 64}, {"stream": "ticket:2"}, {"seq": 2}, {"action": "decline"},
        {"from_state": "reported"}, {"to_state": "reported"}, {"actor": "somebody"}, {"facts": "{}"},
        {"device_at": None},
        {"device_at": AT + timedelta(microseconds=1)}, {"at": AT - timedelta(microseconds=1)},
    ],
    ids="id previous stream seq action from_state to_state actor facts no_device_at device_at at".split(),
)  # fmt: skip
def test_the_hash_binds(changed: dict[str, Any]) -> None:
    assert trace.event_hash(one(**changed)) != one()["hash"]


def test_words_cannot_move_from_one_field_to_the_next() -> None:
    """`ab` + `c` is not `a` + `bc`, whatever separators the words contain."""
    assert trace.event_hash(one(action="ab", actor="c")) != trace.event_hash(one(action="a", actor="bc"))
    assert trace.event_hash(one(action='a","b', actor="c")) != trace.event_hash(one(action="a", actor='b","c'))


def test_the_same_instant_in_another_zone_has_the_same_hash() -> None:
    assert trace.event_hash(one(at=AT.astimezone(timezone(timedelta(hours=8))))) == one()["hash"]


def test_the_hash_can_be_computed_by_anybody() -> None:
    """The format is a promise: docs/verify_trace.py and third parties rely on it."""
    said = (
        f'["{UUID(int=7).hex}","{trace.GENESIS}","ticket:1","1","accept","assigned","accepted","technician",'
        '"{\\"assignee\\":\\"7\\"}","2026-11-20T02:00:00.000000+00:00","2026-11-20T02:00:00.000000+00:00"]'
    )
    assert one()["hash"] == hashlib.sha256(said.encode()).hexdigest()


@given(st.dictionaries(TEXT, st.one_of(TEXT, st.integers(), st.none(), st.booleans())))
def test_the_order_of_facts_does_not_matter(facts: dict[str, Any]) -> None:
    assert trace.canonical(facts) == trace.canonical(dict(reversed(facts.items())))


def test_a_commitment_hides_the_words_and_binds_them() -> None:
    assert trace.commitment("salt", "the tap drips") == trace.commitment("salt", "the tap drips")
    assert trace.commitment("salt", "the tap drips") != trace.commitment("other", "the tap drips")
    assert trace.commitment("salt", "the tap drips") != trace.commitment("salt", "the tap drops")


Append = Callable[..., Head]


@pytest.fixture
def append(db: Database) -> Append:
    def write(*actions: str, stream: str = "place:hall", head: Head | None = None) -> Head:
        with db.write_scope() as session:
            return trace.append(session, stream, [Entry(action) for action in actions], AT, head)

    return write


def test_a_stream_is_continued_where_it_ended(db: Database, append: Append) -> None:
    append("renamed", "moved")
    end = append("closed")
    with db.read_scope() as session:
        kept = trace.events_of(session, "place:hall")
        assert [event.action for event in kept] == ["renamed", "moved", "closed"]
        assert trace.head_of(session, "place:hall") == end == Head(3, kept[-1].hash)


def test_what_is_read_back_has_the_hash_that_was_written(db: Database, now: datetime) -> None:
    """Times keep their microseconds, facts every character, on both databases."""
    said = {"words": "电梯停了 \U0001f6d7 “quoted” \\ \x01", "number": 7}
    with db.write_scope() as session:
        entry = Entry("moved", said, "desk", device_at=now + timedelta(microseconds=123456))
        trace.append(session, "place:hall", [entry], now + timedelta(microseconds=1))
    with db.read_scope() as session:
        event = session.scalars(select(Event)).one()
        row = {column.key: getattr(event, column.key) for column in Event.__table__.columns}
        assert trace.event_hash(row) == event.hash


def test_streams_do_not_touch_each_other(db: Database, append: Append) -> None:
    append("renamed")
    append("renamed", stream="place:roof")
    with db.read_scope() as session:
        assert trace.head_of(session, "place:roof").seq == 1
        assert trace.head_of(session, "place:cellar") == Head()


def test_two_writers_of_one_stream_cannot_both_go_on_from_one_head(append: Append) -> None:
    head = append("renamed")
    append("moved", head=head)
    with pytest.raises(IntegrityError):
        append("closed", head=head)
