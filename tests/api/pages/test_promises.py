"""Who waits is told when somebody comes and when it is mended, as far as that was promised, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core import clock
from core.database import Database
from core.places import Site
from core.tickets.models import Ticket
from tests.api.calling import Api
from tests.api.pages.browsing import Browser, Web, seen
from tests.core import history
from tests.personas import NOW, Cast

RULE = {"key": "r1", "respond": 60, "arrive": 240, "repair": 600, "clock": "always", "steps": [[5, "manager"]]}


@pytest.fixture
def resident(web: Web, cast: Cast) -> Browser:
    return web.browser(cast.resident)


def reported(db: Database, cast: Cast, **settings: Any) -> Ticket:
    with db.write_scope() as session:
        session.get_one(Site, cast.site).settings = settings
        session.flush()
        return history.opened(session, cast, NOW)


def test_the_page_says_when_somebody_comes_and_when_it_is_mended(db: Database, cast: Cast, resident: Browser) -> None:
    ticket = reported(db, cast, deadlines=[RULE])
    with clock.at(NOW + timedelta(minutes=90)):  # accepting is late, which is between those who work
        page = seen(resident.get(f"/t/{ticket.number}"))
    assert "is to be there by 14:00" in page
    assert "It is to be mended by 20:00." in page
    assert "late" not in page.split("Timeline")[0]
    with clock.at(NOW + timedelta(hours=11)):
        page = seen(resident.get(f"/t/{ticket.number}"))
    assert "the promise of 14:00 has passed" in page
    assert "It was to be mended by 20:00 and takes longer." in page


def test_what_nobody_promised_is_not_said(db: Database, cast: Cast, resident: Browser) -> None:
    ticket = reported(db, cast)
    with clock.at(NOW):
        page = seen(resident.get(f"/t/{ticket.number}"))
    assert "there by 12:00" in page
    assert "mended" not in page


def test_a_clock_that_stands_still_promises_nothing(db: Database, cast: Cast, resident: Browser) -> None:
    ticket = reported(db, cast, deadlines=[{**RULE, "stops": ["access"]}])
    with db.write_scope() as session:
        held = session.get_one(Ticket, ticket.id)
        history.take(session, held, "hold", cast.supervisor, NOW + timedelta(minutes=1), reason="access")
    with clock.at(NOW + timedelta(hours=1)):
        page = seen(resident.get(f"/t/{ticket.number}"))
    assert "Work is waiting" in page
    assert "mended" not in page


def test_the_list_of_the_api_carries_deadlines_like_the_ticket(api: Api, db: Database, cast: Cast) -> None:
    other, ticket = reported(db, cast), reported(db, cast, deadlines=[RULE])
    with db.write_scope() as session:
        row = session.get_one(Ticket, ticket.id)
        assert row.assignee_id is not None
        history.take(session, row, "accept", row.assignee_id, NOW + timedelta(minutes=5))
        history.take(session, row, "hold", cast.supervisor, NOW + timedelta(minutes=6), reason="access")
        history.take(session, row, "release", cast.supervisor, NOW + timedelta(minutes=9), reason="other")
    caller = api.as_(cast.supervisor)
    listed = {one["number"]: one["deadlines"] for one in caller.get("/api/v1/tickets").json()["items"]}
    for number in (ticket.number, other.number):
        assert listed[number] == caller.get(f"/api/v1/tickets/{number}").json()["deadlines"]
    assert [one["goal"] for one in listed[ticket.number]] == ["respond", "arrive", "repair"]
