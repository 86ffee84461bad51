"""After the sign-off: the reporters confirm or reopen, and rate what was done."""

from __future__ import annotations

import pytest

from core import trace
from core.tickets import additions, queries
from core.tickets.models import Rating
from tests.bot.flows.chat import Chat, Stage


@pytest.fixture
def number(stage: Stage, li: Chat, chen: Chat, wang: Chat) -> str:
    """A fault that two reported and that is signed off."""
    number = stage.report(li.person)
    with stage.db.write_scope() as session:
        additions.join(session, queries.by_number(session, number, lock=True), chen.person, "", stage.now)
    stage.sign_off(number, wang.person)
    return number


def ratings(stage: Stage, number: str) -> list[Rating]:
    with stage.db.read_scope() as session:
        return queries.ratings_of(session, stage.ticket(number).id)


def confirm(chat: Chat) -> None:
    chat.press(chat.last("done"), "rate.confirm")


def test_the_done_message_carries_the_result_and_the_head_of_the_trace(stage: Stage, li: Chat, number: str) -> None:
    done = li.last("done")
    assert "Fixed" in done.text
    assert stage.ticket(number).trace_head[:16] in done.text


def test_the_first_confirmation_closes_and_everybody_is_asked_to_rate(
    stage: Stage, li: Chat, chen: Chat, number: str
) -> None:
    assert li.press(li.last("done"), "rate.confirm").kind == "confirmed_thanks"
    assert stage.ticket(number).state == "closed"
    assert [button.label for button in li.last("survey").shown.buttons] == ["1 ★", "2 ★", "3 ★", "4 ★", "5 ★"]
    assert chen.last("survey")


def test_who_is_not_asked_to_rate_is_told_that_somebody_confirmed(
    stage: Stage, li: Chat, chen: Chat, wang: Chat, number: str
) -> None:
    confirm(li)
    second = stage.report(li.person, "the door is broken")
    with stage.db.write_scope() as session:
        additions.join(session, queries.by_number(session, second, lock=True), chen.person, "", stage.now)
    stage.sign_off(second, stage.ticket(second).assignee_id or wang.person)
    li.press(li.last("done"), "rate.confirm")
    assert len(chen.inbox("survey")) == 1
    assert second in chen.last("confirmed_other").text


def test_the_second_confirmation_is_told_kindly_and_may_rate(stage: Stage, li: Chat, chen: Chat, number: str) -> None:
    confirm(li)
    told = chen.press(chen.last("done"), "rate.confirm")
    assert "already" in told.text
    assert chen.press(told, "rate.stars", stars=4).kind == "rated"
    assert chen.press(chen.last("done"), "rate.confirm").actions == ["track.show"]


def test_a_reason_with_one_tap_reopens(stage: Stage, li: Chat, chen: Chat, wang: Chat, number: str) -> None:
    asked = li.press(li.last("done"), "rate.reopen")
    assert li.press(asked, "rate.because", reason="came_back").kind == "reopened_thanks"
    assert (stage.ticket(number).state, stage.ticket(number).round) == ("assigned", 2)
    assert "it came back" in wang.last("reopened").text
    assert chen.last("reopened_others")


def test_photos_and_words_reopen_and_belong_to_the_new_round(stage: Stage, li: Chat, number: str) -> None:
    li.press(li.last("done"), "rate.reopen")
    assert li.photo(stored="a" * 64).kind == "reopen_why"
    assert li.photo("still dark", stored="b" * 64).kind == "reopened_thanks"
    with stage.db.read_scope() as session:
        kept = queries.attachments_of(session, stage.ticket(number).id)
    assert [(photo.round, photo.hash[0]) for photo in kept] == [(2, "a"), (2, "b")]


def test_a_confirmed_ticket_can_still_be_reopened(stage: Stage, li: Chat, number: str) -> None:
    confirm(li)
    asked = li.press(li.last("done"), "rate.reopen")
    li.press(asked, "rate.because", reason="not_fixed")
    assert stage.ticket(number).round == 2


def test_an_old_confirmation_does_not_confirm_the_next_round(
    stage: Stage, li: Chat, chen: Chat, wang: Chat, number: str
) -> None:
    first = li.last("done")
    chen.press(chen.press(chen.last("done"), "rate.reopen"), "rate.because", reason="not_fixed")
    assert li.press(first, "rate.confirm").kind == "progress_changed"
    stage.sign_off(number, wang.person)
    shown = li.press(first, "rate.confirm")
    assert (shown.kind, stage.ticket(number).state) == ("progress_changed", "done")
    assert "rate.confirm" in shown.actions


def test_words_that_come_after_somebody_else_reopened_do_nothing(
    stage: Stage, li: Chat, chen: Chat, number: str
) -> None:
    li.press(li.last("done"), "rate.reopen")
    stage.act(number, "reopen", chen.person, reason="not_fixed")
    assert li.say("still dark").kind == "progress_changed"
    assert stage.ticket(number).round == 2


def test_many_stars_are_one_tap(stage: Stage, li: Chat, sun: Chat, number: str) -> None:
    confirm(li)
    assert li.press(li.last("survey"), "rate.stars", stars=5).text == f"5 stars, thank you ({number})."
    assert [(rating.stars, rating.reason) for rating in ratings(stage, number)] == [(5, "")]
    assert sun.inbox("few_stars") == []


def test_few_stars_ask_why_and_tell_the_supervisor_once(stage: Stage, li: Chat, sun: Chat, number: str) -> None:
    confirm(li)
    survey = li.last("survey")
    asked = li.press(survey, "rate.stars", stars=2)
    assert asked.kind == "rated_few"
    assert li.press(asked, "rate.why", reason="speed").kind == "rated_thanks"
    li.press(survey, "rate.stars", stars=1)
    assert len(sun.inbox("few_stars")) == 1
    assert [(rating.stars, rating.reason) for rating in ratings(stage, number)] == [(1, "speed")]


def test_a_number_that_is_no_choice_reopens_nothing_and_is_no_reason(stage: Stage, li: Chat, number: str) -> None:
    li.press(li.last("done"), "rate.reopen")
    assert li.say("9").kind == "number_unmeant"
    assert stage.ticket(number).round == 1
    confirm(li)
    li.press(li.last("survey"), "rate.stars", stars=1)
    assert li.say("9").kind == "number_unmeant"
    assert [rating.reason for rating in ratings(stage, number)] == [""]


def test_a_second_tap_on_a_rating_writes_nothing_twice(stage: Stage, li: Chat, sun: Chat, number: str) -> None:
    confirm(li)
    for _ in range(2):
        asked = li.press(li.last("survey"), "rate.stars", stars=1)
        li.press(asked, "rate.why", reason="quality")
    with stage.db.read_scope() as session:
        events = [one.action for one in trace.events_of(session, f"ticket:{stage.ticket(number).id}")]
    assert (events.count("rate"), events.count("rate_reason")) == (1, 1)
    told = sun.last("few_stars")
    task = [button["facts"]["ticket"] for button in told.row.buttons if button["facts"]]
    assert sun.press(told, "work.show", ticket=task[0]).text.startswith(told.row.facts["recovery"])


def test_stars_may_be_words_while_they_are_asked_for(stage: Stage, li: Chat, number: str) -> None:
    assert li.say("5 stars").kind != "rated"
    li.command("cancel")
    confirm(li)
    assert li.say("5 stars").text == f"5 stars, thank you ({number})."
    assert li.say("4 stars").kind != "rated"


def test_the_reason_may_be_words(stage: Stage, li: Chat, number: str) -> None:
    confirm(li)
    asked = li.press(li.last("survey"), "rate.stars", stars=1)
    assert li.press(asked, "rate.why", reason="other").kind == "rated_tell"
    assert li.say("he left mud on the carpet").kind == "rated_thanks"
    assert [(rating.reason, rating.text) for rating in ratings(stage, number)] == [
        ("other", "he left mud on the carpet")
    ]


def test_a_change_of_mind_replaces_the_rating(stage: Stage, li: Chat, number: str) -> None:
    confirm(li)
    survey = li.last("survey")
    li.press(li.press(survey, "rate.stars", stars=1), "rate.why", reason="price")
    better = li.press(survey, "rate.stars", stars=4)
    assert better.text.startswith("Changed to 4 stars")
    assert [(rating.stars, rating.reason) for rating in ratings(stage, number)] == [(4, "")]


def test_an_old_survey_does_not_rate_the_next_round(stage: Stage, li: Chat, wang: Chat, number: str) -> None:
    confirm(li)
    survey = li.last("survey")
    stage.act(number, "reopen", li.person, reason="not_fixed")
    assert li.press(survey, "rate.stars", stars=5).kind == "progress_changed"
    stage.sign_off(number, wang.person)
    confirm(li)
    assert li.press(survey, "rate.stars", stars=5).kind == "progress_changed"
    assert ratings(stage, number) == []


def test_an_emergency_instead_of_a_reason_is_a_report(stage: Stage, li: Chat, number: str) -> None:
    confirm(li)
    li.press(li.last("survey"), "rate.stars", stars=1)
    assert li.say("着火了!").kind == "emergency"


def test_who_goes_on_is_asked_three_more(stage: Stage, li: Chat, number: str) -> None:
    confirm(li)
    said = li.press(li.last("survey"), "rate.stars", stars=5)
    asked = li.press(said, "rate.more")
    for part, stars in (("speed", 5), ("quality", 4), ("attitude", 3)):
        assert asked.kind == f"rate_{part}"
        asked = li.press(asked, "rate.part", part=part, stars=stars)
    assert asked.kind == "rated_parts"
    assert [(one.speed, one.quality, one.attitude) for one in ratings(stage, number)] == [(5, 4, 3)]
