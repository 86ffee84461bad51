"""After a time in which nobody listened, open offers come again and who was talking is told, once for each gap."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from core import absences, clock, decisions, outbox, people, quiet
from core.conversations import Conversation
from core.database import Database
from core.outbox import OutboxMessage
from core.tickets import actions, queries
from core.tickets.models import Ticket
from tests.bot.platforms import Platform, deliver, meet
from tests.core import history
from tests.personas import NOW, Cast

MINUTE = timedelta(minutes=1)
GAP = timedelta(minutes=25)


def beat(db: Database, at: datetime, *, redelivers: bool = True) -> bool:
    """Whether somebody was away."""
    absence = db.write(lambda session: absences.beat(session, "telegram", "42", at, redelivers=redelivers))
    return absence is not None


def told(db: Database, *kinds: str) -> list[OutboxMessage]:
    with db.read_scope() as session:
        query = select(OutboxMessage).where(OutboxMessage.kind.in_(kinds)).order_by(OutboxMessage.id)
        return list(session.scalars(query))


def talked(db: Database, chat: str, at: datetime, **values: Any) -> None:
    with db.write_scope() as session:
        here = update(Conversation).where(Conversation.conversation == chat)
        session.execute(here.values(updated_at=at, **values))


@pytest.fixture
def offered(db: Database, cast: Cast) -> Iterator[UUID]:
    """A ticket that was offered to a technician in Telegram a minute before everything stopped."""
    with clock.at(NOW):
        meet(db, cast.technician, "telegram")
        talked(db, "telegram", NOW - timedelta(days=1))
        with db.write_scope() as session:
            ticket = history.opened(session, cast, NOW).id
            found = queries.by_id(session, ticket)
            if found.assignee_id != cast.technician:
                facts = {"assignee": cast.technician}
                actions.act(session, found, "assign", actions.DISPATCH, NOW, facts=facts)
            session.execute(
                update(OutboxMessage).where(OutboxMessage.person_id != cast.technician).values(is_due=False)
            )
        deliver(db, Platform())
        beat(db, NOW + MINUTE)
        yield ticket


def test_a_sign_of_life_each_minute_is_no_absence(db: Database) -> None:
    assert [beat(db, NOW + number * MINUTE) for number in range(4)] == [False] * 4
    assert not beat(db, NOW + timedelta(minutes=5))
    assert beat(db, NOW + timedelta(minutes=8))
    with db.read_scope() as session:
        [kept] = absences.of_accounts(session)
        assert (kept.away_from, kept.away_until) == (NOW + 5 * MINUTE, NOW + 8 * MINUTE)


def test_a_clock_that_was_set_back_is_no_absence(db: Database) -> None:
    beat(db, NOW)
    assert not beat(db, NOW - GAP)
    assert not beat(db, NOW + MINUTE)


def test_an_open_offer_is_sent_again_and_its_old_button_still_counts(db: Database, cast: Cast, offered: UUID) -> None:
    before = told(db, "offer")[-1]
    assert beat(db, NOW + GAP)
    again = told(db, "offer")[-1]
    assert again.id != before.id
    assert (again.person_id, again.ticket_id, again.state) == (cast.technician, offered, "ready")
    assert [one["version"] for one in again.buttons] == [one["version"] for one in before.buttons]
    assert [one["action"] for one in again.buttons] == ["work.accept", "work.decline"]
    with db.read_scope() as session:
        assert session.get_one(Ticket, offered).wake_at == NOW + GAP + actions.OFFER_LIFE
    assert [row.person_id for row in told(db, "away")] == [cast.technician]
    with db.read_scope() as session:
        [event] = decisions.of_site(session, cast.site, action="absence")
        number = queries.by_id(session, offered).number
        assert json.loads(event.facts).items() >= {"channel": "telegram", "minutes": 24, "offers": [number]}.items()


def test_an_offer_that_was_taken_or_went_elsewhere_is_not_sent_again(db: Database, cast: Cast, offered: UUID) -> None:
    with db.write_scope() as session:
        session.execute(update(Ticket).where(Ticket.id == offered).values(assignee_id=cast.second_technician))
    count = len(told(db, "offer"))
    assert beat(db, NOW + GAP)
    assert len(told(db, "offer")) == count
    assert told(db, "away") == []


def test_work_that_anybody_may_claim_is_offered_again(db: Database, cast: Cast, offered: UUID) -> None:
    with db.write_scope() as session:
        [row] = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "offer").limit(1))
        row.kind, row.buttons = "team_offer", [{**row.buttons[0], "action": "work.claim"}]
        session.execute(update(Ticket).where(Ticket.id == offered).values(assignee_id=None, state="reported"))
    assert beat(db, NOW + GAP)
    assert [one["action"] for one in told(db, "team_offer")[-1].buttons] == ["work.claim"]
    assert len(told(db, "team_offer")) == 2


@pytest.mark.parametrize(("redelivers", "kind"), [(True, "away"), (False, "away_lost")])
def test_who_talked_shortly_before_is_told_once_and_in_words_that_fit_the_platform(
    db: Database, cast: Cast, kind: str, *, redelivers: bool
) -> None:
    meet(db, cast.resident, "telegram")
    beat(db, NOW)
    talked(db, "telegram", NOW - timedelta(minutes=9))
    assert beat(db, NOW + GAP, redelivers=redelivers)
    assert not beat(db, NOW + GAP + MINUTE, redelivers=redelivers)
    [row] = told(db, "away", "away_lost")
    assert (row.kind, row.person_id, row.conversation) == (kind, cast.resident, "telegram")


def test_who_talked_long_before_is_told_nothing(db: Database, cast: Cast) -> None:
    meet(db, cast.resident, "telegram")
    talked(db, "telegram", NOW - timedelta(minutes=11))
    beat(db, NOW)
    assert beat(db, NOW + GAP)
    assert told(db, "away") == []


@pytest.mark.parametrize(
    ("locale", "words"), [("en", "please tap again. What you wrote arrives now."), ("zh_CN", "请再点一次")]
)
def test_the_excuse_is_said_in_the_reader_s_language(db: Database, cast: Cast, locale: str, words: str) -> None:
    meet(db, cast.resident, "telegram")
    with db.write_scope() as session:
        people.get(session, cast.resident).locale = locale
    beat(db, NOW)
    talked(db, "telegram", NOW)
    beat(db, NOW + GAP)
    platform = Platform()
    with clock.at(NOW + GAP):
        deliver(db, platform)
    assert words in platform.messages[0].text
    assert "10:00" in platform.messages[0].text


def test_the_excuse_waits_for_the_end_of_quiet_hours(db: Database, cast: Cast) -> None:
    meet(db, cast.resident, "telegram")
    with db.write_scope() as session:
        quiet.set_hours(session, cast.resident, "09:00", "12:00")
    beat(db, NOW)
    talked(db, "telegram", NOW)
    beat(db, NOW + GAP)
    platform = Platform()
    with clock.at(NOW + GAP):
        deliver(db, platform)
    assert platform.said == []
    assert [(row.waits, row.not_before) for row in told(db, "away")] == [(outbox.QUIET, NOW + timedelta(hours=2))]


def test_of_several_processes_that_come_back_one_says_so(db: Database, cast: Cast) -> None:
    meet(db, cast.resident, "telegram")
    beat(db, NOW)
    talked(db, "telegram", NOW)
    found: list[bool] = []
    crowd = [threading.Thread(target=lambda: found.append(beat(db, NOW + GAP))) for _ in range(4)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert sorted(found) == [False, False, False, True]
    assert len(told(db, "away")) == 1
