"""The history at the desk reads like sentences: names in place of ids, words in place of keys, nothing empty."""

from __future__ import annotations

import re

import pytest

from assets.plans import planning
from assets.plans.planning import Draft
from assets.plans.recurrence import Rhythm
from core.database import Database
from core.upkeep import deadlines
from tests.api.pages.browsing import Browser, Web, seen
from tests.core.upkeep.test_deadlines import RULE
from tests.personas import NOW, Cast

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-")


@pytest.fixture
def admin(web: Web, cast: Cast) -> Browser:
    return web.browser(cast.admin)


def test_a_plan_is_told_by_the_names_of_its_things(admin: Browser, db: Database, cast: Cast) -> None:
    stops = [{"place": str(cast.hall)}, {"place": str(cast.home)}]
    asked = [{"question": "Is it clean?", "kind": "pass_fail"}]
    draft = Draft("Round", "general", "route", Rhythm("FREQ=WEEKLY", NOW.date()), asked, stops=stops)
    db.write(lambda session: planning.add(session, cast.site, draft, cast.admin, NOW))
    page = seen(admin.get("/desk/history"))
    assert "Importance General equipment" in page
    assert "Stops Place: A/1/Hall, Place: A/12/1203" in page
    assert "Answer: OK or failed" in page
    assert "Paused no" in page
    assert not ID.search(page)
    assert "_" not in page


def test_a_rule_is_told_before_and_after(admin: Browser, db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        key = deadlines.save(session, cast.site, "", {**RULE, "team": str(cast.crew)}, cast.admin, NOW)
        deadlines.save(session, cast.site, key, {**RULE, "respond": 45}, cast.admin, NOW)
    page = seen(admin.get("/desk/history"))
    assert "team: House crew" in page
    assert "→" in page
    assert not ID.search(page)
