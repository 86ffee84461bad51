"""What a technician does at the thing itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.tickets import queries
from core.tickets.models import Attachment
from tests.bot.flows.chat import Chat, Message, Stage


@pytest.fixture
def code(stage: Stage) -> str:
    return stage.lift()


@pytest.fixture
def number(stage: Stage, wang: Chat, li: Chat, code: str) -> str:
    """A fault of the lift that the technician has accepted."""
    number = stage.report(li.person, code=code)
    stage.act(number, "accept", wang.person)
    return number


def job(wang: Chat) -> Message:
    return wang.press(wang.command("work"), "work.show")


def photos(stage: Stage, number: str) -> list[Attachment]:
    with stage.db.read_scope() as session:
        return queries.attachments_of(session, stage.ticket(number).id)


def test_the_code_of_the_thing_checks_in(stage: Stage, wang: Chat, li: Chat, number: str, code: str) -> None:
    assert wang.press(job(wang), "onsite.check_in").kind == "check_in_scan"
    started = wang.say(code.lower())
    assert started.kind == "job_started"
    assert "Still missing: an after-photo" in started.text
    assert started.links
    assert stage.ticket(number).scan_proof == "scanned"
    assert "Wang Wei has arrived" in li.last("arrived").text


def test_the_code_of_another_thing_is_refused_and_the_right_one_still_counts(
    stage: Stage, wang: Chat, number: str, code: str
) -> None:
    wang.press(job(wang), "onsite.check_in")
    other = stage.lift()
    assert "belongs to another thing" in wang.say(other).text
    assert stage.ticket(number).state == "accepted"
    assert wang.send(kind="scan", text=code).kind == "job_started"


def test_who_moved_on_to_another_own_job_gets_that_one(stage: Stage, wang: Chat, li: Chat, number: str) -> None:
    wang.press(job(wang), "onsite.check_in")
    elsewhere = stage.lift()
    second = stage.report(li.person, code=elsewhere)
    stage.act(second, "transfer", stage.cast.supervisor, assignee=wang.person)
    found = wang.say(elsewhere)
    assert found.kind == "jobs_here"
    assert second in found.text


def test_a_photo_of_the_code_checks_in(stage: Stage, wang: Chat, number: str, code: str) -> None:
    wang.press(job(wang), "onsite.check_in")
    assert wang.photo(stored="c" * 64, code=f"https://fix.example/q/{code}").kind == "job_started"
    assert [photo.kind for photo in photos(stage, number)] == ["other"]


def test_a_photo_without_a_code_and_a_reason_check_in_as_such(stage: Stage, wang: Chat, number: str) -> None:
    wang.press(job(wang), "onsite.check_in")
    seen = wang.photo(stored="d" * 64)
    assert seen.kind == "no_code_seen"
    asked = wang.press(seen, "onsite.no_code")
    assert asked.kind == "no_code_why"
    assert wang.press(asked, "onsite.no_code_because", reason="torn_off").kind == "job_started"
    assert stage.ticket(number).scan_proof == "photo"


def test_without_a_code_the_photo_is_asked_before_the_reason(stage: Stage, wang: Chat, number: str) -> None:
    asked = wang.press(wang.press(job(wang), "onsite.check_in"), "onsite.no_code")
    assert asked.kind == "no_code_photo"
    assert wang.say("somebody tore it off").kind == "no_code_photo"
    assert wang.photo("torn off, see here").kind == "job_started"
    assert stage.ticket(number).scan_proof == "photo"


def test_a_place_without_a_thing_needs_no_scan(stage: Stage, wang: Chat, li: Chat) -> None:
    stage.act(number := stage.report(li.person), "accept", wang.person)
    assert wang.press(job(wang), "onsite.check_in").kind == "job_started"
    assert stage.ticket(number).state == "in_progress"


def test_a_stale_check_in_changes_nothing(stage: Stage, wang: Chat, sun: Chat, zhao: Chat, number: str) -> None:
    shown = job(wang)
    stage.act(number, "transfer", sun.person, assignee=zhao.person)
    assert wang.press(shown, "onsite.check_in").kind == "job_changed"
    assert stage.ticket(number).assignee_id == zhao.person


def test_an_offered_window_is_proposed_with_one_tap(stage: Stage, wang: Chat, li: Chat, number: str) -> None:
    asked = wang.press(job(wang), "onsite.schedule")
    assert [button.label for button in asked.shown.buttons] == [
        "Today 2–5 pm", "Tomorrow 9–12", "Tomorrow 2–5 pm", "In two days 9–12",
    ]  # fmt: skip
    assert "14:00–17:00" in wang.press(asked, "onsite.window").text
    assert li.last("appointment_proposed")


def test_a_typed_time_is_proposed_and_one_that_cannot_be_read_is_asked_again(
    stage: Stage, wang: Chat, li: Chat, number: str
) -> None:
    wang.press(job(wang), "onsite.schedule")
    assert wang.say("when it suits").kind == "schedule_unread"
    assert "21 Nov, 14:00–16:00" in wang.say("明天 14:00-16:00").text
    assert "21 Nov, 14:00–16:00" in li.last("appointment_proposed").text


def test_work_is_held_with_a_reason_and_resumed(stage: Stage, wang: Chat, li: Chat, number: str) -> None:
    asked = wang.press(job(wang), "onsite.hold")
    held = wang.press(asked, "onsite.hold_because", reason="waiting_parts")
    assert held.actions == ["onsite.resume"]
    assert "waiting for parts" in li.last("held").text
    assert wang.press(held, "onsite.resume").kind == "job_resumed"
    assert stage.ticket(number).state == "accepted"


def test_work_is_held_for_a_reason_in_words(stage: Stage, wang: Chat, li: Chat, number: str) -> None:
    asked = wang.press(job(wang), "onsite.hold")
    assert wang.press(asked, "onsite.hold_other").kind == "type_reason"
    assert wang.say("the shaft is flooded").kind == "job_held"
    assert "the shaft is flooded" in li.last("held").text


def test_a_number_that_is_no_choice_is_no_reason(stage: Stage, wang: Chat, li: Chat, number: str) -> None:
    wang.press(job(wang), "onsite.hold")
    assert wang.say("42").text.startswith("There is no 42 here.")
    assert (wang.step, stage.ticket(number).state) == (("onsite", "holding"), "accepted")
    assert wang.say("the key").kind == "job_held"


def test_photos_are_kept_as_before_or_after_and_words_stay_between_staff(
    stage: Stage, wang: Chat, li: Chat, number: str, code: str
) -> None:
    wang.press(job(wang), "onsite.check_in")
    started = wang.say(code)
    assert wang.press(started, "onsite.before").kind == "photos_before"
    kept = wang.photo(stored="e" * 64)
    assert kept.kind == "photos_kept_before"
    wang.press(kept, "onsite.after")
    assert wang.photo("relay burnt", stored="f" * 64).kind == "photos_kept_after"
    assert wang.say("order a spare").kind == "note_kept"
    assert [photo.kind for photo in photos(stage, number)] == ["before", "after"]
    assert li.inbox("note") == []
    shown = wang.press(wang.command("work"), "work.show")
    assert "Still missing: the technician's signature" in shown.text
    assert "an after-photo" not in shown.text


def test_a_job_that_has_ended_takes_no_stray_words(stage: Stage, wang: Chat, li: Chat, number: str, code: str) -> None:
    wang.press(job(wang), "onsite.check_in")
    wang.press(wang.say(code), "onsite.after")
    for item in ("after_photo", "technician_signature"):
        stage.act(number, "waive", stage.cast.supervisor, evidence=item, reason="test")
    stage.act(number, "sign_off", wang.person, resolution="fixed")
    stage.act(number, "confirm", li.person)
    assert wang.say("99").kind == "job_over"
    assert wang.step == ("", "")
    assert wang.command("cancel").kind == "nothing_to_cancel"


def test_cancelling_what_was_asked_says_so(stage: Stage, wang: Chat, number: str) -> None:
    wang.press(job(wang), "onsite.hold")
    assert wang.command("cancel").kind == "cancelled_step"
    assert wang.step == ("", "")


def test_photos_that_come_hours_later_are_not_this_jobs(stage: Stage, wang: Chat, number: str, code: str) -> None:
    wang.press(job(wang), "onsite.check_in")
    wang.press(wang.say(code), "onsite.after")
    stage.stay_silent(timedelta(hours=3))
    assert wang.step == ("", "")
