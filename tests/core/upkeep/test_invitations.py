"""Invitations: whoever holds a unit's slip gets into that home and no other, for a while and a household."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from core import people, places
from core.database import Database, Session
from core.errors import Missing, NotFound
from core.people import Home
from core.places import Place
from core.trace import Event
from core.upkeep import invitations
from core.upkeep.invitations import LIFE, MOST_PEOPLE, InvitationOver, Newcomer
from tests.personas import Cast

WHO = Newcomer(" Mrs  Weber ", "+49 170 5550123", "en")


def invited(session: Session, cast: Cast, now: datetime, under: str = "") -> list[invitations.Slip]:
    homes = invitations.units(session, cast.site, under)
    return invitations.invite(session, cast.site, homes, cast.supervisor, now)


def test_somebody_new_gets_in_and_may_report_there(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        slips = invited(session, cast, now)
        home = session.get_one(Place, cast.home).path
        unit = next(slip for slip in slips if slip.unit == home)
        person = invitations.accept(session, unit.secret, WHO, None, now)
        assert person.name == "Mrs Weber"
        assert people.homes_of(session, person.id) == [cast.home]
        assert people.roles_of(session, person.id) == {cast.site: {"resident"}}


def test_somebody_known_keeps_who_they_are(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        [slip, *_] = invited(session, cast, now)
        assert invitations.accept(session, slip.secret, WHO, cast.neighbour, now).id == cast.neighbour
        again = invitations.accept(session, slip.secret, WHO, cast.neighbour, now)
        homes = session.scalars(select(Home).where(Home.person_id == again.id, Home.state == "approved")).all()
        assert len(homes) == len({home.place_id for home in homes})


def test_an_invitation_ends(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        [old, *_] = invited(session, cast, now)
        [new, *_] = invited(session, cast, now)
        for secret, when in ((old.secret, now), (new.secret, now + LIFE), ("no such secret", now)):
            with pytest.raises(InvitationOver):
                invitations.accept(session, secret, WHO, None, when)
        for _ in range(MOST_PEOPLE):
            invitations.accept(session, new.secret, WHO, None, now + timedelta(days=1))
        with pytest.raises(InvitationOver):
            invitations.accept(session, new.secret, WHO, None, now)


def test_a_nameless_one_is_asked_for_the_name(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        [slip, *_] = invited(session, cast, now)
        with pytest.raises(Missing):
            invitations.accept(session, slip.secret, Newcomer(" ", "", "en"), None, now)
        assert invitations.look_up(session, slip.secret, now).uses == 0


def test_only_homes_are_invited_and_of_this_site(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        units = {slip.unit for slip in invited(session, cast, now)}
        assert all(not places.place_at(session, cast.site, unit).is_common for unit in units)
        one = min(units)
        assert [slip.unit for slip in invited(session, cast, now, one)] == [one]
        with pytest.raises(NotFound):
            invited(session, cast, now, "No/Such/Building")


def test_neither_secret_nor_name_enters_the_trace(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        [slip, *_] = invited(session, cast, now)
        invitations.accept(session, slip.secret, WHO, None, now)
        facts = "".join(event.facts for event in session.scalars(select(Event)))
        assert slip.secret not in facts
        assert "Weber" not in facts
