"""Where a dialogue stands survives everything, and two writers of one never lose each other's words."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from core import conversations, inbox, people
from core.conversations import FLOOD_WINDOW, Standing
from core.database import Database, Session
from core.errors import Conflict
from tests.personas import Cast

CHAT = ("telegram", "42", "li", "li")


def begin(db: Database, person: UUID, now: datetime) -> Standing:
    def work(session: Session) -> Standing:
        people.add_identity(session, person, "telegram", "42", "telegram_id", "li", conversation="li", via="test")
        return conversations.of(conversations.open_for(session, *CHAT, person, now), "en")

    return db.write(work)


def standing(db: Database) -> Standing | None:
    return db.write(lambda session: conversations.standing(session, *CHAT))


def test_a_dialogue_goes_on_where_it_stood(db: Database, cast: Cast, now: datetime) -> None:
    begun = begin(db, cast.resident, now)
    assert standing(db) == begun
    wake = now + timedelta(minutes=3)
    data = {"words": "漏水", "at": [1, 2]}
    values = {"flow": "report", "step": "where", "data": data, "wake_at": wake}
    db.write(lambda session: conversations.save(session, begun.id, begun.version, now, **values))
    found = standing(db)
    assert found is not None
    assert (found.flow, found.step, found.data, found.wake_at) == ("report", "where", data, wake)
    assert (found.version, found.locale, found.person_id) == (begun.version + 1, "en", cast.resident)


def test_of_two_writers_the_second_begins_again(db: Database, cast: Cast, now: datetime) -> None:
    begun = begin(db, cast.resident, now)
    db.write(lambda session: conversations.save(session, begun.id, begun.version, now, step="first"))
    with pytest.raises(Conflict):
        db.write(lambda session: conversations.save(session, begun.id, begun.version, now, step="second"))
    found = standing(db)
    assert found is not None
    assert found.step == "first"


def test_a_stranger_stands_nowhere(db: Database) -> None:
    assert standing(db) is None


@pytest.mark.parametrize("why", ["left", "revoked", "somebody else's"])
def test_a_dialogue_ends_with_the_access_of_its_person(db: Database, cast: Cast, now: datetime, why: str) -> None:
    begun = begin(db, cast.resident, now)
    db.write(lambda session: conversations.save(session, begun.id, begun.version, now, flow="report", step="words"))
    with db.write_scope() as session:
        [identity] = people.identities_of(session, cast.resident)
        if why == "left":
            people.get(session, cast.resident).is_active = False
        elif why == "revoked":
            identity.revoked_at = now
        else:
            identity.person_id = cast.neighbour
    assert standing(db) is None
    anew = begin(db, cast.neighbour, now)
    assert (anew.id, anew.person_id, anew.flow, anew.version) == (begun.id, cast.neighbour, "", begun.version + 2)


def test_a_dialogue_is_behind_while_an_older_message_of_it_waits(db: Database, cast: Cast, now: datetime) -> None:
    begin(db, cast.resident, now)
    for chat in ("chen", "li"):
        db.write(lambda s, chat=chat: inbox.take(s, "telegram", "42", chat, chat, content={}, now=now))  # type: ignore[misc]
        found = standing(db)
        assert found is not None
        assert found.is_behind == (chat == "li")


def test_whoever_stays_silent_is_found_when_the_time_has_come(db: Database, cast: Cast, now: datetime) -> None:
    begun = begin(db, cast.resident, now)
    wake = now + timedelta(minutes=3)
    db.write(lambda session: conversations.save(session, begun.id, begun.version, now, wake_at=wake))
    with db.read_scope() as session:
        assert conversations.silent(session, wake - timedelta(seconds=1)) == []
        assert [row.id for row in conversations.silent(session, wake)] == [begun.id]


def test_messages_are_counted_by_the_minute(now: datetime) -> None:
    assert conversations.count(now, 5, now + FLOOD_WINDOW - timedelta(seconds=1)) == (now, 6)
    assert conversations.count(now, 5, now + FLOOD_WINDOW) == (now + FLOOD_WINDOW, 1)
