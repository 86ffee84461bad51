"""Technicians get work, take it, give it back, and find it behind a scanned code."""

from __future__ import annotations

from datetime import timedelta

from core import categories
from core.people import Person
from tests.bot.flows.chat import Chat, Stage


def let_claim(stage: Stage) -> None:
    """Lift work is no longer assigned: the first one who claims it has it."""
    with stage.db.write_scope() as session:
        categories.set_category(session, stage.cast.site, "lift", mode="claim")


def test_who_is_no_technician_is_told_so(li: Chat) -> None:
    assert li.command("work").kind == "no_work_role"


def test_a_day_without_work_says_so(wang: Chat) -> None:
    assert wang.say("任务").kind == "work_empty"


def test_todays_list_has_emergencies_in_front_and_then_what_is_free(stage: Stage, wang: Chat, li: Chat) -> None:
    calm = stage.report(li.person, category="water")
    urgent = stage.report(li.person, "trapped in the lift, help")
    stage.act(urgent, "transfer", stage.cast.supervisor, assignee=wang.person)
    let_claim(stage)
    free = stage.report(li.person)
    found = wang.command("work")
    lines = found.text.splitlines()
    assert urgent in lines[1]
    assert lines[1].startswith("🔴")
    assert calm in lines[2]
    assert lines[3] == "Free to claim:"
    assert free in lines[4]
    assert wang.press(found, "work.show", ticket=str(stage.ticket(free).id)).actions == ["work.claim"]


def test_an_accepted_offer_becomes_the_job_with_its_next_action(stage: Stage, wang: Chat, li: Chat) -> None:
    number = stage.report(li.person, "the door of the lift jams")
    job = wang.press(wang.last("offer"), "work.accept")
    assert job.kind == "job_taken"
    assert "Reported: the door of the lift jams" in job.text
    assert job.actions[0] == "onsite.check_in"
    assert stage.ticket(number).state == "accepted"
    assert "Wang Wei has taken it" in li.last("accepted").text


def test_of_two_who_claim_the_second_is_told_who_won_and_what_is_next(
    stage: Stage, wang: Chat, zhao: Chat, li: Chat
) -> None:
    let_claim(stage)
    number, other = stage.report(li.person), stage.report(li.person)
    offers = [chat.inbox("team_offer")[0] for chat in (wang, zhao)]
    assert wang.press(offers[0], "work.claim").kind == "job_taken"
    lost = zhao.press(offers[1], "work.claim")
    assert lost.text.startswith(f"Wang Wei took {number} 1 seconds ago.\nNext:\n{other}")
    assert zhao.press(lost, "work.show").actions == ["work.claim"]
    assert stage.ticket(number).assignee_id == wang.person


def test_an_offer_that_went_to_somebody_else_says_to_whom(stage: Stage, wang: Chat, zhao: Chat, li: Chat) -> None:
    number = stage.report(li.person)
    offer = wang.last("offer")
    stage.act(number, "transfer", stage.cast.supervisor, assignee=zhao.person)
    assert wang.press(offer, "work.accept").text.startswith(f"{number} was given to Zhao Lei.")
    stage.act(number, "accept", zhao.person)
    stage.tick(timedelta(minutes=5))
    assert "Zhao Lei took" in wang.press(offer, "work.accept").text


def test_an_offer_that_changed_is_not_accepted_blindly(stage: Stage, wang: Chat, li: Chat) -> None:
    number = stage.report(li.person)
    offer = wang.last("offer")
    stage.act(number, "recategorise", li.person, category="water")
    shown = wang.press(offer, "work.accept")
    assert shown.kind == "job_changed"
    assert stage.ticket(number).state == "assigned"
    assert wang.press(shown, "work.accept").kind == "job_taken"


def test_declining_takes_a_reason_with_one_tap(stage: Stage, wang: Chat, li: Chat) -> None:
    number = stage.report(li.person)
    asked = wang.press(wang.last("offer"), "work.decline")
    assert asked.actions == ["work.decline_because"] * 3 + ["work.decline_other"]
    assert wang.press(asked, "work.decline_because", reason="no_parts").kind == "declined"
    assert (stage.ticket(number).state, stage.ticket(number).assignee_id) == ("reported", None)


def test_a_job_says_when_somebody_must_be_there_only_while_that_lies_ahead(stage: Stage, wang: Chat, li: Chat) -> None:
    number = stage.report(li.person)
    listed = wang.command("work")
    assert "Please be there by" in wang.press(listed, "work.show").text
    stage.tick(timedelta(days=3))
    late = wang.press(listed, "work.show").text
    assert "Overdue, was due" in late
    assert "Please" not in late
    stage.sign_off(number, wang.person)
    stage.act(number, "confirm", li.person)
    over = wang.press(listed, "work.show").text
    assert "due" not in over
    assert "Please" not in over


def test_who_declines_is_told_when_nobody_else_is_left(stage: Stage, wang: Chat, li: Chat) -> None:
    stage.report(li.person)
    with stage.db.write_scope() as session:
        session.get_one(Person, stage.cast.second_technician).is_active = False
    wang.press(wang.last("offer"), "work.decline")
    assert wang.say("my car broke down").kind == "declined_last"


def test_declining_takes_a_reason_in_words(stage: Stage, wang: Chat, li: Chat) -> None:
    number = stage.report(li.person)
    asked = wang.press(wang.last("offer"), "work.decline")
    assert wang.press(asked, "work.decline_other").kind == "type_reason"
    assert wang.say("my car broke down").kind == "declined"
    assert stage.ticket(number).state == "reported"
    assert wang.step == ("", "")


def test_words_that_come_after_the_job_moved_on_decline_nothing(stage: Stage, wang: Chat, zhao: Chat, li: Chat) -> None:
    number = stage.report(li.person)
    wang.press(wang.last("offer"), "work.decline")
    stage.act(number, "transfer", stage.cast.supervisor, assignee=zhao.person)
    assert wang.say("no time").kind == "job_changed"
    assert stage.ticket(number).assignee_id == zhao.person


def test_a_scanned_code_shows_the_jobs_on_it_with_the_next_action_each(
    stage: Stage, wang: Chat, zhao: Chat, li: Chat
) -> None:
    code = stage.lift()
    mine, others = stage.report(li.person, code=code), stage.report(li.person, code=code, category="electricity")
    stage.act(mine, "accept", wang.person)
    stage.act(others, "transfer", stage.cast.supervisor, assignee=zhao.person)
    found = wang.send(kind="scan", text=code)
    assert mine in found.text
    assert others in found.text
    assert found.actions == ["onsite.check_in", "work.report_here"]
    assert found.shown.buttons[0].label == f"Check in {mine}"
    assert wang.press(found, "onsite.check_in").kind == "job_started"
    assert stage.ticket(mine).scan_proof == "scanned"


def test_a_scan_from_an_hour_ago_is_no_check_in(stage: Stage, wang: Chat, li: Chat) -> None:
    code = stage.lift()
    stage.act(number := stage.report(li.person, code=code), "accept", wang.person)
    found = wang.say(code)
    stage.tick(timedelta(hours=1))
    assert wang.press(found, "onsite.check_in").kind == "check_in_scan"
    assert stage.ticket(number).state == "accepted"


def test_a_thing_without_open_jobs_tells_its_last_visits_and_takes_a_report(stage: Stage, wang: Chat, li: Chat) -> None:
    code = stage.lift()
    number = stage.report(li.person, code=code)
    stage.sign_off(number, wang.person)
    found = wang.send(kind="scan", text=code)
    assert found.kind == "no_jobs_here"
    assert f"Fixed ({number})" in found.text
    assert wang.press(found, "work.report_here").kind == "what"
    assert wang.step == ("report", "words")
