"""A report that is not made yet survives whatever is done in between."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core import access
from tests.bot.flows.chat import Chat, Message, Stage

WORDS = {"en": "the lift is stuck", "zh": "电梯卡住了"}


@pytest.fixture
def new(stage: Stage) -> Chat:
    """Somebody without a home here."""
    return stage.stranger("new")


def opened(stage: Stage, answer: Message) -> tuple[str, str]:
    ticket = stage.ticket(answer.row.facts["number"])
    return ticket.place, ticket.text


@pytest.mark.parametrize("language", WORDS)
def test_adding_a_home_goes_back_to_the_report_and_opens_it(stage: Stage, new: Chat, language: str) -> None:
    assert new.say(WORDS[language]).kind == "where"
    assert new.press(new.command("help"), "help.home").kind == "link_home"
    answer = new.say("A/12/1203")
    assert [message.kind for message in new.inbox()[-2:]] == ["home_asked", answer.kind]
    assert opened(stage, answer) == ("A/12", f"{WORDS[language]}\nA/12/1203")


def test_a_unit_that_there_is_not_is_asked_for_again_and_nothing_is_lost(stage: Stage, new: Chat) -> None:
    new.say("the lift is stuck")
    new.say("绑定")
    assert new.say("Z/99/9999").kind == "where_again"
    assert opened(stage, new.say("hall")) == ("A/1/Hall", "the lift is stuck")


@pytest.mark.parametrize("way", ["command", "typed"])
def test_a_link_code_joins_the_chat_and_opens_the_report_at_the_home(stage: Stage, new: Chat, way: str) -> None:
    new.say("the tap drips")
    with stage.db.write_scope() as session:
        code = access.issue(session, "link", stage.cast.resident, stage.now, life=access.LINK_LIFE)
    if way == "typed":
        new.command("link")
    answer = new.command("link", code) if way == "command" else new.say(code)
    assert opened(stage, answer) == ("A/12/1203", "the tap drips")
    assert stage.ticket(answer.row.facts["number"]).reporter_id == stage.cast.resident


@pytest.mark.parametrize("text", ["\U0001f44d", "\U0001f64f\U0001f3fb", "...", "!", "\u2764\ufe0f"])
def test_a_message_without_a_word_is_no_report(new: Chat, text: str) -> None:
    assert new.say(text).kind == "wordless"
    assert new.step == ("", "")


@pytest.mark.parametrize("way", ["mine", "language", "help", "work"])
def test_looking_at_something_else_loses_no_report(stage: Stage, new: Chat, way: str) -> None:
    new.say("the lift is stuck")
    new.command(way)
    assert opened(stage, new.say("hall")) == ("A/1/Hall", "the lift is stuck")


def test_a_home_that_nobody_types_leaves_the_report_waiting_for_its_place(stage: Stage, new: Chat) -> None:
    new.say("the lift is stuck")
    new.command("link")
    for _ in range(3):
        stage.stay_silent(timedelta(minutes=31))
    assert new.step == ("report", "place")
    assert opened(stage, new.say("hall")) == ("A/1/Hall", "the lift is stuck")


def test_an_emergency_instead_of_the_home_takes_the_words_before_along(stage: Stage, new: Chat) -> None:
    new.say("the lift is stuck")
    new.command("link")
    answer = new.say("people are trapped in the lift")
    assert opened(stage, answer)[1] == "the lift is stuck\npeople are trapped in the lift"


def test_cancelling_forgets_a_report_that_waits(new: Chat) -> None:
    new.say("the lift is stuck")
    new.command("link")
    assert new.say("never mind").kind == "cancelled_draft"
    assert new.step == ("", "")
