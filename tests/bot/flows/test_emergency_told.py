"""An emergency says who was really told, in both languages, and nobody is told what is not true."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.calendars import Duty
from tests.bot.flows.chat import Chat, Stage

WORDS = {"en": "smell of gas in the kitchen", "zh": "厨房有煤气味"}


@pytest.mark.parametrize("language", WORDS)
def test_with_nobody_in_reach_the_resident_is_told_to_call(li: Chat, language: str) -> None:
    answer = li.say(WORDS[language])
    assert "Nobody could be reached by chat: please call now." in answer.text
    assert "+86 21 5555 0100" in answer.text


def test_a_supervisor_with_a_chat_has_been_told_and_the_duty_team_has_not(li: Chat, sun: Chat) -> None:
    assert "The supervisors have been told; nobody is on duty." in li.say(WORDS["en"]).text


def test_a_technician_with_a_chat_has_been_asked_and_the_offer_says_what_it_is(li: Chat, wang: Chat) -> None:
    assert "A technician has been asked" in li.say(WORDS["en"]).text
    assert wang.last("offer").text.startswith("Smell of gas\nNew job (Emergency)")


def test_who_is_on_duty_has_been_told(stage: Stage, li: Chat, wang: Chat) -> None:
    with stage.db.write_scope() as session:
        span = (stage.now - timedelta(hours=1), stage.now + timedelta(hours=8))
        duty = Duty(site_id=stage.cast.site, person_id=wang.person, starts_at=span[0], ends_at=span[1], kind="on_call")
        session.add(duty)
    assert "The duty team has been told." in li.say(WORDS["zh"]).text


def test_without_a_supervisor_in_reach_the_administrators_are_told(stage: Stage, li: Chat) -> None:
    guo = stage.chat(stage.cast.admin, "guo")
    li.say(WORDS["en"])
    assert "no supervisor can be reached" in guo.last("unreached").text


def test_with_a_supervisor_in_reach_they_are_not(stage: Stage, li: Chat, sun: Chat) -> None:
    guo = stage.chat(stage.cast.admin, "guo")
    li.say(WORDS["en"])
    assert guo.inbox("unreached") == []
