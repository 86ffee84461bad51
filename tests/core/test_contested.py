"""Whose chat it is, is decided at a site of one of the two."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from core import contested, people, places
from core.database import Database, Session
from tests.core import history
from tests.personas import Cast


def contest(session: Session, owner: UUID, wanted_by: UUID, now: datetime) -> UUID:
    """Somebody asks for a chat of somebody else."""
    value = str(len(people.identities_of(session, owner)))
    told = ("telegram", "42", "user", f"{owner}:{value}")
    identity = people.add_identity(session, owner, *told, conversation=value, via="test")
    assert contested.note(session, identity, wanted_by, now)
    return identity.id


def seen(session: Session, site_id: UUID) -> list[UUID]:
    return [one.identity_id for one in contested.waiting(session, site_id)]


def test_those_of_other_sites_hide_none_of_ones_own(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        other = places.add_site(session, "Other").id
        theirs = people.add_person(session, "Sun").id
        people.grant(session, theirs, "technician", other)
        for _ in range(contested.SHOWN):
            contest(session, theirs, theirs, now)
        mine = contest(session, cast.technician, cast.second_technician, now + timedelta(hours=1))
        assert seen(session, cast.site) == [mine]
        assert len(seen(session, other)) == contested.SHOWN


@pytest.mark.parametrize("tie", ["home", "ticket", "none"])
def test_who_lives_or_has_reported_somewhere_is_of_that_site(db: Database, cast: Cast, now: datetime, tie: str) -> None:
    """Without a role there, such as somebody whose claim still waits; whoever is of no site is for each."""
    with db.write_scope() as session:
        other = places.add_site(session, "Other").id
        owner, wanted_by = people.add_person(session, "").id, people.add_person(session, "").id
        contest(session, owner, wanted_by, now)
        [found] = contested.waiting(session, other)
        if tie == "home":
            people.claim_home(session, wanted_by, cast.home)
        elif tie == "ticket":
            history.opened(session, cast, now).reporter_id = owner
            session.flush()
        is_elsewhere = tie == "none"
        assert len(seen(session, cast.site)) == 1
        assert bool(seen(session, other)) == is_elsewhere
        assert (contested.of_site(session, other, found.id) is not None) == is_elsewhere
