"""Residents follow their tickets, and nobody else's."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core import people
from core.tickets import additions, queries
from tests.bot.flows.chat import Chat, Stage


@pytest.mark.parametrize("words", ["{}", "Open {}", "where is my ticket {}?", "\u67e5\u770b{}", "{}\uff1f"])
def test_the_number_of_a_ticket_shows_it_to_who_may_see_it(stage: Stage, li: Chat, wang: Chat, words: str) -> None:
    number = stage.report(li.person)
    said = words.format(number.lower())
    assert li.say(said).kind == "progress"
    assert wang.say(said).kind == "job"
    assert stage.chat(stage.cast.outsider, "outsider").say(said).kind not in ("progress", "job")
    assert li.say("where is my ticket?").kind == "mine"


def join(stage: Stage, number: str, chat: Chat) -> None:
    with stage.db.write_scope() as session:
        additions.join(session, queries.by_number(session, number, lock=True), chat.person, "mine too", stage.now)


def notes(stage: Stage, number: str) -> list[tuple[str, bool]]:
    with stage.db.read_scope() as session:
        ticket = queries.by_number(session, number)
        return [(note.text, note.is_internal) for note in queries.notes_of(session, ticket.id, internal=True)]


def test_my_tickets_are_listed_with_their_state_and_nobody_elses(stage: Stage, li: Chat, chen: Chat) -> None:
    mine = stage.report(li.person)
    stage.report(chen.person)
    found = li.command("mine")
    assert found.text == "Your tickets:\n1. Lift, A/1/Hall: assigned, 0 min ago"
    assert [button.label for button in found.shown.buttons] == [f"1. {mine}"]
    assert found.actions == ["track.show"]


def test_five_tickets_at_a_time_each_once_and_open_ones_first(stage: Stage, li: Chat) -> None:
    numbers = [stage.report(li.person) for _ in range(7)]
    stage.act(numbers[6], "cancel", stage.cast.supervisor, reason="withdrawn")
    stage.tick(timedelta(hours=3))
    found = li.command("mine")
    labels = [button.label for button in found.shown.buttons]
    assert labels == [*(f"{n}. {number}" for n, number in enumerate(numbers[5:0:-1], 1)), "More…"]
    assert found.text.count("\n") == 5
    assert "assigned, 3 h ago" in found.text
    rest = li.press(found, "track.more")
    assert [button.label for button in rest.shown.buttons] == [f"6. {numbers[0]}", f"7. {numbers[6]}"]
    assert "cancelled" in rest.text


def test_a_time_that_was_not_answered_is_no_question_after_the_arrival(stage: Stage, li: Chat, wang: Chat) -> None:
    number = stage.report(li.person)
    stage.act(number, "accept", wang.person)
    span = {"from": stage.now + timedelta(hours=4), "until": stage.now + timedelta(hours=6)}
    stage.act(number, "schedule", wang.person, **span)
    stage.act(number, "check_in", wang.person)
    shown = li.press(li.last("appointment_proposed"), "track.agree")
    assert shown.actions == ["track.add", "track.nudge"]
    assert "please answer" not in shown.text


def test_the_words_for_my_tickets_work_in_both_languages(stage: Stage, li: Chat) -> None:
    assert li.say("我的工单").kind == li.say("my tickets").kind == "mine_empty"


def test_a_group_is_not_told_whose_tickets_there_are(stage: Stage, li: Chat) -> None:
    stage.report(li.person)
    assert li.send(kind="command", command="mine", is_group=True).kind == "in_private"


def test_progress_tells_state_name_times_and_what_can_be_done(stage: Stage, li: Chat, wang: Chat) -> None:
    number = stage.report(li.person)
    shown = li.press(li.command("mine"), "track.show")
    assert "Wang Wei has been asked, there by" in shown.text
    assert "10:00 reported" in shown.text
    assert shown.actions == ["track.add", "track.nudge", "track.withdraw"]
    assert shown.links[0].startswith("https://fix.example/w/")
    stage.act(number, "accept", wang.person)
    later = li.press(li.command("mine"), "track.show")
    assert "Wang Wei accepted" in later.text
    assert later.actions == ["track.add", "track.nudge"]


def test_notes_between_staff_are_never_shown(stage: Stage, li: Chat, wang: Chat) -> None:
    number = stage.report(li.person)
    with stage.db.write_scope() as session:
        ticket = queries.by_number(session, number, lock=True)
        additions.add_words(session, ticket, wang.person, "resident is rude", stage.now, is_internal=True)
    assert "rude" not in li.press(li.command("mine"), "track.show").text


def test_a_forwarded_button_does_nothing_for_another_person(stage: Stage, li: Chat, chen: Chat) -> None:
    stage.report(li.person)
    found = li.command("mine")
    assert chen.press(found, "track.show").text == "This button was meant for somebody else."


def test_words_and_photos_are_added_until_another_command(stage: Stage, li: Chat, wang: Chat) -> None:
    number = stage.report(li.person)
    shown = li.press(li.command("mine"), "track.show")
    assert li.press(shown, "track.add").kind == "adding"
    assert li.say("it is the second lamp").text == f"Added to {number}."
    assert li.photo(stored="a" * 64).kind == "added"
    assert li.photo(stored="b" * 64).kind == ""  # the same album: one answer is enough
    assert notes(stage, number) == [("it is the second lamp", False)]
    assert wang.last("note").text.endswith("it is the second lamp")
    with stage.db.read_scope() as session:
        kept = queries.attachments_of(session, stage.ticket(number).id)
    assert {photo.kind for photo in kept} == {"report"}
    assert len(kept) == 2
    li.command("mine")
    assert li.step == ("", "")


def test_adding_ends_by_itself_so_that_tomorrows_words_are_a_new_report(stage: Stage, li: Chat) -> None:
    number = stage.report(li.person)
    li.press(li.press(li.command("mine"), "track.show"), "track.add")
    stage.stay_silent(timedelta(minutes=31))
    assert li.step == ("", "")
    li.say("the tap drips")
    assert notes(stage, number) == []


def test_an_emergency_while_adding_is_a_report_of_its_own(stage: Stage, li: Chat) -> None:
    number = stage.report(li.person)
    li.press(li.press(li.command("mine"), "track.show"), "track.add")
    assert li.say("电梯困人了").kind == "emergency"
    assert notes(stage, number) == []


def test_a_nudge_reaches_technician_and_desk_once_in_a_while(stage: Stage, li: Chat, wang: Chat, sun: Chat) -> None:
    stage.report(li.person)
    shown = li.press(li.command("mine"), "track.show")
    assert li.press(shown, "track.nudge").kind == "nudge_sent"
    assert wang.last("nudged")
    assert sun.last("nudged")
    assert "was nudged a moment ago" in li.press(shown, "track.nudge").text


def test_withdrawing_cancels_while_nobody_has_accepted(stage: Stage, li: Chat, wang: Chat) -> None:
    number = stage.report(li.person)
    shown = li.press(li.command("mine"), "track.show")
    assert li.press(shown, "track.withdraw").text == f"{number} is withdrawn."
    assert (stage.ticket(number).state, stage.ticket(number).resolution) == ("cancelled", "withdrawn")
    assert wang.last("taken_away")


def test_a_stale_withdrawal_changes_nothing_and_shows_how_it_stands(stage: Stage, li: Chat, wang: Chat) -> None:
    number = stage.report(li.person)
    shown = li.press(li.command("mine"), "track.show")
    stage.act(number, "accept", wang.person)
    answer = li.press(shown, "track.withdraw")
    assert answer.kind == "progress_changed"
    assert "Wang Wei will be there by" in answer.text
    assert stage.ticket(number).state == "accepted"


def test_a_ticket_that_others_joined_cannot_be_withdrawn(stage: Stage, li: Chat, chen: Chat) -> None:
    number = stage.report(li.person)
    shown = li.press(li.command("mine"), "track.show")
    join(stage, number, chen)
    assert li.press(shown, "track.withdraw").kind == "withdraw_shared"
    assert (
        "track.withdraw" not in li.press(shown, "track.show" if "track.show" in shown.actions else "track.add").actions
    )
    assert stage.ticket(number).is_open


def test_a_proposed_time_is_agreed_with_one_tap(stage: Stage, li: Chat, wang: Chat) -> None:
    number = stage.report(li.person)
    span = {"from": stage.now + timedelta(hours=4), "until": stage.now + timedelta(hours=6)}
    stage.act(number, "schedule", wang.person, **span)
    proposal = li.last("appointment_proposed")
    assert "14:00–16:00" in proposal.text
    assert li.press(proposal, "track.agree").text == f"Agreed: 14:00–16:00 ({number})."
    assert stage.ticket(number).is_schedule_agreed
    assert "agrees to 14:00–16:00" in wang.last("appointment_agreed").text


def test_an_old_proposal_cannot_be_agreed_to(stage: Stage, li: Chat, wang: Chat) -> None:
    number = stage.report(li.person)
    for hours in (4, 8):
        span = {"from": stage.now + timedelta(hours=hours), "until": stage.now + timedelta(hours=hours + 1)}
        stage.act(number, "schedule", wang.person, **span)
    answer = li.press(li.inbox("appointment_proposed")[0], "track.agree")
    assert answer.kind == "progress_changed"
    assert answer.actions[:2] == ["track.agree", "track.other_time"]
    assert not stage.ticket(number).is_schedule_agreed


def test_another_time_goes_to_the_technician_in_the_residents_words(stage: Stage, li: Chat, wang: Chat) -> None:
    number = stage.report(li.person)
    span = {"from": stage.now + timedelta(hours=4), "until": stage.now + timedelta(hours=6)}
    stage.act(number, "schedule", wang.person, **span)
    assert li.press(li.last("appointment_proposed"), "track.other_time").kind == "other_time_ask"
    assert li.say("Saturday morning please").kind == "other_time_told"
    assert wang.last("note").text.endswith("Saturday morning please")


def test_a_merged_ticket_shows_the_one_it_was_merged_into(stage: Stage, li: Chat, chen: Chat, sun: Chat) -> None:
    first, second = stage.report(chen.person), stage.report(li.person)
    shown = li.command("mine")
    stage.act(second, "merge", sun.person, into=stage.ticket(first).id)
    assert li.press(shown, "track.show").text.startswith(first)


def test_who_has_lost_the_role_sees_no_ticket_any_more(stage: Stage, wang: Chat, li: Chat) -> None:
    stage.report(li.person)
    offer = wang.last("offer")
    with stage.db.write_scope() as session:
        session.delete(session.get_one(people.Role, (wang.person, stage.cast.site, "technician")))
    assert wang.press(offer, "work.accept").text == "There is no such ticket."
