"""What is asked for every second, or with every message, finds its rows by an index on SQLite."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from core import (
    absences,
    access,
    conversations,
    digests,
    feeds,
    fetches,
    inbox,
    outbox,
    people,
    places,
    registry,
    replies,
    seals,
    sendings,
    trace,
)
from core.database import Database, Session
from core.reports import digest
from core.settings import load_settings
from core.tickets import asking, board, dispatching, queries
from core.tickets.models import Subject
from core.triggers import TRIGGERS, Tick, purge
from tests.core import history
from tests.personas import Cast, play

Ask = Callable[[Session, Cast, datetime], object]

ASKED: dict[str, Ask] = {
    "messages to send": lambda session, cast, now: outbox.claim(session, now),
    "what is made good after an absence": lambda session, cast, now: [
        absences.beat(session, "telegram", "42", now + number * timedelta(hours=1), redelivers=True)
        for number in range(2)
    ],
    "what a chat was sent": lambda session, cast, now: _past(session, now),
    "who refused a message": lambda session, cast, now: sendings.closed_to(session, cast.site),
    "attempts that nobody counts any more": lambda session, cast, now: sendings.forget_old(session, now),
    "what a delivery report is about": lambda session, cast, now: _reported(session, now),
    "attempts of messages": lambda session, cast, now: sendings.of_messages(session, [cast.site]),
    "messages to handle again": lambda session, cast, now: inbox.due(session, now),
    "answers to forget": lambda session, cast, now: replies.forget_old(session, now),
    "files to fetch": lambda session, cast, now: fetches.claim(session, now),
    "silent conversations": lambda session, cast, now: conversations.silent(session, now),
    "unsealed events": lambda session, cast, now: seals.unsealed(session),
    "a stream": lambda session, cast, now: trace.events_of(session, "ticket:1"),
    "tokens to forget": lambda session, cast, now: purge.expired_tokens(session, now),
    "a session": lambda session, cast, now: access.look_up(session, "session", "secret", now),
    "whether a chat is private": lambda session, cast, now: people.is_private(session, "web", "1"),
    "an identity": lambda session, cast, now: people.identify(session, "web", "web", "chat", "1"),
    "a technician's list": lambda session, cast, now: queries.list_of(session, cast.technician),
    "a resident's list": lambda session, cast, now: queries.reported_by(session, cast.resident),
    "a resident's list in the API": lambda session, cast, now: queries.own(session, cast.resident),
    "what may be claimed": lambda session, cast, now: queries.claimable(
        session, access.viewer(session, cast.technician)
    ),
    "a twin": lambda session, cast, now: queries.open_twin(session, _hall(cast), "lift"),
    "what is open on a thing": lambda session, cast, now: queries.open_on(session, _hall(cast)),
    "a ticket by its number": lambda session, cast, now: queries.by_number(session, "WX-261120-001"),
    "the board": lambda session, cast, now: board.column(session, board.Asked((cast.site,), ("reported",)), 60),
    "the figures of the desk": lambda session, cast, now: board.alarms(session, board.Asked((cast.site,)), now),
    "the counts of the board": lambda session, cast, now: board.totals(session, board.Asked((cast.site,))),
    "the list of the API": lambda session, cast, now: queries.board(session, [cast.site], limit=50),
    "candidates": lambda session, cast, now: dispatching.ranking(session, _ticket(session), now),
    "a digest of a day": lambda session, cast, now: _digest(session, cast, now, "day"),
    "a digest of a week": lambda session, cast, now: _digest(session, cast, now, "week"),
    "who gets digests": lambda session, cast, now: digests.running(session, cast.site),
    "digests that were sent": lambda session, cast, now: digests.sent_at_site(session, cast.site),
    "a question after a closure": lambda session, cast, now: asking.begin(
        session, _ticket(session), cast.resident, now, now
    ),
    "a technician's calendar": lambda session, cast, now: feeds.calendar(session, _feed(cast, "technician"), "en", now),
    "the calendar of a site": lambda session, cast, now: feeds.calendar(session, _feed(cast, "site"), "en", now),
    "a place": lambda session, cast, now: places.place_at(session, cast.site, "A/1/Hall"),
}
# Walks through what is small by nature: the people and roles of one site, or an index that holds open rows only.
SMALL = ("USING COVERING INDEX ix_outbox_due", "USING INDEX ix_outbox_due", "USING INDEX ix_inbox_pending")
LARGE = (
    "tickets", "outbox", "sendings", "inbox", "events", "conversations", "fetches", "tokens", "identities", "people",
    "places",
)  # fmt: skip


def _hall(cast: Cast) -> Subject:
    return Subject(cast.site, cast.hall, "A/1/Hall", is_common=True)


def _digest(session: Session, cast: Cast, now: datetime, period: str) -> object:
    site = places.site_of(session, cast.site)
    return digest.digest(session, site, digest.span_of(period, None, site.timezone, now))


def _feed(cast: Cast, kind: str) -> feeds.Feed:
    person = cast.technician if kind == "technician" else None
    return feeds.Feed(site_id=cast.site, kind=kind, person_id=person, asset_id=None)


def _past(session: Session, now: datetime) -> object:
    past = sendings.past(session, ("wechat", "42", "li"))
    counted = [past.nth(scope, 800, now) for scope in ("account", "person", "templates")]
    return counted, past.heard, past.refused(now), past.taken(4, now)


def _reported(session: Session, now: datetime) -> object:
    place = ("wechat", "42", "li")
    return sendings.referred(session, place, "17", now), sendings.is_settling(session, place, now)


def _ticket(session: Session) -> Any:
    return queries.by_number(session, "WX-261120-001")


@pytest.fixture
def told(sqlite_db: Database, now: datetime) -> Cast:
    with sqlite_db.write_scope() as session:
        cast = play(session)
        history.opened(session, cast, now)
    return cast


def walks(db: Database, ask: Callable[[Session], object]) -> list[str]:
    """Every step of every plan that reads a whole table which grows with time."""
    found: list[str] = []

    def explain(connection: Any, cursor: Any, statement: str, values: Any, context: Any, many: bool) -> None:  # noqa: FBT001 - as SQLAlchemy calls it
        if statement.lstrip().startswith(("SELECT", "WITH", "UPDATE", "DELETE")):
            plan = connection.connection.driver_connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)
            found.extend(step[3] for step in plan.fetchall() if _is_walk(step[3]))

    event.listen(db.engine, "before_cursor_execute", explain)
    with db.write_scope() as session:
        ask(session)
    event.remove(db.engine, "before_cursor_execute", explain)
    return found


def _is_walk(step: str) -> bool:
    words = step.split()
    return words[0] == "SCAN" and words[1] in LARGE and not any(index in step for index in SMALL)


@pytest.mark.parametrize("what", ASKED)
def test_what_is_asked_often_walks_through_no_table(sqlite_db: Database, told: Cast, now: datetime, what: str) -> None:
    assert walks(sqlite_db, lambda session: ASKED[what](session, told, now)) == []


def test_no_trigger_walks_through_a_table_to_find_what_is_due(sqlite_db: Database, told: Cast, now: datetime) -> None:
    registry.load("core.triggers")
    tick = Tick(now, load_settings())
    found = {
        name: steps
        for name, trigger in TRIGGERS.items()
        if (steps := walks(sqlite_db, lambda session, due=trigger.due: due(session, tick)))  # type: ignore[misc]
    }
    assert found == {}
