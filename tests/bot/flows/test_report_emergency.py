"""An emergency opens before its place is known, and is asked for it afterwards."""

from __future__ import annotations

import pytest

from core import alarms
from tests.bot.flows.chat import Chat, Message, Stage


@pytest.fixture
def new(stage: Stage) -> Chat:
    """Somebody without a home here."""
    return stage.stranger("new")


@pytest.fixture
def asked(new: Chat) -> Message:
    return new.say("闻到煤气味")


def test_an_emergency_without_a_place_opens_and_asks_where(stage: Stage, asked: Message) -> None:
    ticket = stage.ticket(asked.row.facts["number"])
    assert (asked.kind, ticket.priority, ticket.text) == ("emergency_somewhere", "emergency", "闻到煤气味")
    assert "Where exactly is it?" in asked.text


def test_the_answer_reaches_whoever_goes_there(stage: Stage, new: Chat, asked: Message, wang: Chat) -> None:
    number = asked.row.facts["number"]
    stage.act(number, "assign", stage.cast.supervisor, assignee=stage.cast.technician)
    assert new.say("3 号楼地下室").kind == "added"
    assert "3 号楼地下室" in wang.last("note").text


def test_an_emergency_of_somebody_whose_home_is_known_asks_nothing(li: Chat) -> None:
    assert li.say("闻到煤气味").kind == "emergency"


def test_one_alarm_too_many_is_answered_with_the_number_to_call(stage: Stage, new: Chat, asked: Message) -> None:
    for _ in range(alarms.MOST - 1):
        assert new.say("闻到煤气味").kind == "emergency_somewhere"
    told = new.say("闻到煤气味")
    assert (told.kind, told.actions) == ("alarm_standing", [])
    assert "+86 21 5555 0100" in told.text
