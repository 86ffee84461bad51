"""Two sites, two administrators, one technician who works for both: each desk sees its own, the technician both."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

from assets import register
from core import access, intake, people, places
from core.database import Database, Session
from core.intake import FaultReport
from core.tickets import actions, queries
from tests.api.pages.browsing import Browser, Web, seen
from tests.personas import Cast


def other_site(session: Session, now: datetime) -> tuple[UUID, UUID, str]:
    """River Court with its administrator and the code on its gate."""
    site = places.add_site(session, "River Court", locale="en").id
    boss = people.add_person(session, "Deng Yi", locale="en").id
    people.grant(session, boss, "admin", site)
    gate = places.ensure_path(session, site, "Gate").id
    return site, boss, register.add_asset(session, site, gate, "Barrier", "Gate", now=now).code


def report(session: Session, code: str, words: str, reporter: UUID, now: datetime) -> str:
    told = FaultReport(register.subject_of(session, code), words, reporter, category="lift", is_own=True)
    ticket = intake.report_fault(session, told, now).ticket
    assert ticket is not None
    return ticket.number


def give(session: Session, number: str, desk: UUID, technician: UUID, now: datetime) -> None:
    ticket = queries.by_number(session, number, lock=True)
    if ticket.assignee_id != technician:
        viewer = access.viewer(session, desk)
        actions.act(session, ticket, "assign", viewer, now, facts={"assignee": str(technician)})


def names(desk: Browser) -> str:
    return seen(desk.get("/desk/people"))


def test_one_technician_works_for_both(web: Web, db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        river, deng, barrier = other_site(session, now)
        lift = register.add_asset(session, cast.site, cast.hall, "Lift 1", now=now).code
    here, there, tech = web.browser(cast.admin), web.browser(deng), web.browser(cast.technician)

    # The administrator of River Court cannot find or take the technician, only be shown a code.
    assert there.get(f"/desk/people/{cast.technician}").status_code == 404
    assert "Wang Wei" not in names(there)
    code = re.search(r'slip-link">([^<]+)<', tech.post("/work/code").text)
    assert code is not None
    joined = there.post("/desk/people/new", code=code.group(1), role="technician", skill="lift", locale="en")
    assert joined.status_code == 303, seen(joined)
    assert "Wang Wei" in names(there)

    # Each desk sees its own ticket; the technician sees both.
    with db.write_scope() as session:
        mine = report(session, lift, "It is stuck", cast.resident, now)
        theirs = report(session, barrier, "It stays open", deng, now)
        give(session, mine, cast.supervisor, cast.technician, now)
        give(session, theirs, deng, cast.technician, now)
    assert mine in here.get("/desk").text
    assert theirs not in here.get("/desk").text
    assert theirs in there.get("/desk").text
    assert mine not in there.get("/desk").text
    assert all(number in tech.get("/work").text for number in (mine, theirs))

    # Neither desk opens the other's ticket, changes who the technician is, or makes a way in for them.
    assert here.get(f"/t/{theirs}").status_code in (403, 404)
    assert there.get(f"/t/{mine}").status_code in (403, 404)
    for desk in (here, there):
        assert desk.post(f"/desk/people/{cast.technician}/link").status_code in (403, 409)

    # Leaving River Court ends what they could do there, at once, and nothing at home.
    assert there.post(f"/desk/people/{cast.technician}/leave").status_code == 303
    assert "Wang Wei" not in names(there)
    assert tech.get(f"/t/{theirs}").status_code in (403, 404)
    work = tech.get("/work").text
    assert mine in work
    assert theirs not in work
    with db.read_scope() as session:
        assert queries.by_number(session, theirs).assignee_id is None
        assert people.roles_of(session, cast.technician) == {cast.site: {"technician"}}
        assert river not in people.roles_of(session, cast.technician)
