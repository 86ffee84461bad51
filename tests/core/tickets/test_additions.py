"""What people add to a ticket: kept once, told to those whom it concerns, and free words out of the trace."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from core import trace
from core.database import Database
from core.errors import Conflict, Invalid, Missing, NotFound
from core.tickets import additions, queries
from core.tickets.additions import NudgedAlready, TooManyOfQuestion, TooManyPhotos, WorkHasEnded
from tests.core.tickets.stories import Story, begun
from tests.personas import Cast

PHOTO = {"hash": "ab" * 32, "mime": "image/jpeg", "width": 40, "height": 30, "evidence": {}}


def photo(story: Story, number: int = 0, kind: str = "after", item: int = 0) -> bool:
    stored = PHOTO | {"hash": f"{number:064x}"}
    return additions.add_file(story.session, story.ticket, kind, stored, story.technician, story.now, item=item)


def test_the_same_photo_is_attached_once(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now)
        assert [photo(story), photo(story), photo(story, kind="before")] == [True, False, True]
        assert [event.action for event in story.events()].count("add_photo") == 2


def test_a_photo_that_comes_after_the_end_is_taken_and_marked(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now, "closed")
        assert photo(story)
        assert '"late":true' in story.events()[-1].facts


def test_a_ticket_holds_so_many_photos_and_no_more(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now)
        for number in range(additions.MAX_ATTACHMENTS):
            photo(story, number)
        with pytest.raises(TooManyPhotos):
            photo(story, additions.MAX_ATTACHMENTS)


def test_photos_of_questions_leave_room_for_those_of_the_others(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now)
        additions.ask_items(session, story.ticket, [{"question": f"Lamp {n}", "kind": "photo"} for n in range(70)])
        for item in range(1, 71):
            photo(story, item=item)
        assert all(one.answer == "photo" for one in queries.checklist_of(session, story.ticket.id))
        assert photo(story)
        for number in range(1, additions.MAX_OF_ITEM):
            photo(story, number, item=1)
        with pytest.raises(TooManyOfQuestion):
            photo(story, additions.MAX_OF_ITEM, item=1)


@pytest.mark.parametrize(
    ("writer", "readers"),
    [
        ("assignee", {"reporter", "neighbour"}), ("reporter", {"assignee"}), ("neighbour", {"assignee"}),
        ("supervisor", {"assignee", "reporter", "neighbour"}),
    ],
)  # fmt: skip
def test_words_reach_those_whom_they_concern(
    db: Database, cast: Cast, now: datetime, writer: str, readers: set[str]
) -> None:
    """Staff speak to everyone concerned; what one resident writes reaches no other resident."""
    with db.write_scope() as session:
        story = begun(session, cast, now)
        additions.join(session, story.ticket, cast.neighbour, "at ours too", now)
        people = {
            "assignee": story.technician, "reporter": cast.resident, "neighbour": cast.neighbour,
            "supervisor": cast.supervisor,
        }  # fmt: skip
        additions.add_words(session, story.ticket, people[writer], "it is worse now", now)
        assert set(story.letters("note")) == {people[reader] for reader in readers}


def test_notes_between_staff_are_told_to_nobody(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now)
        additions.add_words(session, story.ticket, story.technician, "mind the dog", now, is_internal=True)
        assert story.letters("note") == []
        assert queries.notes_of(session, story.ticket.id, internal=False) == []
        assert [note.text for note in queries.notes_of(session, story.ticket.id, internal=True)] == ["mind the dog"]


def test_no_resident_reads_what_is_said_about_an_inspection(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now)
        story.ticket.kind = "inspection"
        additions.add_words(session, story.ticket, cast.supervisor, "start with the pump", now)
        assert queries.notes_of(session, story.ticket.id, internal=False) == []
        assert story.technician in story.letters("note")


def test_free_words_stay_out_of_the_trace(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now)
        additions.ask_items(session, story.ticket, [{"question": "Why?", "kind": "text"}])
        additions.add_words(session, story.ticket, cast.resident, "Mrs Li is ill", now)
        additions.use_part(session, story.ticket, story.technician, "Washer of Mrs Li", "2", now)
        additions.answer_item(session, story.ticket, 1, "Mrs Li knows", story.technician, now)
        assert not any("Li" in event.facts for event in story.events())
        part = queries.parts_used(session, story.ticket.id)[0]
        facts = "".join(event.facts for event in story.events())
        assert trace.commitment(part.id.hex, "Washer of Mrs Li\n2") in facts


def test_nothing_is_no_word(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now)
        with pytest.raises(Missing):
            additions.add_words(session, story.ticket, cast.resident, " \n", now)
        with pytest.raises(Missing):
            additions.use_part(session, story.ticket, story.technician, " ", "1", now)


def test_a_nudge_reaches_the_technician_and_the_desk_once_in_ten_minutes(
    db: Database, cast: Cast, now: datetime
) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now)
        additions.nudge(session, story.ticket, cast.resident, now)
        assert set(story.letters("nudged")) == {story.technician, cast.supervisor}
        with pytest.raises(NudgedAlready):
            additions.nudge(session, story.ticket, cast.resident, now + timedelta(minutes=9))
        additions.nudge(session, story.ticket, cast.resident, now + additions.NUDGE_EVERY)


def test_nobody_hurries_what_has_ended(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now, "done")
        with pytest.raises(Conflict):
            additions.nudge(session, story.ticket, cast.resident, now)


def test_whoever_joins_is_told_from_then_on_and_once(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now)
        assert additions.join(session, story.ticket, cast.neighbour, "at ours too", now)
        assert not additions.join(session, story.ticket, cast.neighbour, "and again", now)
        assert not additions.join(session, story.ticket, cast.resident, "it is mine", now)
        story.act("assignee", "accept")
        assert set(story.letters("accepted")) == {cast.resident, cast.neighbour}


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("pass_fail", "pass", "maybe"), ("number", "-3.5", "a lot"), ("number", "7", "1e999"),
        ("meter", "99999999999.999999", "999999999999.999999"),
    ],
)  # fmt: skip
def test_an_answer_fits_its_question(db: Database, cast: Cast, now: datetime, kind: str, good: str, bad: str) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now)
        additions.ask_items(session, story.ticket, [{"question": "Pressure?", "kind": kind}])
        with pytest.raises(Invalid):
            additions.answer_item(session, story.ticket, 1, bad, story.technician, now)
        additions.answer_item(session, story.ticket, 1, good, story.technician, now)
        assert [item.answer for item in queries.checklist_of(session, story.ticket.id)] == [good]
        assert f'"answer":"{good}"' in story.events()[-1].facts


def test_what_was_signed_is_not_answered_otherwise(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now, "done")
        additions.ask_items(session, story.ticket, [{"question": "Dry?"}])
        with pytest.raises(WorkHasEnded):
            additions.answer_item(session, story.ticket, 1, "pass", story.technician, now)
        with pytest.raises(WorkHasEnded):
            additions.leave_items(session, story.ticket, [1], "weather", story.technician, now)


def test_a_question_that_was_not_asked_has_no_answer(db: Database, cast: Cast, now: datetime) -> None:
    with db.write_scope() as session:
        story = begun(session, cast, now)
        with pytest.raises(NotFound):
            additions.answer_item(session, story.ticket, 1, "pass", story.technician, now)
