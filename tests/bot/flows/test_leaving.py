"""Somebody who has left: the chat knows them no more, and who writes there again is a stranger."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from core import people
from core.conversations import Conversation
from core.people import Person
from core.tickets import queries
from core.upkeep import staff
from tests.bot.flows.chat import CHANNEL, Chat, Stage
from tests.bot.flows.test_photographed_codes import fetch_for, start_check_in


def leave(stage: Stage, chat: Chat) -> None:
    with stage.db.write_scope() as session:
        staff.leave(session, stage.cast.site, chat.person, stage.cast.admin, stage.now)


def behind(stage: Stage, name: str) -> Person | None:
    with stage.db.read_scope() as session:
        return people.identify(session, CHANNEL, "", "web_id", name)


def test_who_has_left_is_a_stranger_who_is_greeted_anew(stage: Stage, wang: Chat) -> None:
    wang.command("link")
    leave(stage, wang)
    assert wang.command("work").kind == "no_work_role"
    anew = behind(stage, "wang")
    assert anew is not None
    assert anew.id != wang.person
    assert wang.step == ("", "")
    assert Chat(stage, anew.id, "wang").inbox("privacy")


def test_a_button_from_before_is_somebody_elses(stage: Stage, wang: Chat, li: Chat) -> None:
    stage.report(li.person)
    listed = wang.command("work")
    leave(stage, wang)
    assert wang.press(listed, "work.show").text == "This button was meant for somebody else."


@pytest.mark.parametrize("way", ["left", "revoked"])
def test_nobody_waits_for_who_has_left(stage: Stage, wang: Chat, way: str) -> None:
    wang.command("link")
    if way == "left":
        leave(stage, wang)
    else:
        with stage.db.write_scope() as session:
            people.identities_of(session, wang.person)[0].revoked_at = stage.now
    before = len(wang.inbox())
    stage.stay_silent(timedelta(hours=1))
    with stage.db.read_scope() as session:
        assert session.scalars(select(Conversation.wake_at).where(Conversation.conversation == "wang")).all() == [None]
    assert len(wang.inbox()) == before


def test_a_draft_of_who_has_left_is_no_part_of_a_strangers_report(stage: Stage, wang: Chat) -> None:
    wang.photo(stored="ab" * 32)
    leave(stage, wang)
    wang.command("start", stage.lift())
    wang.say("The lift does not move")
    anew = behind(stage, "wang")
    assert anew is not None
    [opened] = Chat(stage, anew.id, "wang").inbox("taken_by")
    assert opened.row.ticket_id is not None
    with stage.db.read_scope() as session:
        assert queries.attachments_of(session, opened.row.ticket_id) == []


def test_a_photo_that_arrives_after_its_sender_has_left_is_answered_to_nobody(
    stage: Stage, wang: Chat, li: Chat, tmp_path: Path
) -> None:
    start_check_in(stage, wang, li, stage.lift())
    wang.photo()
    leave(stage, wang)
    before = len(wang.inbox())
    fetch_for(stage, b"no picture", tmp_path)
    assert behind(stage, "wang") is None
    assert len(wang.inbox()) == before
