"""Who works at a site: added, changed, leaving; and the limits of what one administrator may do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from core import access, changes, credentials, people, places, trace
from core.database import Database, Session
from core.errors import Forbidden, GongdanError, Invalid, Missing, NotFound
from core.outbox import OutboxMessage
from core.people import Person
from core.tickets import queries
from core.upkeep import staff
from core.upkeep.staff import LastAdministrator, NameTaken, Staff, WorksElsewhere, WorksForOthers
from tests.core import history
from tests.personas import Cast

NEW = Staff("Qian Jun", "138 0000 1111", "en", ("technician",), None, ("lift",))


def test_somebody_new_is_found_in_the_list(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        staff.add(session, cast.site, NEW, cast.admin, now)
        for words in ("Qian", "1111", "qian 1111"):
            assert [one.name for one in staff.listed(session, cast.site, now, words=words)] == ["Qian Jun"]
        assert staff.listed(session, cast.site, now, words="Qian", role="admin") == []


def test_the_list_is_read_a_page_at_a_time(db: Database, cast: Cast, now: datetime) -> None:
    with db.read_scope() as session:
        whole = [one.name for one in staff.listed(session, cast.site, now)]
        first = staff.listed(session, cast.site, now, limit=2)
        rest = staff.listed(session, cast.site, now, after=first[-1].name)
    assert [one.name for one in [*first, *rest]] == whole


def test_who_works_at_two_sites_is_one_person(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        other = places.add_site(session, "River Court").id
        boss = people.add_person(session, "Deng Yi").id
        people.grant(session, boss, "admin", other)
        first = staff.add(session, cast.site, NEW, cast.admin, now)
        with pytest.raises(WorksElsewhere):
            staff.add(session, other, NEW, boss, now)
        code = credentials.joining_code(session, first.id, now)
        mine = replace(NEW, name="", phone="", locale="zh_CN", roles=("technician",))
        again = staff.add(session, other, mine, boss, now, code=code.lower())
        assert first.id == again.id
        assert set(people.roles_of(session, first.id)) == {cast.site, other}
        assert (first.name, first.phone, first.locale) == ("Qian Jun", "138 0000 1111", "en")
        for used in (code, "GUESS", "AAAAA-AAAAA"):
            with pytest.raises(Invalid):
                staff.add(session, other, mine, boss, now, code=used)


@dataclass(frozen=True, slots=True)
class Shared:
    """The technician of the cast works at `other` too, which `boss` administers."""

    other: UUID
    boss: UUID


def shared(session: Session, cast: Cast) -> Shared:
    other = places.add_site(session, "River Court").id
    boss = people.add_person(session, "Deng Yi").id
    people.grant(session, boss, "admin", other)
    people.grant(session, cast.technician, "technician", other)
    return Shared(other, boss)


@pytest.mark.parametrize("changed", [{"name": "Wang W"}, {"phone": "13900000000"}, {"locale": "zh_CN"}])
def test_who_works_for_others_too_stays_who_they_are(
    db: Database, cast: Cast, now: datetime, changed: dict[str, Any]
) -> None:
    with db.write_scope() as session:
        shared(session, cast)
        as_is = staff.staff_of(session, cast.site, people.get(session, cast.technician))
        with pytest.raises(WorksForOthers):
            staff.edit(session, cast.site, cast.technician, replace(as_is, **changed), cast.admin, now)
        staff.edit(session, cast.site, cast.technician, replace(as_is, roles=("manager",)), cast.admin, now)
        assert staff.roles_at(session, cast.site, cast.technician) == ("manager",)


def test_an_undo_does_not_rename_who_works_for_others_too(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        as_is = staff.staff_of(session, cast.site, people.get(session, cast.technician))
        staff.edit(session, cast.site, cast.technician, replace(as_is, name="Wang W"), cast.admin, now)
        shared(session, cast)
        [change] = changes.of_site(session, cast.site)
        with pytest.raises(WorksForOthers):
            changes.take_back(session, cast.site, change.id, cast.admin, now)


def test_no_way_in_is_made_for_who_works_for_others_too(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        two = shared(session, cast)
        for site, admin in ((cast.site, cast.admin), (two.other, two.boss)):
            with pytest.raises(WorksForOthers):
                staff.way_in(session, site, cast.technician, admin, now)
        people.grant(session, cast.admin, "admin", two.other)
        assert staff.way_in(session, cast.site, cast.technician, cast.admin, now)


def test_a_way_in_leaves_an_event_and_its_owner_is_told(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        people.add_identity(session, cast.technician, "web", "", "web_id", "1", conversation="1", via="test")
        staff.way_in(session, cast.site, cast.technician, cast.admin, now)
        [event] = trace.events_of(session, f"person:{cast.technician}")
        assert (event.action, event.actor, event.facts) == ("credential_issued", str(cast.admin), '{"kind":"sign_in"}')
        [letter] = session.scalars(select(OutboxMessage).where(OutboxMessage.person_id == cast.technician))
        assert (letter.kind, letter.facts["name"]) == ("made_sign_in", "Guo Jing")


def test_a_change_is_recorded_and_can_be_taken_back(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        staff.edit(session, cast.site, cast.technician, Staff("Wang W", "", "en", ("manager",)), cast.admin, now)
        assert staff.roles_at(session, cast.site, cast.technician) == ("manager",)
        [change] = changes.of_site(session, cast.site)
        changes.take_back(session, cast.site, change.id, cast.admin, now)
        assert staff.roles_at(session, cast.site, cast.technician) == ("technician",)
        assert session.get_one(Person, cast.technician).name == "Wang Wei"


def test_who_leaves_loses_everything_at_once_and_the_work_goes_on(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        ticket = history.opened(session, cast, now)
        leaving = ticket.assignee_id
        assert leaving is not None
        people.add_identity(session, leaving, "web", "", "web_id", "1", conversation="1", via="test")
        secret = access.issue(session, "session", leaving, now, life=access.SESSION_LIFE)
        assert staff.leave(session, cast.site, leaving, cast.admin, now) == 1
        assert access.behind(session, "session", secret, now) is None
        assert people.identify(session, "web", "", "web_id", "1") is None
        assert (queries.by_id(session, ticket.id).state, queries.by_id(session, ticket.id).assignee_id) == (
            "reported",
            None,
        )
        assert staff.listed(session, cast.site, now, words="") != []
        assert leaving not in [one.id for one in staff.listed(session, cast.site, now)]


def test_who_leaves_one_site_stays_at_the_other(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        other = places.add_site(session, "River Court").id
        people.grant(session, cast.technician, "technician", other)
        ticket = history.opened(session, cast, now)
        secret = access.issue(session, "session", cast.technician, now, life=access.SESSION_LIFE)
        page = access.issue(session, "page", cast.technician, now, life=access.PAGE_LINK_LIFE, ticket_id=ticket.id)
        staff.leave(session, cast.site, cast.technician, cast.admin, now)
        assert people.roles_of(session, cast.technician) == {other: {"technician"}}
        assert session.get_one(Person, cast.technician).is_active
        left = access.behind(session, "session", secret, now)
        assert left is not None
        assert left.roles == {other: {"technician"}}
        assert not queries.may_see(session, ticket, left)
        assert access.behind(session, "page", page, now) is None


def test_the_last_administrator_stays(db: Database, cast: Cast, now: datetime) -> None:
    plain = Staff("Guo Jing", "", "en", ("manager",))
    with db.write_scope() as session:
        with pytest.raises(LastAdministrator):
            staff.leave(session, cast.site, cast.admin, cast.supervisor, now)
        with pytest.raises(LastAdministrator):
            staff.edit(session, cast.site, cast.admin, plain, cast.supervisor, now)
        with pytest.raises(Forbidden):
            staff.edit(session, cast.site, cast.admin, plain, cast.admin, now)
        with pytest.raises(Forbidden):
            staff.leave(session, cast.site, cast.admin, cast.admin, now)


@pytest.mark.parametrize(
    ("given", "error"),
    [(Staff("", "", "en", ("technician",)), Missing), (Staff("x" * 121, "", "en", ("technician",)), Invalid),
     (Staff("Xu", "no number", "en", ("technician",)), Invalid), (Staff("Xu", "", "tlh", ("technician",)), Invalid),
     (Staff("Xu", "", "en", ("king",)), Invalid), (Staff("Xu", "", "en", ()), Missing),
     (Staff("Xu", "", "en", ("technician",), UUID(int=7)), Invalid),
     (Staff("Wang Wei", "13900000000", "en", ("technician",)), NameTaken)],
)  # fmt: skip
def test_what_cannot_be_is_refused(
    db: Database, cast: Cast, now: datetime, given: Staff, error: type[GongdanError]
) -> None:
    with pytest.raises(error):
        db.write(lambda session: staff.add(session, cast.site, given, cast.admin, now))


def test_people_of_another_site_cannot_be_touched(db: Database, cast: Cast, now: datetime) -> None:
    other = db.write(lambda session: places.add_site(session, "River Court").id)
    with pytest.raises(NotFound):
        db.write(lambda session: staff.leave(session, other, cast.technician, cast.admin, now))


def test_skills_without_a_team_are_not_lost(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        site = places.add_site(session, "River Court", locale="en").id
        people.grant(session, cast.admin, "admin", site)
        skilled = Staff("Li Jun", "", "en", ("technician",), None, ("lift",))
        first = staff.add(session, site, skilled, cast.admin, now)
        assert staff.staff_of(session, site, first).skills == ("lift",)
        second = staff.add(session, site, replace(skilled, name="Wu Gang"), cast.admin, now)
        assert [team.name for team in people.teams_of(session, site)] == ["Maintenance"]
        assert staff.staff_of(session, site, second).team_id == staff.staff_of(session, site, first).team_id
        people.add_team(session, "Night crew", site)
        with pytest.raises(Missing):
            staff.add(session, site, replace(skilled, name="Sun Li"), cast.admin, now)
