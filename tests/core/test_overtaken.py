"""What waited for the morning and is over by then is withdrawn with its reason; what is still so goes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from core import i18n, outbox, overtaken, quiet, surveys
from core.database import Database, Session
from core.outbox import OutboxMessage
from core.tickets import actions, news
from core.tickets.models import Ticket
from tests.core.history import done, opened, take
from tests.personas import Cast

NIGHT = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)  # half past eleven in Shanghai
MORNING = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
LATER = NIGHT + timedelta(hours=1)

Happens = Callable[[Session, Ticket, Cast], object]


def write(session: Session, ticket: Ticket, kind: str, who: UUID, **facts: Any) -> UUID:
    """A letter of the night; whatever else was posted is no part of the story."""
    outbox.mark_history(session)
    [key] = outbox.post(session, [news.letter(ticket, kind, who, **facts)], NIGHT)
    return key


def in_the_morning(session: Session, key: UUID) -> tuple[str, str]:
    """What became of a letter: its state and the reason."""
    claimed = [row for row in outbox.claim(session, MORNING) if row.id == key]
    gone = overtaken.withdraw(session, claimed, MORNING)
    row = session.get_one(OutboxMessage, key)
    session.refresh(row)
    assert (row.state == "withdrawn") == (not gone) == (not row.is_due)
    return row.state, row.error


def accept(session: Session, ticket: Ticket, cast: Cast) -> None:
    assert ticket.assignee_id
    take(session, ticket, "accept", ticket.assignee_id, LATER)


def pass_on(session: Session, ticket: Ticket, cast: Cast) -> None:
    other = next(one for one in (cast.technician, cast.second_technician) if one != ticket.assignee_id)
    take(session, ticket, "transfer", cast.supervisor, LATER, assignee=other)


def give_back(session: Session, ticket: Ticket, cast: Cast) -> None:
    actions.act(session, ticket, "release", "offers", LATER, facts={"reason": "unanswered"})


def cancel(session: Session, ticket: Ticket, cast: Cast) -> None:
    take(session, ticket, "cancel", cast.supervisor, LATER, reason="other")


def nothing(session: Session, ticket: Ticket, cast: Cast) -> None:
    pass


@pytest.mark.parametrize(
    ("kind", "happens", "why"),
    [
        ("offer", nothing, ""), ("offer", accept, "answered"), ("offer", pass_on, "taken"),
        ("offer", give_back, "lapsed"), ("offer", cancel, "ended"),
        ("team_offer", give_back, ""), ("team_offer", nothing, "answered"), ("team_offer", cancel, "ended"),
        ("unassigned", give_back, ""), ("unassigned", pass_on, "taken"), ("escalated", nothing, ""),
        ("escalated", accept, "taken"), ("offer_expired", nothing, "changed"), ("offer_expired", give_back, ""),
        ("taken_away", cancel, ""), ("nudged", nothing, ""), ("nudged", cancel, "ended"), ("held", nothing, "changed"),
        ("late", accept, "taken"), ("note", cancel, ""), ("cancelled", cancel, ""),
    ],
)  # fmt: skip
def test_what_is_over_by_the_morning_is_withdrawn(
    db: Database, cast: Cast, kind: str, happens: Happens, why: str
) -> None:
    with db.write_scope() as session:
        ticket = opened(session, cast, NIGHT)
        assert ticket.assignee_id
        key = write(session, ticket, kind, ticket.assignee_id)
        happens(session, ticket, cast)
        assert in_the_morning(session, key) == (("withdrawn", why) if why else ("claimed", ""))


@pytest.mark.parametrize(
    ("kind", "goal", "happens", "why"),
    [
        ("deadline_near", "respond", nothing, ""), ("deadline_near", "respond", accept, "answered"),
        ("deadline_missed", "arrive", accept, ""), ("deadline_missed", "respond", cancel, "ended"),
        ("deadline_missed", "repair", nothing, ""),
    ],
)  # fmt: skip
def test_a_deadline_that_was_met_is_told_of_no_more(
    db: Database, cast: Cast, kind: str, goal: str, happens: Happens, why: str
) -> None:
    with db.write_scope() as session:
        ticket = opened(session, cast, NIGHT)
        key = write(session, ticket, kind, cast.supervisor, goal=goal, due_at=MORNING + timedelta(hours=1))
        happens(session, ticket, cast)
        assert in_the_morning(session, key)[1] == why


def test_a_reminder_of_what_has_passed_is_not_one(db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        ticket = opened(session, cast, NIGHT)
        key = write(session, ticket, "deadline_near", cast.supervisor, goal="repair", due_at=LATER)
        assert in_the_morning(session, key) == ("withdrawn", "passed")


def test_an_appointment_that_was_changed_or_is_past_is_not_proposed(db: Database, cast: Cast) -> None:
    spans = [{"from": MORNING + hours, "until": MORNING + hours + timedelta(hours=1)}
             for hours in (timedelta(hours=2), timedelta(hours=4))]  # fmt: skip
    with db.write_scope() as session:
        ticket = opened(session, cast, NIGHT)
        for span in spans:
            take(session, ticket, "schedule", cast.supervisor, NIGHT, **span)
        for span, why in zip(spans, ("changed", ""), strict=True):
            facts = {"from_at": span["from"], "until_at": span["until"]}
            assert in_the_morning(session, write(session, ticket, "appointment", cast.resident, **facts))[1] == why


def test_that_it_is_done_is_told_unless_it_was_reopened(db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        ticket = done(session, cast, NIGHT - timedelta(hours=2))
        first = write(session, ticket, "done", cast.neighbour)
        take(session, ticket, "confirm", cast.resident, LATER)
        assert in_the_morning(session, first)[0] == "claimed"
        second = write(session, ticket, "done", cast.neighbour)
        take(session, ticket, "reopen", cast.resident, LATER, reason="not_fixed")
        assert in_the_morning(session, second) == ("withdrawn", "changed")


def test_a_question_that_was_answered_is_not_asked(db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        ticket = take(session, done(session, cast, NIGHT - timedelta(hours=2)), "confirm", cast.resident, NIGHT)
        key = write(session, ticket, "survey_again", cast.resident)
        surveys.rate(session, ticket, cast.resident, 5, LATER)
        assert in_the_morning(session, key) == ("withdrawn", "answered")


def test_what_was_written_a_moment_ago_is_not_looked_at(db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        ticket = opened(session, cast, NIGHT)
        key = write(session, ticket, "offer", cast.supervisor)
        now = NIGHT + timedelta(minutes=1)
        assert [row.id for row in overtaken.withdraw(session, outbox.claim(session, now), now)] == [key]


def test_it_is_withdrawn_after_the_readers_own_quiet_hours(db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        quiet.set_hours(session, cast.supervisor, "22:00", "7:00")
        ticket = opened(session, cast, NIGHT)
        take(session, ticket, "reprioritise", cast.supervisor, NIGHT, priority="normal")
        key = write(
            session, ticket, "deadline_near", cast.supervisor, goal="respond", due_at=MORNING + timedelta(hours=1)
        )
        assert quiet.hold(session, outbox.claim(session, NIGHT), NIGHT) == []
        accept(session, ticket, cast)
        assert in_the_morning(session, key) == ("withdrawn", "answered")


@pytest.mark.parametrize("locale", i18n.LOCALES)
def test_every_rule_is_about_a_message_that_there_is(locale: str) -> None:
    assert [kind for kind in overtaken.RULES if not i18n.has_text(f"chat.{kind}", locale)] == []
