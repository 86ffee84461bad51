"""Somebody telephones: found by number, name or unit, and the report stands for them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import pytest

from assets import register
from core import callers, people, places
from core.callers import Call, Caller
from core.database import Database
from core.errors import GongdanError, Invalid, Missing, NotFound
from core.intake import FaultReport, Intake
from core.people import Person
from tests.personas import Cast

PHONE = "138 0013 8000"


@pytest.fixture
def known(db: Database, cast: Cast) -> Cast:
    """The resident's number is known."""
    with db.write_scope() as session:
        session.get_one(Person, cast.resident).phone = PHONE
    return cast


def found(db: Database, cast: Cast, words: str) -> list[Caller]:
    with db.read_scope() as session:
        return callers.find(session, cast.site, words)


def called(db: Database, cast: Cast, now: datetime, call: Call, text: str = "The tap drips", **more: bool) -> Intake:
    with db.write_scope() as session:
        subject = register.subject_of_place(session, call.unit_id or cast.home)
        told = FaultReport(subject, text, **more)  # type: ignore[arg-type]
        return callers.report(session, callers.known(session, cast.site, call, cast.supervisor, now), told, now)


@pytest.mark.parametrize("words", ["13800138000", "+86 138 0013 8000", "8000", "Li N", "1203", "A 1203", "A-12-1203"])
def test_a_caller_is_found_by_number_name_and_unit(db: Database, known: Cast, words: str) -> None:
    assert ("Li Na", "A/12/1203") in [(one.name, one.unit) for one in found(db, known, words)]


@pytest.mark.parametrize("words", ["", "L", "13900138000", "Nobody", "%", "_"])
def test_what_means_nobody_finds_nobody(db: Database, known: Cast, words: str) -> None:
    assert found(db, known, words) == []


def test_a_unit_where_nobody_is_known_is_found_too(db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        unit = places.ensure_path(session, cast.site, "A/13/1301", kind="unit", is_common=False).id
    assert found(db, cast, "1301") == [Caller(None, "", "", unit, "A/13/1301")]


def test_people_of_another_site_are_not_found(db: Database, known: Cast) -> None:
    with db.write_scope() as session:
        other = places.add_site(session, "River Court").id
    with db.read_scope() as session:
        assert callers.find(session, other, "Li Na") == callers.find(session, other, PHONE) == []


def test_the_report_of_a_known_person_is_theirs(db: Database, known: Cast, now: datetime) -> None:
    ticket = called(db, known, now, Call(known.resident)).ticket
    assert ticket is not None
    assert (ticket.reporter_id, ticket.via, ticket.text) == (known.resident, "phone", "The tap drips")


def test_whom_messages_reach_is_asked_to_rate_as_everybody(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        people.add_identity(session, cast.resident, "web", "", "web_id", "1", conversation="1", via="test")
    ticket = called(db, cast, now, Call(cast.resident)).ticket
    assert ticket is not None
    assert ticket.via == ""


def test_somebody_new_is_added_with_the_home(db: Database, cast: Cast, now: datetime) -> None:
    ticket = called(db, cast, now, Call(None, "Old Mr Xu", PHONE, cast.home)).ticket
    assert ticket is not None
    with db.read_scope() as session:
        person = session.get_one(Person, ticket.reporter_id)
        assert (person.name, person.phone) == ("Old Mr Xu", PHONE)
        assert people.homes_of(session, person.id) == [cast.home]


def test_a_known_number_is_no_new_person(db: Database, known: Cast, now: datetime) -> None:
    ticket = called(db, known, now, Call(None, "", "+86 13800138000")).ticket
    assert ticket is not None
    assert ticket.reporter_id == known.resident


def test_a_twin_is_left_to_the_desk(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        hall = register.subject_of_place(session, cast.hall)
        told = FaultReport(hall, "The lift is stuck", category="lift")
        first = callers.report(session, cast.neighbour, told, now)
        again = callers.report(session, cast.resident, told, now)
    assert (first.outcome, again.outcome) == ("opened", "twin")


@pytest.mark.parametrize(
    ("call", "error"),
    [(Call(), Missing), (Call(None, "Xu", "not a number"), Invalid), (Call(None, "x" * 121), Invalid),
     (Call(UUID(int=7)), NotFound), (Call(None, "Xu", unit_id=UUID(int=7)), NotFound)],
)  # fmt: skip
def test_what_is_no_caller_is_refused_and_nothing_is_kept(
    db: Database, cast: Cast, now: datetime, call: Call, error: type[GongdanError]
) -> None:
    before = found(db, cast, "Xu")
    with pytest.raises(error):
        db.write(lambda session: callers.known(session, cast.site, call, cast.supervisor, now))
    assert found(db, cast, "Xu") == before
