"""A site whose time zone is not known here, as after a move to an older system: the desk goes on in UTC and says so."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from api.pages.desk._frame import SECTIONS
from core.database import Database
from core.places import Site
from tests.api.pages.browsing import Browser, Web, seen
from tests.personas import Cast

TOLD = "The time zone Mars/Olympus of this site is not known here All times on this page are in UTC."


@pytest.fixture
def admin(web: Web, db: Database, cast: Cast, reported: str) -> Browser:
    with db.write_scope() as session:
        session.execute(update(Site).values(timezone="Mars/Olympus", revision=Site.revision + 1))
    return web.browser(cast.admin)


def test_every_page_of_the_desk_says_so(admin: Browser, cast: Cast, web: Web, reported: str) -> None:
    paths = [(section.roles, section.path) for section in SECTIONS.values()]
    paths += [(("supervisor",), path) for path in (f"/desk?open={reported}", "/desk/plans/calendar")]
    supervisor = web.browser(cast.supervisor)
    for roles, path in paths:
        page = (admin if "admin" in roles else supervisor).get(path)
        assert (path, page.status_code, TOLD in seen(page)) == (path, 200, True)


def test_the_ticket_can_be_read(admin: Browser, resident_browser: Browser, reported: str) -> None:
    for browser in (admin, resident_browser):
        assert browser.get(f"/t/{reported}").status_code == 200


def test_it_is_mended_by_choosing_another_and_by_nothing_else(admin: Browser) -> None:
    page = admin.get("/desk/site")
    assert '<option value="Mars/Olympus" selected' in page.text
    kept = {"name": "Lake Court", "phone": "110", "locale": "en"}
    refused = admin.send(page, timezone="Mars/Olympus", **kept)
    assert refused.status_code == 422
    assert "There is no time zone called Mars/Olympus" in seen(refused)
    assert admin.send(page, timezone="Europe/Berlin", **kept).status_code == 303
    assert TOLD not in seen(admin.get("/desk/site"))
