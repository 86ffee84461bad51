"""Where it is, in words: what somebody may know of is offered, and what is written about the rest is kept."""

from __future__ import annotations

from uuid import UUID

import pytest

from core import people, places
from tests.bot.flows.chat import Chat, Message, Stage

FAULT = "the lamp is broken"


@pytest.fixture
def new(stage: Stage) -> Chat:
    """Somebody without a home here."""
    return stage.stranger("new")


@pytest.fixture
def river(stage: Stage) -> UUID:
    """Another site."""
    with stage.db.write_scope() as session:
        site = places.add_site(session, "River Court", locale="en").id
        places.ensure_path(session, site, "R/12/Lobby")
        places.ensure_path(session, site, "R/12/1205", kind="unit", is_common=False)
        return site


def offered(message: Message) -> list[str]:
    return [button["text"] for button in message.row.buttons if button["action"] == "report.place"]


def opened(stage: Stage, chat: Chat) -> tuple[str, str]:
    """The place and the words of the ticket that the chat stays with."""
    [number] = {message.row.facts["number"] for message in chat.inbox() if message.row.ticket_id}
    return stage.ticket(number).place, stage.ticket(number).text


def test_a_stranger_is_offered_no_home_and_no_other_site(new: Chat, river: UUID) -> None:
    new.say(FAULT)
    answer = new.say("120")
    assert (answer.kind, offered(answer)) == ("where_again", [])


def test_a_stranger_at_the_only_site_finds_what_is_common(stage: Stage, new: Chat) -> None:
    with stage.db.write_scope() as session:
        places.ensure_path(session, stage.cast.site, "A/12/Hallway")
    new.say(FAULT)
    assert offered(new.say("hal")) == ["A/1/Hall", "A/12/Hallway"]
    new.say("hall")
    assert opened(stage, new) == ("A/1/Hall", FAULT)


def test_a_resident_is_offered_the_own_homes_alone(stage: Stage, li: Chat, river: UUID) -> None:
    with stage.db.write_scope() as session:
        second = places.ensure_path(session, stage.cast.site, "B/12/1201", kind="unit", is_common=False).id
        people.decide_home(session, people.claim_home(session, li.person, second).id, approve=True, by=None)
    assert offered(li.say(FAULT)) == ["A/12/1203", "B/12/1201"]
    assert offered(li.say("120")) == ["A/12/1203", "B/12/1201"]
    li.say("R/12/1205")
    assert li.step == ("report", "place")


@pytest.mark.parametrize("unit", ["A/12/1203", "A/12/9999"])
def test_somebody_elses_home_is_like_one_that_there_is_not(stage: Stage, new: Chat, unit: str) -> None:
    new.say(FAULT)
    new.say(unit)
    assert opened(stage, new) == ("A/12", f"{FAULT}\n{unit}")


def test_a_unit_without_its_building_is_asked_about_and_then_kept_for_the_whole_site(stage: Stage, new: Chat) -> None:
    new.say(FAULT)
    assert new.say("1203").kind == "where_again"
    new.say("1203")
    assert opened(stage, new) == ("Garden Court", f"{FAULT}\n1203")


def test_a_place_is_no_report_yet(stage: Stage, new: Chat) -> None:
    new.command("report")
    assert new.say("A/12/1203").kind == "what"
    new.say(FAULT)
    assert opened(stage, new) == ("A/12", f"{FAULT}\nA/12/1203")


def test_a_stranger_at_several_sites_names_a_place_exactly(stage: Stage, new: Chat, river: UUID) -> None:
    new.say(FAULT)
    assert new.say("lob").kind == "where_again"
    new.say("lobby")
    assert opened(stage, new)[0] == "R/12/Lobby"


def test_a_stranger_who_cannot_name_a_place_chooses_the_site_and_nothing_is_lost(
    stage: Stage, new: Chat, river: UUID
) -> None:
    new.say(FAULT)
    new.say("1205")
    asked = new.say("unit 1205")
    assert (asked.kind, offered(asked)) == ("where_of", ["Garden Court", "River Court"])
    new.press(asked, "report.place", place=asked.row.buttons[1]["facts"]["place"])
    assert opened(stage, new) == ("River Court", f"{FAULT}\nunit 1205")


def test_staff_find_every_place_of_their_site_alone(sun: Chat, river: UUID) -> None:
    sun.say(FAULT)
    assert offered(sun.say("120")) == ["A/12/1203", "A/12/1204"]
