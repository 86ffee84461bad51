"""A reason reaches the trace as a known key or not at all: the trace forgets nothing."""

from __future__ import annotations

from datetime import datetime

import pytest

from core import trace
from core.database import Database
from core.tickets import queries
from tests.core.tickets.stories import begun
from tests.personas import Cast


@pytest.mark.parametrize("said", ["13812345678", "Wang", "no_such_key", "left the key with Chen"])
def test_words_are_kept_beside_the_trace(db: Database, cast: Cast, now: datetime, said: str) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now, "accepted")
        story.act("assignee", "hold", reason=said)
        last = story.events()[-1]
        [note] = queries.notes_of(session, story.ticket.id, internal=True)[-1:]
        assert said not in last.facts
        assert note.text == said
        assert trace.commitment(note.salt, said) in last.facts


def test_the_reason_of_a_check_in_is_words_too(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now, "accepted")
        story.act("assignee", "check_in", code_photo="ab" * 32, reason="13812345678")
        assert "13812345678" not in story.events()[-1].facts


def test_a_known_key_stands_as_it_is(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now, "accepted")
        story.act("assignee", "hold", reason="waiting_parts")
        assert '"reason":"waiting_parts"' in story.events()[-1].facts
