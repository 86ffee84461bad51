"""What the verbs change: offers, appointments, rounds, evidence, ends."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from assets import register
from core import access, people, places
from core.database import Database, Session
from core.deadlines import RESPOND_WITHIN
from core.errors import Invalid
from core.intake import FaultReport, report_fault
from core.tickets import actions, additions, evidence, queries
from core.tickets.actions import OFFER_LIFE, REOPEN_WITHIN, SILENCE, MissingEvidence, TooLateToReopen, WrongCode
from core.tickets.models import Ticket
from tests.core import history
from tests.core.tickets.stories import Story, begun
from tests.personas import Cast

PHOTO = {"hash": "ab" * 32, "mime": "image/jpeg", "width": 40, "height": 30, "evidence": {}}


def offers(story: Story) -> list[str]:
    return [offer.state for offer in queries.offers_of(story.session, story.ticket)]


def on_lift(session: Session, cast: Cast, now: datetime) -> tuple[Ticket, str]:
    """A fault of a lift, with the code that hangs on it."""
    asset = register.add_asset(session, cast.site, cast.hall, "Lift 1", "Lift", now=now)
    subject = register.subject_of(session, asset.code)
    ticket = report_fault(session, FaultReport(subject, "it is stuck", cast.resident, category="lift"), now).ticket
    assert ticket is not None
    return ticket, asset.code


def test_an_offer_ends_as_its_ticket_goes_on(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now)
        assert offers(story) == ["open"]
        assert story.ticket.wake_at == now + OFFER_LIFE
        story.act("supervisor", "assign", assignee=cast.second_technician)
        session.expire_all()
        assert offers(story) == ["withdrawn", "open"]
        actions.act(session, story.ticket, "accept", access.viewer(session, cast.second_technician), now)
        session.expire_all()
        assert offers(story) == ["withdrawn", "accepted"]
        assert story.ticket.wake_at is None


@pytest.mark.parametrize(
    ("who", "action", "state"),
    [
        ("assignee", "decline", "declined"), ("system", "release", "withdrawn"), ("supervisor", "cancel", "withdrawn"),
        ("supervisor", "merge", "withdrawn"), ("supervisor", "offer_team", "withdrawn"),
    ],
)  # fmt: skip
def test_no_offer_stays_open_when_the_work_is_taken_back(
    db: Database, cast: Cast, now: datetime, who: str, action: str, state: str
) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now)
        story.act(who, action)
        session.expire_all()
        assert offers(story) == [state]


def test_whoever_loses_the_work_is_told(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now)
        other = next(one for one in (cast.technician, cast.second_technician) if one != story.technician)
        story.act("supervisor", "assign", assignee=other)
        assert story.letters("taken_away") == [story.technician]
        assert story.letters("offer") == [story.technician, other]


def test_a_declined_job_goes_back_to_dispatch_at_once(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now, "accepted")
        story.act("assignee", "decline")
        assert (story.ticket.state, story.ticket.assignee_id) == ("reported", None)
        assert story.ticket.wake_at == now + timedelta(minutes=1)


def test_only_the_team_that_was_asked_may_claim(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now)
        loner = people.add_person(session, "Loner", locale="en").id
        people.grant(session, loner, "technician", cast.site)
        story.act("supervisor", "offer_team")
        assert set(story.letters("team_offer")) == {cast.technician, cast.second_technician}
        assert queries.parts_of(session, story.ticket, access.viewer(session, loner)) == set()
        assert queries.parts_of(session, story.ticket, access.viewer(session, cast.technician)) == {"eligible"}


def test_a_resident_agrees_to_an_appointment_with_one_tap(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now, "accepted")
        assert story.act("assignee", "schedule").is_schedule_agreed is False
        assert story.act("reporter", "agree").is_schedule_agreed is True
        assert story.letters("appointment_agreed") == [story.technician]


def test_work_goes_on_from_where_it_was_held(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        for state in ("assigned", "accepted", "in_progress"):
            story = begun(session, cast, now, state)
            story.act("assignee", "hold", reason="waiting_parts")
            assert (story.ticket.held_from, story.ticket.hold_reason) == (state, "waiting_parts")
            story.act("assignee", "resume")
            assert (story.ticket.state, story.ticket.held_from, story.ticket.hold_reason) == (state, None, None)


def test_a_sign_off_says_all_that_is_still_missing(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now, "in_progress", waived=False)
        with pytest.raises(MissingEvidence) as refused:
            story.act("assignee", "sign_off")
        assert refused.value.facts["items"] == ["after_photo", "technician_signature"]
        additions.add_file(session, story.ticket, "after", PHOTO, story.technician, now)
        with pytest.raises(MissingEvidence) as refused:
            story.act("assignee", "sign_off")
        assert refused.value.facts["items"] == ["technician_signature"]
        story.act("supervisor", "waive", evidence="technician_signature")
        assert story.act("assignee", "sign_off").state == "done"


def test_a_site_that_asks_for_nothing_gets_nothing(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        session.get_one(places.Site, cast.site).settings = {"evidence": {"fault": []}}
        session.flush()
        story = begun(session, cast, now, "in_progress", waived=False)
        assert story.act("assignee", "sign_off").state == "done"


def test_a_waiver_is_an_event_with_its_reason(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now, "in_progress", waived=False)
        story.act("supervisor", "waive", evidence="after_photo", reason="out_of_reach")
        last = story.events()[-1]
        assert last.actor == str(cast.supervisor)
        assert '"evidence":"after_photo"' in last.facts
        assert '"reason":"out_of_reach"' in last.facts


def test_a_job_at_an_asset_needs_a_scan_of_that_very_asset(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        ticket, code = on_lift(session, cast, now)
        assert ticket.assignee_id is not None
        history.take(session, ticket, "accept", ticket.assignee_id, now)
        with pytest.raises(WrongCode):
            history.take(session, ticket, "check_in", ticket.assignee_id, now, code="AAAA-BBBB")
        history.take(session, ticket, "check_in", ticket.assignee_id, now, code=code)
        assert ticket.scan_proof == "scanned"
        assert "code_scan" not in _missing(session, ticket)


def test_a_code_that_is_torn_off_is_replaced_by_a_photo_with_a_reason(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        ticket, _ = on_lift(session, cast, now)
        assert ticket.assignee_id is not None
        history.take(session, ticket, "accept", ticket.assignee_id, now)
        history.take(session, ticket, "check_in", ticket.assignee_id, now, code_photo="ab" * 32)
        assert "code_scan" in _missing(session, ticket)
        history.take(session, ticket, "hold", ticket.assignee_id, now, reason="no_access")
        history.take(session, ticket, "resume", ticket.assignee_id, now)
        with pytest.raises(MissingEvidence) as refused:
            history.take(
                session, ticket, "sign_off", ticket.assignee_id, now,
                resolution="fixed", code_photo="ab" * 32, reason="torn off",
            )  # fmt: skip
        assert "code_scan" not in refused.value.facts["items"]


def _missing(session: Session, ticket: Ticket) -> list[str]:
    return evidence.missing(queries.evidence_of(session, ticket), {})


@pytest.mark.parametrize("minutes", ["-1", "a while", "10001"])
def test_minutes_that_nobody_worked_are_refused(db: Database, cast: Cast, now: datetime, minutes: str) -> None:
    with db.write_scope() as session, pytest.raises(Invalid):
        begun(session, cast, now, "in_progress").act("assignee", "sign_off", minutes=minutes)


@pytest.mark.parametrize("resolution", ["passed", "unanswered", "great"])
def test_a_fault_is_signed_off_with_a_resolution_of_faults(
    db: Database, cast: Cast, now: datetime, resolution: str
) -> None:
    with db.write_scope() as session, pytest.raises(Invalid):
        begun(session, cast, now, "in_progress").act("assignee", "sign_off", resolution=resolution)


def test_a_task_is_closed_by_its_sign_off(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        subject = register.subject_of_place(session, cast.hall)
        report = FaultReport(subject, "paint the railing", cast.supervisor, category="water", kind="task")
        ticket = report_fault(session, report, now).ticket
        assert ticket is not None
        assert ticket.assignee_id is not None
        for action in ("accept", "check_in"):
            history.take(session, ticket, action, ticket.assignee_id, now)
        history.take(session, ticket, "sign_off", ticket.assignee_id, now, resolution="fixed")
        assert (ticket.state, ticket.closed_at) == ("closed", now)


def test_silence_after_the_work_is_waited_for(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now, "done")
        assert story.ticket.done_at is not None
        assert story.ticket.wake_at == story.ticket.done_at + SILENCE
        story.act("system", "lapse")
        assert (story.ticket.state, story.ticket.resolution) == ("closed", "unanswered")


def test_a_reopened_ticket_begins_a_round_of_its_own(db: Database, cast: Cast, now: datetime) -> None:
    """Fresh evidence, a fresh promise, the same technician; the first round stays readable."""
    later = timedelta(days=2)
    with db.write_scope() as session:
        story = begun(session, cast, now, "in_progress", waived=False)
        additions.add_file(session, story.ticket, "after", PHOTO, story.technician, now)
        story.act("supervisor", "waive", evidence="technician_signature")
        story.act("assignee", "sign_off")
        story.act("reporter", "reopen", later, reason="still_broken")
        ticket = story.ticket
        assert (ticket.round, ticket.state, ticket.assignee_id) == (2, "assigned", story.technician)
        assert (ticket.resolution, ticket.done_at, ticket.minutes, ticket.waived) == (None, None, None, [])
        assert ticket.promised_at == now + later + RESPOND_WITHIN[ticket.priority]
        assert _missing(session, ticket) == ["after_photo", "technician_signature"]
        assert [photo.round for photo in queries.attachments_of(session, ticket.id)] == [1]


def test_a_closed_ticket_can_be_reopened_for_a_week(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now, "closed")
        assert story.ticket.closed_at is not None
        last_moment = story.ticket.closed_at + REOPEN_WITHIN - now
        with pytest.raises(TooLateToReopen):
            story.act("reporter", "reopen", last_moment + timedelta(seconds=1))
        assert story.act("reporter", "reopen", last_moment).state == "assigned"


def test_the_people_of_a_merged_ticket_follow_the_other(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now)
        additions.join(session, story.ticket, cast.neighbour, "at ours too", now)
        story.act("supervisor", "merge")
        assert story.ticket.merged_into_id == story.other.id
        assert set(queries.concerned(session, story.other)) == {cast.resident, cast.neighbour}
        assert set(story.letters("merged")) == {cast.resident, cast.neighbour}


def test_a_ticket_is_merged_into_another_open_one_of_its_site(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now)
        with pytest.raises(Invalid):
            story.act("supervisor", "merge", into=story.ticket.id)
        history.take(session, story.other, "cancel", cast.supervisor, now, reason="mistake")
        with pytest.raises(Invalid):
            story.act("supervisor", "merge", into=story.other.id)


def test_a_more_urgent_job_is_promised_earlier(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now)
        story.act("supervisor", "reprioritise", priority="urgent")
        assert story.ticket.promised_at == now + RESPOND_WITHIN["urgent"]


def test_what_is_signed_off_names_a_digest_and_nothing_else(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now, "in_progress")
        with pytest.raises(Invalid):
            story.act("assignee", "sign_off", digest="Mrs Li was not at home")
        story.act("assignee", "sign_off", digest="ab" * 32)
        assert f'"digest":"{"ab" * 32}"' in story.events()[-1].facts
