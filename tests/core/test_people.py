"""Who takes part: roles at sites, homes that are claimed and decided, identities that belong to one person."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import pytest

from core import people, places
from core.database import Database, Session
from core.errors import Conflict, Invalid, NotFound
from core.people import Home, Identity
from tests.personas import Cast


def join(session: Session, person: UUID, value: str = "77") -> Identity:
    return people.add_identity(session, person, "telegram", "bot", "id", value, conversation=value, via="link")


def test_a_role_is_held_at_a_site_and_granted_once(db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        people.grant(session, cast.technician, "technician", cast.site)
        assert people.roles_of(session, cast.technician) == {cast.site: {"technician"}}
        assert people.holders(session, cast.site, "supervisor") == [cast.supervisor]
        with pytest.raises(Invalid):
            people.grant(session, cast.technician, "emperor", cast.site)


def test_an_identity_is_never_taken_from_its_person(db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        join(session, cast.resident)
        with pytest.raises(Conflict):
            join(session, cast.outsider)
        found = people.identify(session, "telegram", "bot", "id", "77")
        assert found is not None
        assert found.id == cast.resident


def test_a_revoked_identity_is_nobodys(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        join(session, cast.resident).revoked_at = now
        session.flush()
        assert people.identify(session, "telegram", "bot", "id", "77") is None
        assert people.identities_of(session, cast.resident) == []
        assert join(session, cast.outsider).person_id == cast.outsider


def test_a_home_waits_until_it_is_decided_and_is_decided_once(db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        home = people.claim_home(session, cast.outsider, cast.home)
        assert people.homes_of(session, cast.outsider) == []
        assert people.claim_home(session, cast.outsider, cast.home).id == home.id
        people.decide_home(session, home.id, approve=True, by=cast.supervisor)
        assert people.homes_of(session, cast.outsider) == [cast.home]
        with pytest.raises(Conflict):
            people.decide_home(session, home.id, approve=False, by=cast.supervisor)


def test_whoever_was_refused_may_ask_again(db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        home = people.claim_home(session, cast.outsider, cast.home)
        people.decide_home(session, home.id, approve=False, by=cast.supervisor)
        assert people.claim_home(session, cast.outsider, cast.home).state == "claimed"
        assert session.get_one(Home, home.id).state == "claimed"


def test_a_place_where_somebody_lives_is_no_longer_common(db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        flat = places.ensure_path(session, cast.site, "A/13/1301").id
        home = people.claim_home(session, cast.outsider, flat)
        people.decide_home(session, home.id, approve=True, by=None)
        session.expire_all()
        assert not places.is_common(session, flat)


def test_a_name_that_two_people_bear_names_neither(db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        twin = people.add_person(session, "Li Na").id
        with pytest.raises(Conflict):
            people.person_named(session, "Li Na")
        assert people.person_named(session, str(twin)).id == twin
        assert people.person_named(session, "Sun Yue").id == cast.supervisor
        with pytest.raises(NotFound):
            people.person_named(session, "Nobody")


@pytest.mark.parametrize(
    ("phone", "shown"), [("13800138000", "138****8000"), ("+86 21 5555 0100", "+86****0100"), ("110", "****"), ("", "")]
)
def test_a_telephone_number_can_be_recognised_but_not_called(phone: str, shown: str) -> None:
    assert people.masked(phone) == shown
