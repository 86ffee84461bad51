"""The pages that the tests browse, and the things that lie around at the site."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assets import register
from core import places
from core.database import Database
from core.tickets import queries
from tests.api.pages.browsing import Browser, Web, browsing
from tests.personas import NOW, Cast


@pytest.fixture
def web(db: Database, tmp_path: Path) -> Iterator[Web]:
    with browsing(db, tmp_path) as opened:
        yield opened


@pytest.fixture
def lift(db: Database, cast: Cast) -> str:
    """The code of a lift in the hall."""
    with db.write_scope() as session:
        return register.add_asset(
            session, cast.site, cast.hall, "Lift 1", "Passenger lift", now=NOW, code="LIFT-1"
        ).code


@pytest.fixture
def home_code(db: Database, cast: Cast) -> str:
    """The code at the resident's door."""
    with db.write_scope() as session:
        return register.code_of_place(session, cast.home, now=NOW)


@pytest.fixture
def hall_code(db: Database, cast: Cast) -> str:
    """The code on the wall of the hall."""
    with db.write_scope() as session:
        return register.code_of_place(session, cast.hall, now=NOW)


@pytest.fixture
def other_lift(db: Database, cast: Cast) -> str:
    with db.write_scope() as session:
        return register.add_asset(
            session, cast.site, cast.hall, "Lift 2", "Passenger lift", now=NOW, code="LIFT-2"
        ).code


@pytest.fixture
def elsewhere(db: Database, cast: Cast) -> str:
    """The code of a thing at another site."""
    with db.write_scope() as session:
        site = places.add_site(session, "River Court", locale="en").id
        lobby = places.ensure_path(session, site, "R/Lobby").id
        return register.add_asset(session, site, lobby, "Pump 7", "Pump", now=NOW, code="PUMP-7").code


@pytest.fixture
def resident_browser(web: Web, cast: Cast) -> Browser:
    return web.browser(cast.resident)


@pytest.fixture
def reported(resident_browser: Browser, lift: str) -> str:
    """A ticket of the resident on the lift, given out to a technician."""
    return resident_browser.report(lift, "The lift does not move", category="lift")


@pytest.fixture
def worker(web: Web, db: Database, reported: str) -> Browser:
    """The browser of the technician who was asked to do it."""
    with db.read_scope() as session:
        assignee = queries.by_number(session, reported).assignee_id
    assert assignee is not None
    return web.browser(assignee)


@pytest.fixture
def at_work(worker: Browser, reported: str, lift: str) -> str:
    """The same ticket, accepted, with its technician at the lift by a scan."""
    worker.do(reported, "accept")
    checked_in = worker.send(worker.get(f"/q/{lift}"), action=f"/t/{reported}/do/check_in")
    assert checked_in.status_code == 303
    return reported
