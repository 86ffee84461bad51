"""A chat joins a person by a one-time code; a home is asked for and reveals nothing."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from core import access, clock, people, trace
from core.people import Person
from core.tickets import queries
from tests.bot.flows.chat import CHANNEL, Chat, Stage


def code_for(stage: Stage, person: UUID) -> str:
    with stage.db.write_scope() as session:
        return access.issue(session, "link", person, stage.now, life=access.LINK_LIFE)


def behind(stage: Stage, name: str) -> UUID:
    with stage.db.read_scope() as session:
        found = people.identify(session, CHANNEL, "", "web_id", name)
        assert found is not None
        return found.id


@pytest.mark.parametrize("way", ["command", "deep link", "typed"])
def test_a_one_time_code_joins_this_chat_to_its_person(stage: Stage, way: str) -> None:
    new = stage.stranger("newcomer")
    code = code_for(stage, stage.cast.technician)
    if way == "command":
        answer = new.command("link", code)
    elif way == "deep link":
        answer = new.command("start", f"link-{code}")
    else:
        new.say("绑定")
        answer = new.say(code)
    assert answer.text.startswith("Done, Wang Wei")
    assert behind(stage, "newcomer") == stage.cast.technician
    assert new.command("work").kind == "work_empty"


@pytest.mark.parametrize("is_informed", [False, True])
def test_who_joins_with_the_first_message_reads_the_privacy_notice_once(stage: Stage, *, is_informed: bool) -> None:
    if is_informed:
        with stage.db.write_scope() as session:
            session.get_one(Person, stage.cast.technician).informed_at = stage.now
    new = Chat(stage, stage.cast.technician, "newcomer")
    assert new.command("link", code_for(stage, stage.cast.technician)).kind == "linked"
    told = new.inbox("privacy")
    assert [message.row.conversation for message in told] == ([] if is_informed else ["newcomer"])
    with stage.db.read_scope() as session:
        assert session.get_one(Person, stage.cast.technician).informed_at


def test_what_was_reported_before_comes_along_with_an_event(stage: Stage) -> None:
    new = stage.stranger("newcomer")
    number = stage.report(new.person)
    shown = new.command("mine")
    new.command("link", code_for(stage, stage.cast.resident))
    assert stage.ticket(number).reporter_id == stage.cast.resident
    assert new.press(shown, "track.show").text.startswith(number)
    with stage.db.read_scope() as session:
        events = trace.events_of(session, f"person:{stage.cast.resident}")
    assert [event.action for event in events] == ["identity_joined"]
    assert number in events[0].facts


def test_a_code_works_once_and_for_a_quarter_of_an_hour(stage: Stage) -> None:
    code = code_for(stage, stage.cast.technician)
    stage.stranger("first").command("link", code)
    assert "used up" in stage.stranger("second").command("link", code).text
    late = code_for(stage, stage.cast.technician)
    stage.tick(timedelta(minutes=16))
    assert "older than 15 minutes" in stage.stranger("third").command("link", late).text


def test_a_chat_that_is_somebodys_already_is_never_reassigned(stage: Stage, li: Chat) -> None:
    code = code_for(stage, stage.cast.technician)
    assert "ask an administrator" in li.command("link", code).text
    assert behind(stage, "li") == li.person
    assert stage.stranger("other").command("link", code).text.startswith("Done")


def test_a_group_cannot_be_joined_to_a_person(stage: Stage) -> None:
    code = code_for(stage, stage.cast.technician)
    new = stage.stranger("newcomer")
    assert new.send(kind="command", command="link", argument=code, is_group=True).kind == "in_private"


def test_a_claim_reveals_nothing_and_asks_members_and_desk(stage: Stage, li: Chat, sun: Chat) -> None:
    new = stage.stranger("newcomer")
    answers = []
    for unit in ("A/12/1203", "Z/99/9999"):
        new.command("link")
        answers.append(new.say(unit).text.replace(unit, "unit"))
    assert answers[0] == answers[1]
    assert len(li.inbox("home_claimed")) == len(sun.inbox("home_claimed")) == 1
    assert "newcomer asks to report faults for A/12/1203" in li.last("home_claimed").text


def test_a_claim_that_waits_is_not_told_again(stage: Stage, li: Chat) -> None:
    new = stage.stranger("newcomer")
    for _ in range(3):
        new.command("link")
        new.say("A/12/1203")
    assert len(li.inbox("home_claimed")) == 1


def test_a_member_of_the_home_lets_the_claimant_in(stage: Stage, li: Chat, sun: Chat) -> None:
    new = stage.stranger("newcomer")
    new.command("link")
    new.say("a/12/1203")
    assert li.press(li.last("home_claimed"), "link.approve").kind == "home_let_in"
    assert "A/12/1203 is yours to report for" in new.last("home_approved").text
    assert sun.press(sun.last("home_claimed"), "link.refuse").text == "This has been decided already."
    with stage.db.read_scope() as session:
        assert people.homes_of(session, new.person) == [stage.cast.home]


def test_a_refusal_is_not_told_because_it_would_say_that_the_unit_exists(stage: Stage, li: Chat) -> None:
    new = stage.stranger("newcomer")
    new.command("link")
    new.say("A/12/1203")
    before = len(new.inbox())
    assert li.press(li.last("home_claimed"), "link.refuse").kind == "home_kept_out"
    assert len(new.inbox()) == before


def test_who_has_moved_out_decides_nothing(stage: Stage, li: Chat) -> None:
    new = stage.stranger("newcomer")
    new.command("link")
    new.say("A/12/1203")
    asked = li.last("home_claimed")
    with stage.db.write_scope() as session, clock.at(stage.now):
        home = people.claim_home(session, li.person, stage.cast.home)
        home.state = "ended"
    assert li.press(asked, "link.approve").text == "You may not do this."


def test_a_typed_telephone_number_joins_nothing(stage: Stage) -> None:
    new = stage.stranger("newcomer")
    new.command("link")
    assert new.say("+86 138 0013 8000").kind == "link_no_phone"
    assert behind(stage, "newcomer") == new.person
    assert new.step == ("link", "home")


def test_a_common_place_is_nobodys_home(stage: Stage, sun: Chat) -> None:
    new = stage.stranger("newcomer")
    new.command("link")
    assert new.say("A/1/Hall").kind == "home_asked"
    assert sun.inbox("home_claimed") == []


def test_an_emergency_instead_of_a_unit_is_a_report(stage: Stage) -> None:
    new = stage.stranger("newcomer")
    new.command("link")
    assert new.say("闻到煤气味").kind == "emergency_somewhere"
    with stage.db.read_scope() as session:
        assert len(queries.reported_by(session, new.person)) == 1
