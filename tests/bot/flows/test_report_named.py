"""A report opens where its words say it is; a wrong place is corrected with one tap; the same lift is one ticket."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from assets import register
from core import people, places
from tests.bot.flows.chat import Chat, Message, Stage

WORDS = {"en": "Lift not moving, building 3 entrance 2", "zh": "3号楼2单元电梯不动"}
TRAPPED = {"en": "people are trapped in the lift, building 3 entrance 2", "zh": "3号楼2单元电梯困人了"}


@pytest.fixture
def lift(stage: Stage) -> UUID:
    """The lift of building 3, entrance 2."""
    with stage.db.write_scope() as session:
        place = places.ensure_path(session, stage.cast.site, "3号楼/2单元")
        return register.add_asset(session, stage.cast.site, place.id, "2号电梯", "电梯", now=stage.now).id


@pytest.fixture
def wu(stage: Stage, lift: UUID) -> Chat:
    """Somebody who lives at that entrance."""
    chat = stage.stranger("wu")
    with stage.db.write_scope() as session:
        home = places.ensure_path(session, stage.cast.site, "3号楼/2单元/502室", kind="unit", is_common=False)
        people.decide_home(session, people.claim_home(session, chat.person, home.id).id, approve=True, by=None)
        people.grant(session, chat.person, "resident", stage.cast.site)
    return chat


def at(stage: Stage, answer: Message) -> tuple[str, str]:
    ticket = stage.ticket(answer.row.facts["number"])
    return ticket.place, ticket.asset_name


@pytest.mark.parametrize("language", WORDS)
def test_a_resident_with_a_home_reports_the_lift_that_is_named(
    stage: Stage, li: Chat, lift: UUID, language: str
) -> None:
    answer = li.say(WORDS[language])
    assert at(stage, answer) == ("3号楼/2单元", "2号电梯")
    assert "2号电梯, 3号楼/2单元" in answer.text
    assert "misplaced.ask" in answer.actions


@pytest.mark.parametrize("language", TRAPPED)
def test_an_emergency_opens_at_the_lift_that_is_named(stage: Stage, li: Chat, lift: UUID, language: str) -> None:
    answer = li.say(TRAPPED[language])
    assert answer.kind == "emergency"
    assert at(stage, answer) == ("3号楼/2单元", "2号电梯")


def test_a_stranger_names_the_lift_as_well(stage: Stage, lift: UUID) -> None:
    assert at(stage, stage.stranger("new").say(WORDS["zh"])) == ("3号楼/2单元", "2号电梯")


def test_the_second_who_reports_the_same_lift_may_join(li: Chat, chen: Chat, lift: UUID) -> None:
    li.say(WORDS["zh"])
    twin = chen.say(WORDS["en"])
    assert twin.kind == "twin"
    assert chen.press(twin, "report.me_too").kind == "joined"


def test_without_a_named_place_the_home_is_meant(stage: Stage, li: Chat, lift: UUID) -> None:
    assert at(stage, li.say("the tap drips")) == ("A/12/1203", "")


def test_what_may_be_the_home_is_offered_with_it_and_opens_where_it_is_tapped(stage: Stage, wu: Chat) -> None:
    asked = wu.say("3号楼2单元没有水")
    assert (asked.kind, [button["text"] for button in asked.row.buttons]) == (
        "where_of", ["3号楼/2单元/502室", "3号楼/2单元"],
    )  # fmt: skip
    assert at(stage, wu.press(asked, "report.place", place=asked.row.buttons[1]["facts"]["place"]))[0] == "3号楼/2单元"


def test_a_question_that_nobody_answers_opens_for_what_holds_all(stage: Stage, wu: Chat) -> None:
    wu.say("3号楼2单元没有水")
    stage.stay_silent(timedelta(minutes=16))
    assert at(stage, wu.last("taken_by"))[0] == "3号楼/2单元"


def test_a_wrong_place_is_typed_and_the_technician_is_told(stage: Stage, li: Chat, wang: Chat, lift: UUID) -> None:
    taken = li.say("the lamp is broken")
    asked = li.press(taken, "misplaced.ask")
    assert asked.kind == "where_right"
    answer = li.say("building 3 entrance 2")
    assert (answer.kind, at(stage, answer)) == ("relocated", ("3号楼/2单元", ""))
    assert "is at 3号楼/2单元" in wang.last("relocated_job").text


def test_a_wrong_place_is_chosen_among_the_own_homes(stage: Stage, li: Chat, lift: UUID) -> None:
    asked = li.press(li.say(WORDS["zh"]), "misplaced.ask")
    answer = li.press(asked, "misplaced.choose")
    assert (answer.kind, at(stage, answer)) == ("relocated", ("A/12/1203", ""))


def test_what_is_moved_to_an_open_one_may_be_the_same(li: Chat, chen: Chat, lift: UUID) -> None:
    chen.say(WORDS["zh"])
    li.press(li.say("elevator out of order"), "misplaced.ask")
    assert li.say("3号楼2单元电梯").kind == "twin_after"


def test_nobody_moves_what_is_being_worked_on(stage: Stage, li: Chat, wang: Chat, lift: UUID) -> None:
    taken = li.say("the lamp is broken")
    number = taken.row.facts["number"]
    stage.act(number, "accept", wang.person)
    stage.act(number, "check_in", wang.person)
    assert li.press(taken, "misplaced.ask").kind == "progress_changed"
