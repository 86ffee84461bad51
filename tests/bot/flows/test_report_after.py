"""After a report: what belongs to it is added, another fault is asked about, and words to the desk do something."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core import places
from core.tickets import queries
from tests.bot.flows.chat import Chat, Message, Stage

OTHER = {"en": "the kitchen tap is leaking", "zh": "厨房水龙头漏水"}


@pytest.fixture
def taken(li: Chat) -> Message:
    return li.say("the lamp is broken")


def tickets(stage: Stage, chat: Chat) -> list[tuple[str, str]]:
    with stage.db.read_scope() as session:
        return [(one.category, one.text) for one in queries.reported_by(session, chat.person)]


def notes(stage: Stage, taken: Message) -> list[tuple[str, bool]]:
    with stage.db.read_scope() as session:
        ticket = queries.by_number(session, taken.row.facts["number"])
        return [(note.text, note.is_internal) for note in queries.notes_of(session, ticket.id, internal=True)]


@pytest.mark.parametrize("words", ["it is the second one from the left", "从昨天开始的", "the lamp flickers, too"])
def test_more_about_the_same_is_added(stage: Stage, li: Chat, taken: Message, words: str) -> None:
    assert li.say(words).kind == "added"
    assert notes(stage, taken) == [(words, False)]


@pytest.mark.parametrize("language", OTHER)
def test_another_fault_is_asked_about_and_opens_by_itself(
    stage: Stage, li: Chat, taken: Message, language: str
) -> None:
    asked = li.say(OTHER[language])
    assert [button.label for button in asked.shown.buttons] == [
        f"It belongs to {taken.row.facts['number']}", "It is another fault",
    ]  # fmt: skip
    assert li.press(asked, "report.another").kind == "taken_by"
    assert tickets(stage, li) == [("water", OTHER[language]), ("electricity", "the lamp is broken")]
    assert notes(stage, taken) == []


def test_what_belongs_after_all_goes_there_with_its_photos(stage: Stage, li: Chat, taken: Message) -> None:
    asked = li.photo(OTHER["en"], stored="a" * 64)
    li.photo(stored="b" * 64)
    assert li.press(asked, "report.belongs").kind == "added"
    assert notes(stage, taken) == [(OTHER["en"], False)]
    with stage.db.read_scope() as session:
        ticket = queries.by_number(session, taken.row.facts["number"])
        assert len(queries.attachments_of(session, ticket.id)) == 2


def test_another_place_is_asked_about(stage: Stage, li: Chat, taken: Message) -> None:
    with stage.db.write_scope() as session:
        places.ensure_path(session, stage.cast.site, "Building 7/Entrance 1")
    asked = li.say("the lamp in building 7, too")
    assert asked.kind == "other_fault"


def test_who_does_not_answer_has_reported_another_fault(stage: Stage, li: Chat, taken: Message) -> None:
    li.say(OTHER["zh"])
    stage.stay_silent(timedelta(minutes=16))
    assert [category for category, _ in tickets(stage, li)] == ["water", "electricity"]


@pytest.mark.parametrize("words", ["nudge", "Hurry up!", "催单", "催一下。"])
def test_asking_for_speed_does_so(stage: Stage, li: Chat, sun: Chat, taken: Message, words: str) -> None:
    assert li.say(words).kind == "nudge_sent"
    assert sun.last("nudged")
    assert notes(stage, taken) == []


@pytest.mark.parametrize("words", ["Thanks!", "thank you", "谢谢", "谢谢！"])
def test_thanks_are_answered_and_leave_no_note(stage: Stage, li: Chat, taken: Message, words: str) -> None:
    assert li.say(words).kind == "thanked"
    assert notes(stage, taken) == []
    assert li.step == ("report", "open")


@pytest.mark.parametrize("words", ["a human", "Talk to a human", "人工", "转人工"])
def test_who_wants_a_human_reads_the_number_and_the_supervisor_is_told(
    stage: Stage, li: Chat, sun: Chat, taken: Message, words: str
) -> None:
    assert "+86 21 5555 0100" in li.say(words).text
    assert "Li Na" in sun.last("wants_human").text
    assert notes(stage, taken) == [(words, True)]


def test_a_human_is_reached_without_a_ticket_as_well(li: Chat, sun: Chat) -> None:
    assert "+86 21 5555 0100" in li.say("人工").text
    assert "would like to talk" in sun.last("wants_human_here").text


def test_who_asks_for_speed_with_nothing_open_is_told_so(li: Chat) -> None:
    assert li.say("催单").kind == "mine_empty"


def test_a_command_with_its_slash_is_no_note(stage: Stage, li: Chat, taken: Message) -> None:
    assert li.say("/mine").kind == "mine"
    assert notes(stage, taken) == []
