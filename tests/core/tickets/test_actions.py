"""Taking an action: nobody is faster unseen, refusals say best why, and the trace tells no free words."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from core import access, people, places, trace
from core.database import Database
from core.errors import Conflict, Forbidden, Invalid, Missing
from core.tickets import actions, queries
from core.tickets.actions import Actor, AlreadyTaken, IllegalTransition, StaleTicket
from core.tickets.models import Note, Ticket
from tests.core import history
from tests.core.tickets.stories import begun
from tests.personas import Cast, play

MANY = 50
NOBODY = UUID(int=7)


def test_an_action_on_what_somebody_has_not_seen_is_refused(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now)
        seen = story.ticket.version
        story.act("supervisor", "reprioritise")
        with pytest.raises(StaleTicket) as refused:
            actions.act(session, story.ticket, "accept", story.viewer("assignee"), now, version=seen)
        assert refused.value.facts["number"] == story.ticket.number
        assert refused.value.facts["version"] == seen + 1
        actions.act(session, story.ticket, "accept", story.viewer("assignee"), now, version=seen + 1)
        assert story.ticket.state == "accepted"


def test_a_change_between_reading_and_writing_is_never_written_over(
    sqlite_db: Database, now: datetime
) -> None:  # SQLite has no row locks: here only the condition of the update stands between
    with sqlite_db.write_scope() as session:
        story = begun(session, play(session), now)
        old = queries.by_id(session, story.ticket.id)
        session.expunge(old)
        fresh = queries.by_id(session, old.id, lock=True)
        actions.act(session, fresh, "accept", story.viewer("assignee"), now)
        with pytest.raises(StaleTicket):
            actions.act(session, old, "accept", story.viewer("assignee"), now)
        events = trace.events_of(session, f"ticket:{old.id}")
        assert [event.action for event in events].count("accept") == 1


def test_of_many_who_claim_at_once_one_wins(db: Database, cast: Cast, now: datetime) -> None:
    """Everybody else is told who was faster; one acceptance stands in the trace."""
    with db.write_scope() as session:
        story = begun(session, cast, now, "reported")
        ticket_id = story.ticket.id
        crowd = [people.add_person(session, f"technician {number}").id for number in range(MANY)]
        for person in crowd:
            people.grant(session, person, "technician", cast.site)
    ready, outcomes = threading.Barrier(MANY, timeout=30), []

    def claim(person: UUID) -> None:
        ready.wait()
        try:
            with db.write_scope(30.0) as session:
                ticket = queries.by_id(session, ticket_id, lock=True)
                actions.act(session, ticket, "claim", access.viewer(session, person), now)
            outcomes.append("won")
        except AlreadyTaken as lost:
            outcomes.append(lost.facts["name"])

    threads = [threading.Thread(target=claim, args=(person,)) for person in crowd]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with db.read_scope() as session:
        ticket = queries.by_id(session, ticket_id)
        winner = session.get_one(people.Person, ticket.assignee_id).name
        assert [event.action for event in trace.events_of(session, f"ticket:{ticket_id}")].count("claim") == 1
    assert sorted(outcomes) == sorted(["won"] + [winner] * (MANY - 1))


def test_who_comes_late_learns_who_took_it(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now, "accepted")
        with pytest.raises(AlreadyTaken) as refused:
            story.act("colleague", "claim")
        assert refused.value.facts["name"] == session.get_one(people.Person, story.technician).name


def test_an_action_of_another_state_says_where_the_ticket_is(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now, "done")
        with pytest.raises(IllegalTransition) as refused:
            story.act("assignee", "hold")
        assert refused.value.facts["state"] == "state.done"


def test_a_stranger_learns_nothing_about_the_state(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now, "done")
        with pytest.raises(Forbidden):
            story.act("stranger", "hold")


def test_an_action_that_does_not_exist_is_refused(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session, pytest.raises(Invalid):
        begun(session, cast, now).act("supervisor", "explode")


def test_a_link_to_one_ticket_opens_no_other(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now, "done")
        guest = access.viewer(session, cast.resident, story.other.id)
        with pytest.raises(Forbidden):
            actions.act(session, story.ticket, "confirm", guest, now)
        guest = access.viewer(session, cast.resident, story.ticket.id)
        actions.act(session, story.ticket, "confirm", guest, now)
        assert story.ticket.state == "closed"


@pytest.mark.parametrize("action", ["hold", "decline", "request_transfer"])
def test_free_words_stay_out_of_the_trace(db: Database, cast: Cast, now: datetime, action: str) -> None:
    said = "Mrs Li from 1203 shouted at me"
    with db.write_scope() as session:
        story = begun(session, cast, now)
        story.act("assignee", action, reason=said)
        facts = story.events()[-1].facts
        note = session.scalars(select(Note).where(Note.ticket_id == story.ticket.id)).one()
        assert note.text == said
        assert said not in facts
        assert trace.commitment(note.salt, note.text) in facts


@pytest.mark.parametrize("action", ["cancel", "release", "reopen", "waive"])
def test_the_words_of_the_desk_stay_out_of_the_trace(db: Database, cast: Cast, now: datetime, action: str) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now, "done" if action == "reopen" else "assigned")
        story.act("supervisor", action, reason="call 138 0013 8000 first")
        facts = story.events()[-1].facts
        assert all(word not in facts for word in ("call", "138 0013", "8000 first"))


def test_a_reason_from_the_list_is_kept_as_its_key(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now)
        story.act("assignee", "hold", reason="waiting_parts")
        assert '"reason":"waiting_parts"' in story.events()[-1].facts
        assert session.scalar(select(func.count()).select_from(Note)) == 0


def test_the_time_that_a_phone_claims_stands_beside_the_one_we_saw(db: Database, cast: Cast, now: datetime) -> None:
    earlier = now - timedelta(hours=2)
    with db.write_scope() as session:
        story = begun(session, cast, now)
        actions.act(session, story.ticket, "accept", story.viewer("assignee"), now, device_at=earlier)
        session.expire_all()
        assert (story.events()[-1].device_at, story.events()[-1].at) == (earlier, now)


def test_whoever_acts_is_not_told_what_they_did_themselves(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now, "done")
        assert story.letters("done") == [cast.resident]
        story.act("reporter", "reopen")
        assert story.letters("reopened_others") == []
        assert story.letters("reopened") == [story.technician]


def test_what_is_recorded_beside_the_life_of_a_ticket_changes_neither_state_nor_version(
    db: Database, cast: Cast, now: datetime
) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now)
        before = (story.ticket.state, story.ticket.version)
        actions.record(session, story.ticket, "nudge", Actor(cast.resident), {}, now)
        session.expire_all()
        assert (story.ticket.state, story.ticket.version) == before
        assert story.events()[-1].hash == story.ticket.trace_head


def test_two_records_from_the_same_reading_collide(sqlite_db: Database, now: datetime) -> None:
    with sqlite_db.write_scope() as session:
        story = begun(session, play(session), now)
        old = queries.by_id(session, story.ticket.id)
        session.expunge(old)
        actions.record(session, queries.by_id(session, old.id), "nudge", Actor(uuid4()), {}, now)
        with pytest.raises(Conflict):
            actions.record(session, old, "nudge", Actor(uuid4()), {}, now)


@pytest.mark.parametrize(
    ("action", "facts"),
    [
        ("assign", {"assignee": "nobody"}), ("assign", {"assignee": NOBODY}), ("offer_team", {"team": "nobody"}),
        ("offer_team", {"team": NOBODY}), ("merge", {"into": "WX-1"}), ("recategorise", {"category": "my <b>own</b>"}),
        ("reprioritise", {"priority": "very"}), ("waive", {"evidence": "everything"}),
        ("schedule", {"from": "tomorrow"}), ("schedule", {"from": "2026-11-20T10:00:00"}),
        ("schedule", {"from": "2026-11-20T12:00:00+08:00", "until": "2026-11-20T11:00:00+08:00"}),
        ("schedule", {"from": "2026-11-18T12:00:00+08:00", "until": "2026-11-18T14:00:00+08:00"}),
    ],
    ids=str,
)  # fmt: skip
def test_facts_that_make_no_sense_are_refused(
    db: Database, cast: Cast, now: datetime, action: str, facts: dict[str, object]
) -> None:
    with db.write_scope() as session, pytest.raises(Invalid):
        begun(session, cast, now).act("supervisor", action, timedelta(0), **facts)


def test_work_goes_to_technicians_and_teams_of_its_own_site(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now)
        elsewhere = places.add_site(session, "Elsewhere", locale="en").id
        crew = people.add_team(session, "Their crew", elsewhere).id
        people.grant(session, cast.outsider, "technician", elsewhere)
        with pytest.raises(Invalid):
            story.act("supervisor", "assign", assignee=cast.outsider)
        with pytest.raises(Invalid):
            story.act("supervisor", "offer_team", team=crew)


def test_somebody_who_has_left_is_given_no_work(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now)
        session.get_one(people.Person, cast.second_technician).is_active = False
        session.flush()
        with pytest.raises(Invalid):
            story.act("supervisor", "assign", assignee=cast.second_technician)


def test_the_number_of_a_ticket_is_found_in_any_case(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        ticket: Ticket = history.opened(session, cast, now)
        assert queries.by_number(session, f" {ticket.number.lower()} ").id == ticket.id


def test_a_reason_is_asked_for(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session, pytest.raises(Missing):
        begun(session, cast, now).act("assignee", "decline", reason="")
