"""People at the desk: staff, teams, residents and those who wait to be let in."""

from __future__ import annotations

import re

import pytest

from core import people, places
from core.database import Database
from core.people import Person, Role
from core.upkeep import staff
from tests.api.pages.browsing import Browser, Web, hidden, seen
from tests.personas import Cast


@pytest.fixture
def admin(web: Web, cast: Cast) -> Browser:
    return web.browser(cast.admin)


def test_somebody_new_gets_a_role_a_team_and_skills(admin: Browser, db: Database, cast: Cast) -> None:
    form = hidden(admin.get("/desk/people/new"), "/desk/people/new?site=WX")
    typed = {"name": "Qian Jun", "phone": "13800001111", "team": str(cast.crew), "locale": "en"}
    chosen = {"role": ["technician", "supervisor"], "skill": ["lift", "water"]}
    answer = admin.post("/desk/people/new", **form, **typed, **chosen)
    page = admin.get(answer.headers["location"])
    assert 'value="Qian Jun"' in page.text
    assert "Qian Jun" in seen(admin.get("/desk/people?q=1111"))
    with db.read_scope() as session:
        [added] = [one for one, _ in people.staff_of(session, cast.site) if one.name == "Qian Jun"]
        assert staff.staff_of(session, cast.site, added).skills == ("lift", "water")
        assert staff.roles_at(session, cast.site, added.id) == ("technician", "supervisor")


def test_bad_input_is_said_and_kept(admin: Browser) -> None:
    answer = admin.post("/desk/people/new", name="Qian Jun", phone="nothing", role="technician", locale="en")
    assert answer.status_code == 422
    assert 'value="Qian Jun"' in answer.text
    assert 'value="nothing"' in answer.text


def test_the_second_of_two_editors_sees_what_changed(web: Web, admin: Browser, cast: Cast) -> None:
    path = f"/desk/people/{cast.technician}"
    mine = hidden(admin.get(path), f"{path}?site=WX")
    common = {"role": "technician", "locale": "en", "team": str(cast.crew), "skill": ["lift", "water", "electricity"]}
    first = web.browser(cast.admin)
    first.post(path, **hidden(first.get(path), f"{path}?site=WX"), name="Wang Da", phone="", **common)
    refused = admin.post(path, **mine, name="Wang Xiao", phone="", **common)
    assert refused.status_code == 409
    assert "Name is now: Wang Da" in seen(refused)


def test_a_sign_in_link_is_made_and_works_once(web: Web, admin: Browser, cast: Cast) -> None:
    page = admin.post(f"/desk/people/{cast.technician}/link")
    link = re.search(r"http://testserver(/sign-in/[\w-]+)", page.text)
    assert link is not None
    browser = web.browser()
    assert browser.post(link[1]).headers["location"] == "/work"
    assert web.browser().post(link[1]).status_code == 404


def test_who_works_elsewhere_joins_by_a_code_and_stays_their_own(
    web: Web, admin: Browser, worker: Browser, db: Database, cast: Cast
) -> None:
    """Two sites, two administrators, one technician: the code is theirs to show, the account in nobody's hands."""
    with db.write_scope() as session:
        other = places.add_site(session, "River Court").id
        boss = people.add_person(session, "Deng Yi", locale="en").id
        people.grant(session, boss, "admin", other)
    shown = re.search(r"[A-Z2-7]{5}-[A-Z2-7]{5}", seen(worker.post("/work/code")))
    assert shown is not None
    given = {"name": "", "phone": "", "role": "technician", "locale": "en", "code": shown[0]}
    theirs = web.browser(boss)
    assert theirs.post("/desk/people/new", **given).status_code == 303
    refused = theirs.post(f"/desk/people/{cast.technician}/link")
    assert refused.status_code == 403
    assert "works at another site too" in seen(refused)
    assert "/sign-in/" not in refused.text
    assert theirs.post(f"/desk/people/{cast.technician}/leave").status_code == 303
    assert worker.get("/work").status_code == 200


def test_a_wrong_code_is_said_where_it_was_typed(admin: Browser) -> None:
    answer = admin.post("/desk/people/new", name="", phone="", role="technician", locale="en", code="GUESS")
    assert answer.status_code == 422
    assert 'id="code-error"' in answer.text


def test_somebody_leaves_from_the_page(
    admin: Browser, db: Database, worker: Browser, cast: Cast, reported: str
) -> None:
    with db.read_scope() as session:
        from core.tickets import queries  # noqa: PLC0415

        assignee = queries.by_number(session, reported).assignee_id
    assert reported in seen(admin.get(f"/desk/people/{assignee}"))
    assert admin.post(f"/desk/people/{assignee}/leave").status_code == 303
    assert worker.get("/work").status_code in (303, 401)
    assert admin.get(f"/desk/people/{assignee}").status_code == 404


def test_teams_are_added_and_renamed(admin: Browser) -> None:
    admin.post("/desk/teams/new", name="Night crew", phone="110110", is_contractor="yes")
    page = admin.get("/desk/teams")
    assert "Night crew" in seen(page)
    again = admin.post("/desk/teams/new", name="Night crew", phone="", is_contractor="no")
    assert "There is a team called Night crew already" in seen(again)
    team = re.findall(r"open=([0-9a-f-]{36})", page.text)[0]
    assert admin.post(f"/desk/teams/{team}", name="Day crew", phone="", is_contractor="no").status_code == 303
    assert "Day crew" in seen(admin.get("/desk/teams"))


@pytest.fixture
def claim(db: Database, cast: Cast) -> str:
    """Somebody says that they live next door."""
    with db.write_scope() as session:
        newcomer = people.add_person(session, "New Neighbour", locale="en")
        return str(people.claim_home(session, newcomer.id, cast.next_door).id)


@pytest.mark.parametrize(("answer", "state"), [("yes", "approved"), ("no", "refused")])
def test_a_claim_is_decided_at_the_desk(
    web: Web, db: Database, cast: Cast, claim: str, answer: str, state: str
) -> None:
    desk = web.browser(cast.supervisor)
    assert "New Neighbour" in seen(desk.get("/desk/residents"))
    assert desk.post(f"/desk/residents/claims/{claim}", answer=answer).status_code == 303
    assert desk.post(f"/desk/residents/claims/{claim}", answer=answer).status_code == 409
    with db.read_scope() as session:
        person = next(p for p in session.query(Person) if p.name == "New Neighbour")
        held = session.get(Role, (person.id, cast.site, "resident")) is not None
        assert held is (state == "approved")
        assert people.homes_of(session, person.id) == ([cast.next_door] if held else [])


def test_who_moved_out_may_no_longer_report_for_the_home(web: Web, db: Database, cast: Cast) -> None:
    desk = web.browser(cast.supervisor)
    page = desk.get(f"/desk/residents/{cast.resident}")
    action = re.search(r'action="(/desk/residents/homes/[^"]+)"', page.text)
    assert action is not None
    assert desk.post(action[1].replace("&amp;", "&")).status_code == 303
    with db.read_scope() as session:
        assert people.homes_of(session, cast.resident) == []


def test_a_residents_page_shows_homes_chats_and_tickets(web: Web, cast: Cast, reported: str) -> None:
    page = seen(web.browser(cast.supervisor).get(f"/desk/residents/{cast.resident}"))
    assert "A/12/1203" in page
    assert reported in page
