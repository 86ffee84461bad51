"""A fault report becomes a ticket, joins one, or is asked about first."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from assets import register
from core import categories, people, places, trace
from core.database import Database, Session
from core.deadlines import RESPOND_WITHIN
from core.errors import Invalid, Missing
from core.intake import ESCALATE_EVERY, FaultReport, Intake, report_fault
from core.outbox import OutboxMessage
from core.tickets import queries
from core.tickets.models import Subject, Ticket
from tests.core import history
from tests.personas import Cast

GAS = "I smell gas in the kitchen"


def home(cast: Cast) -> Subject:
    return Subject(cast.site, cast.home, "A/12/1203", is_common=False)


def hall(cast: Cast) -> Subject:
    return Subject(cast.site, cast.hall, "A/1/Hall", is_common=True)


def opened(result: Intake) -> Ticket:
    assert result.outcome == "opened"
    assert result.ticket is not None
    return result.ticket


def told(session: Session, ticket: Ticket) -> dict[str, set[UUID | None]]:
    """Who was told what about a ticket."""
    found: dict[str, set[UUID | None]] = {}
    query = select(OutboxMessage.kind, OutboxMessage.person_id).where(OutboxMessage.ticket_id == ticket.id)
    for kind, person in session.execute(query):
        found.setdefault(kind, set()).add(person)
    return found


def test_clear_words_open_a_ticket_that_is_promised_and_given_out(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        ticket = opened(report_fault(session, FaultReport(home(cast), "the tap is leaking", cast.resident), now))
        assert (ticket.number, ticket.state, ticket.category) == ("WX-261120-001", "assigned", "water")
        assert ticket.promised_at == now + RESPOND_WITHIN[ticket.priority]
        assert told(session, ticket) == {"offer": {ticket.assignee_id}}


def test_unclear_words_are_asked_about_before_anything_is_opened(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        result = report_fault(session, FaultReport(home(cast), "it is broken", cast.resident), now)
        assert (result.outcome, result.ticket) == ("unsure", None)
        assert session.scalar(select(func.count()).select_from(Ticket)) == 0


def test_where_nobody_can_answer_the_best_guess_is_opened(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        report = FaultReport(home(cast), "it is broken", contact="13800138000", may_ask=False)
        ticket = opened(report_fault(session, report, now))
        assert (ticket.category, ticket.is_category_confirmed) == ("other", False)


def test_a_photo_without_words_is_a_report(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        report = FaultReport(home(cast), "", cast.resident, category="water", has_media=True)
        assert opened(report_fault(session, report, now)).text == ""


@pytest.mark.parametrize("text", ["", "  \n "])
def test_nothing_is_no_report(db: Database, cast: Cast, now: datetime, text: str) -> None:
    with db.write_scope() as session, pytest.raises(Missing):
        report_fault(session, FaultReport(home(cast), text, cast.resident), now)


@pytest.mark.parametrize("facts", [{"kind": "wish"}, {"category": "magic"}, {"priority": "very", "category": "water"}])
def test_what_does_not_exist_cannot_be_reported(db: Database, cast: Cast, now: datetime, facts: dict[str, str]) -> None:
    with db.write_scope() as session, pytest.raises(Invalid):
        report_fault(session, FaultReport(home(cast), "the tap is leaking", cast.resident, **facts), now)  # type: ignore[arg-type]


@pytest.mark.parametrize("words", ["the boiler drips", "I smell gas"])
def test_a_thing_inside_a_home_is_shared_by_those_who_live_there_alone(
    db: Database, cast: Cast, now: datetime, words: str
) -> None:
    with db.write_scope() as session:
        asset = register.add_asset(session, cast.site, cast.home, "Boiler 7", "Boiler", now=now)
        boiler = register.subject_of(session, asset.code)
        first = opened(report_fault(session, FaultReport(boiler, words, cast.resident, category="water"), now))
        other = report_fault(session, FaultReport(boiler, words, cast.neighbour, category="water"), now)
        assert opened(other).id != first.id
        family = report_fault(session, FaultReport(boiler, words, cast.resident, category="water"), now)
        assert family.outcome in ("twin", "joined")
        assert family.ticket == first


def test_a_second_report_of_a_shared_thing_is_asked_whether_it_is_the_same(
    db: Database, cast: Cast, now: datetime
) -> None:
    with db.write_scope() as session:
        report = FaultReport(hall(cast), "the lamp flickers", cast.resident, category="electricity")
        first = opened(report_fault(session, report, now))
        again = FaultReport(hall(cast), "lamp!", cast.neighbour, category="electricity")
        result = report_fault(session, again, now)
        assert (result.outcome, result.ticket) == ("twin", first)
        own = FaultReport(hall(cast), "lamp!", cast.neighbour, category="electricity", is_own=True)
        assert opened(report_fault(session, own, now)).id != first.id


def test_what_happens_in_a_home_is_told_to_no_neighbour(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        history.opened(session, cast, now)
        report = FaultReport(home(cast), "the tap drips", cast.neighbour, category="water")
        assert report_fault(session, report, now).outcome == "opened"


@pytest.mark.parametrize("end", ["another category", "another thing", "it has ended"])
def test_a_report_of_something_else_is_a_ticket_of_its_own(db: Database, cast: Cast, now: datetime, end: str) -> None:
    with db.write_scope() as session:
        report = FaultReport(hall(cast), "the lamp flickers", cast.resident, category="electricity")
        first = opened(report_fault(session, report, now))
        where, category = hall(cast), "electricity"
        if end == "another category":
            category = "water"
        elif end == "another thing":
            where = Subject(
                cast.site, places.ensure_path(session, cast.site, "A/2/Hall").id, "A/2/Hall", is_common=True
            )
        else:
            history.take(session, first, "cancel", cast.supervisor, now, reason="mistake")
        assert (
            report_fault(session, FaultReport(where, "x", cast.neighbour, category=category), now).outcome == "opened"
        )


def test_an_emergency_opens_and_alarms_before_anybody_is_asked(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        ticket = opened(report_fault(session, FaultReport(home(cast), GAS, cast.resident), now))
        assert (ticket.priority, ticket.wake_at) == ("emergency", now + ESCALATE_EVERY)
        assert ticket.emergency
        assert ticket.promised_at == now + RESPOND_WITHIN["emergency"]


def test_further_reports_of_an_emergency_join_it(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        first = opened(report_fault(session, FaultReport(hall(cast), GAS, cast.resident), now))
        result = report_fault(session, FaultReport(hall(cast), GAS, cast.neighbour), now + timedelta(minutes=1))
        assert (result.outcome, result.ticket) == ("joined", first)
        assert queries.concerned(session, first) == [cast.resident, cast.neighbour]


def test_an_older_fault_that_is_no_emergency_does_not_hide_the_alarm(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        category = opened(report_fault(session, FaultReport(hall(cast), GAS, cast.resident), now)).category
        places_of_both = Subject(
            cast.site, places.ensure_path(session, cast.site, "A/2/Hall").id, "A/2/Hall", is_common=True
        )
        plain = FaultReport(places_of_both, "the meter is hard to read", cast.manager, category=category)
        opened(report_fault(session, plain, now))
        alarm = opened(report_fault(session, FaultReport(places_of_both, GAS, cast.resident), now))
        result = report_fault(session, FaultReport(places_of_both, GAS, cast.neighbour), now)
        assert (result.outcome, result.ticket) == ("joined", alarm)


def test_what_was_said_stays_out_of_the_trace(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        text = "the tap is leaking, call Mrs Li under 13800138000"
        ticket = opened(report_fault(session, FaultReport(home(cast), text, cast.resident, "13800138000"), now))
        first = trace.events_of(session, f"ticket:{ticket.id}")[0]
        assert "Li" not in first.facts
        assert "1380013" not in first.facts
        assert trace.commitment(ticket.salt, ticket.text) in first.facts
        assert (first.action, first.actor, first.to_state) == ("report", str(cast.resident), "reported")


def test_numbers_count_up_on_the_local_day_of_each_site(db: Database, cast: Cast, now: datetime) -> None:
    """It is ten in the morning in Shanghai; fourteen hours later a new day has begun there."""
    with db.write_scope() as session:
        numbers = [history.opened(session, cast, now + timedelta(hours=hours)).number for hours in (0, 13, 15)]
        assert numbers == ["WX-261120-001", "WX-261120-002", "WX-261121-001"]
        other = places.add_site(session, "Elsewhere", timezone="America/New_York", locale="en")
        root = register.subject_of_place(session, places.root_of(session, other.id).id)
        report = FaultReport(root, "leak", cast.resident, category="water")
        assert opened(report_fault(session, report, now)).number == "WX2-261119-001"


def test_reports_at_once_get_numbers_of_their_own(db: Database, cast: Cast, now: datetime) -> None:
    ready, numbers = threading.Barrier(8, timeout=20), []

    def report() -> None:
        ready.wait()
        numbers.append(db.write(lambda session: history.opened(session, cast, now).number, 20.0))

    threads = [threading.Thread(target=report) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(numbers) == [f"WX-261120-{number:03d}" for number in range(1, 9)]


def test_long_words_are_kept_as_far_as_they_fit(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        report = FaultReport(home(cast), "the tap is leaking " * 1000, cast.resident, category="water")
        assert len(opened(report_fault(session, report, now)).text) == 4000


@pytest.mark.parametrize(
    ("mode", "kind", "state"),
    [("assign", "offer", "assigned"), ("claim", "team_offer", "assigned"), ("by_hand", "unassigned", "reported")],
)
def test_a_category_says_how_its_work_is_given_out(
    db: Database, cast: Cast, now: datetime, mode: str, kind: str, state: str
) -> None:
    with db.write_scope() as session:
        categories.set_category(session, cast.site, "water", mode=mode, team_id=cast.crew)
        ticket = history.opened(session, cast, now)
        assert ticket.state == state
        assert list(told(session, ticket)) == [kind]


def test_without_a_technician_the_desk_is_told(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        for person in (cast.technician, cast.second_technician):
            session.get_one(people.Person, person).is_active = False
        session.flush()
        ticket = history.opened(session, cast, now)
        assert ticket.state == "reported"
        assert told(session, ticket) == {"unassigned": {cast.supervisor}}


def test_a_site_promises_in_its_own_time(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        session.get_one(places.Site, cast.site).settings = {"promise": {"urgent": 45}}
        session.flush()
        ticket = history.opened(session, cast, now)
        assert ticket.priority == "urgent"
        assert ticket.promised_at == now + timedelta(minutes=45)
