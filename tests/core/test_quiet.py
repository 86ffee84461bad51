"""Quiet hours of a person: what can wait comes when they end, in the site's time; what cannot comes at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from core import outbox, people, places, quiet
from core.database import Database
from core.errors import Invalid
from core.outbox import Letter, OutboxMessage
from core.places import Site
from tests.core import history
from tests.personas import NOW, Cast

NIGHT = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)  # half past eleven in Shanghai
MORNING = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)


def sent(db: Database, letter: Letter, at: datetime = NIGHT) -> bool:
    """Whether a letter goes when it is claimed."""
    with db.write_scope() as session:
        outbox.mark_history(session)
        [one] = outbox.post(session, [letter], at)
        return one in [row.id for row in quiet.hold(session, outbox.claim(session, at), at)]


@pytest.fixture
def sleeper(db: Database, cast: Cast) -> Cast:
    with db.write_scope() as session:
        quiet.set_hours(session, cast.resident, "22:00", "7:00")
    return cast


def test_what_can_wait_comes_when_the_hours_end(db: Database, sleeper: Cast) -> None:
    assert not sent(db, Letter("accepted", {"priority": "normal"}, sleeper.resident))
    with db.write_scope() as session:
        [row] = session.query(OutboxMessage).all()
        assert (row.state, row.not_before, row.attempts) == ("ready", MORNING, 0)
        assert outbox.claim(session, MORNING - timedelta(seconds=1)) == []
        assert len(quiet.hold(session, outbox.claim(session, MORNING), MORNING)) == 1


@pytest.mark.parametrize(
    ("kind", "facts", "goes"),
    [
        ("emergency_taken", {"emergency": "gas", "priority": "emergency"}, True),
        ("overdue", {"priority": "urgent"}, True),
        ("offer", {"priority": "normal"}, True),
        ("made_password", {}, True),
        ("survey", {"priority": "urgent"}, False),
        ("survey_again", {"priority": "normal"}, False),
        ("digest_day", {}, False),
        ("deadline_near", {"priority": "normal"}, False),
    ],
)
def test_emergencies_and_what_lapses_do_not_wait(
    db: Database, sleeper: Cast, kind: str, facts: dict[str, Any], *, goes: bool
) -> None:
    assert sent(db, Letter(kind, facts, sleeper.resident)) == goes


def test_an_answer_in_a_conversation_does_not_wait(db: Database, sleeper: Cast) -> None:
    assert sent(db, Letter("help", {}, sleeper.resident, ("web", "", "chat-1")))


def test_others_and_other_hours_are_not_held_up(db: Database, sleeper: Cast) -> None:
    assert sent(db, Letter("accepted", {}, sleeper.neighbour))
    assert sent(db, Letter("accepted", {}, sleeper.resident), NOW)


def test_the_clock_is_that_of_the_ticket_s_site(db: Database, sleeper: Cast) -> None:
    with db.write_scope() as session:
        abroad = places.add_site(session, "Hof", timezone="Europe/Berlin")  # where it is half past four
        ticket = history.opened(session, sleeper, NOW)
        people.grant(session, sleeper.resident, "resident", abroad.id)
    assert not sent(db, Letter("accepted", {}, sleeper.resident, ticket_id=ticket.id))
    assert sent(db, Letter("digest_day", {"site": str(abroad.id)}, sleeper.resident))


def test_hours_are_checked_and_can_be_given_up(db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        for wrong in (("22:00", ""), ("22:00", "22:00"), ("25:00", "07:00"), ("late", "early")):
            with pytest.raises(Invalid):
                quiet.set_hours(session, cast.resident, *wrong)
        quiet.set_hours(session, cast.resident, "22:30", "6:45")
        assert quiet.hours(session, cast.resident) == ("22:30", "06:45")
        quiet.set_hours(session, cast.resident, "", "")
        assert quiet.hours(session, cast.resident) is None


def test_a_site_whose_zone_is_lost_holds_up_nobody(db: Database, sleeper: Cast) -> None:
    letter = Letter("accepted", {"priority": "normal", "site": str(sleeper.site)}, sleeper.resident)
    with db.write_scope() as session:
        session.execute(update(Site).values(timezone="Mars/Olympus", revision=Site.revision + 1))
    assert sent(db, letter)
    assert not sent(db, letter, datetime(2026, 11, 20, 23, 30, tzinfo=UTC))
