"""The history at the desk reads like sentences: names in place of ids, words in place of keys, nothing empty."""

from __future__ import annotations

import re
from datetime import date

import pytest

from assets.plans import planning
from assets.plans.planning import Draft
from assets.plans.recurrence import Rhythm
from core import changes, people, places
from core.database import Database
from core.upkeep import calendar, deadlines, staff
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


def test_what_is_of_another_site_has_no_name_here(admin: Browser, db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        river = places.add_site(session, "River Court", locale="en").id
        worker = people.add_person(session, "River Technician", locale="en").id
        people.grant(session, worker, "technician", river)
        theirs = [worker, people.add_team(session, "River crew", river).id]
        theirs.append(places.ensure_path(session, river, "R/1/Lobby").id)
        told = {"told": [str(one) for one in (*theirs, cast.technician, cast.resident)]}
        changes.record(session, changes.Edit(cast.site, "site", str(cast.site), {}, told), cast.admin, NOW)
    page = seen(admin.get("/desk/history"))
    for name in ("River Technician", "River crew", "R/1/Lobby"):
        assert name not in page
    with db.read_scope() as session:
        for who in (cast.technician, cast.resident):
            assert people.get(session, who).name in page


def test_who_has_left_keeps_the_name(admin: Browser, db: Database, cast: Cast) -> None:
    edit = changes.Edit(cast.site, "site", str(cast.site), {}, {"told": str(cast.technician)})
    with db.write_scope() as session:
        changes.record(session, edit, cast.admin, NOW)
        staff.leave(session, cast.site, cast.technician, cast.admin, NOW)
        name = people.get(session, cast.technician).name
    assert f"told {name}" in seen(admin.get("/desk/history"))


def test_changed_hours_say_which_weekday_from_what_to_what(admin: Browser, db: Database, cast: Cast) -> None:
    week = ["09:00-18:00"] * 5 + ["", ""]
    with db.write_scope() as session:
        calendar.set_hours(session, cast.site, ["08:00-12:00, 13:00-17:00", *week[1:]], cast.admin, NOW)
        calendar.set_team_hours(session, cast.site, cast.crew, week, cast.admin, NOW)
        calendar.set_team_hours(session, cast.site, cast.crew, [*week[:5], "10:00-14:00", ""], cast.admin, NOW)
        calendar.set_day(session, cast.site, date(2026, 12, 24), {"off": True, "name": "Eve"}, cast.admin, NOW)
        calendar.set_day(session, cast.site, date(2026, 12, 31), {"off": True, "name": ""}, cast.admin, NOW)
        calendar.set_day(session, cast.site, date(2026, 12, 24), None, cast.admin, NOW)
    page = seen(admin.get("/desk/history"))
    assert "Hours · Mon 09:00-18:00 → 08:00-12:00, 13:00-17:00" in page
    assert "House crew the hours of the site → Mon 09:00-18:00" in page
    assert "House crew · Sat closed → 10:00-14:00" in page
    assert "2026-12-24 as the year has it → off, set here · Eve" in page
    assert "2026-12-24 off, set here · Eve → as the year has it" in page
    assert "Hours · Tue" not in page
    assert not ID.search(page)


def test_an_older_change_of_the_calendar_is_taken_back_or_says_why_not(
    admin: Browser, db: Database, cast: Cast
) -> None:
    with db.write_scope() as session:
        for country in ("DE", "CN"):
            calendar.set_country(session, cast.site, country, "", cast.admin, NOW)
        calendar.set_day(session, cast.site, date(2026, 12, 24), {"off": True, "name": "Eve"}, cast.admin, NOW)
    page = admin.get("/desk/history")
    assert page.text.count("/take-back") == 2
    assert "changed again since then under &#34;Country&#34;" in page.text
    older = re.findall(r"/desk/history/[0-9a-f-]{36}/take-back", page.text)[1]
    assert admin.post(older).status_code == 303
    with db.read_scope() as session:
        said = calendar.values_of(session, cast.site)
    assert (said["country"], list(said["days"])) == ("DE", ["2026-12-24"])
