"""A group that the bot is in: others read it, so no link, no contact and no news of one person go there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.messages import Media
from core import numbers, people
from core.people import Identity
from tests.bot.flows.chat import CHANNEL, Chat, Message, Stage
from tests.bot.flows.test_photographed_codes import fetch_for, picture_of

GROUP = "the-group"


def say(chat: Chat, **given: Any) -> Message:
    """Say or press something in the group."""
    return chat.send(conversation=GROUP, is_group=True, **given)


def press(chat: Chat, message: Message, action: str, **facts: Any) -> Message:
    return say(chat, kind="action", action=message.token(action, **facts))


def newcomer(stage: Stage) -> Chat:
    """Somebody whose first message is one in the group."""
    chat = Chat(stage, stage.cast.outsider, "newcomer")
    assert say(chat, kind="follow").kind == "welcome"
    chat.person = identity(stage, "newcomer").person_id
    return chat


def identity(stage: Stage, name: str) -> Identity:
    with stage.db.read_scope() as session:
        person = people.identify(session, CHANNEL, "", "web_id", name)
        assert person is not None
        return people.identities_of(session, person.id)[0]


def in_group(chat: Chat) -> list[Message]:
    return [message for message in chat.inbox() if message.row.conversation == GROUP]


def test_a_group_is_nobodys_private_chat(stage: Stage) -> None:
    chat = newcomer(stage)
    assert identity(stage, "newcomer").conversation == ""
    [told] = chat.inbox("privacy_group")
    assert "private chat" in told.text
    with stage.db.read_scope() as session:
        assert not people.is_reachable(session, chat.person)


@pytest.mark.parametrize("first", ["hello", "follow"])
def test_the_first_private_message_says_where_to_write_to(stage: Stage, first: str) -> None:
    chat = newcomer(stage)
    if first == "follow":
        chat.send(kind="follow")
    else:
        chat.command("help")
    assert identity(stage, "newcomer").conversation == "newcomer"
    say(chat, kind="command", command="help")
    say(chat, kind="follow")
    assert identity(stage, "newcomer").conversation == "newcomer"


def test_progress_is_told_in_private_and_no_link_goes_to_the_group(stage: Stage, li: Chat) -> None:
    stage.report(li.person)
    listed = li.command("mine")
    answer = press(li, listed, "track.show")
    assert (answer.kind, answer.links) == ("told_in_private", [])
    shown = li.last("progress")
    assert (shown.row.conversation, len(shown.links)) == ("", 1)
    assert all(not message.links for message in in_group(li))


def test_who_has_no_private_chat_is_asked_for_one(stage: Stage, li: Chat) -> None:
    chat = newcomer(stage)
    say(chat, kind="command", command="start", argument=stage.lift())
    opened = say(chat, kind="text", text="The lift does not move at all")
    assert press(chat, opened, "track.show").kind == "in_private"
    assert chat.inbox("progress") == []


def test_a_number_in_a_group_means_what_was_offered_to_who_writes_it(stage: Stage, li: Chat, wang: Chat) -> None:
    offered = say(li, kind="command", command="help")
    with stage.db.write_scope() as session:
        numbers.offer(session, (CHANNEL, "", GROUP), offered.row.id, [1, 2], stage.now)
    assert say(wang, kind="text", text="1").kind not in ("refused", "number_wrong")
    assert say(wang, kind="text", text="3").kind not in ("refused", "number_wrong")
    assert say(li, kind="text", text="3").kind == "number_wrong"


def test_a_job_with_its_contact_is_told_in_private(stage: Stage, li: Chat, wang: Chat) -> None:
    code = stage.lift()
    stage.report(li.person, code=code)
    jobs = say(wang, kind="command", command="start", argument=code)
    assert jobs.kind == "jobs_here"
    answer = press(wang, jobs, "work.accept")
    assert (answer.kind, answer.links) == ("told_in_private", [])
    assert len(wang.last("job_taken").links) == 1
    assert all(not message.links for message in in_group(wang))


def test_what_goes_on_by_itself_knows_that_it_is_a_group(stage: Stage, li: Chat, wang: Chat, tmp_path: Path) -> None:
    code = stage.lift()
    number = stage.report(li.person, code=code)
    stage.act(number, "accept", wang.person)
    press(wang, wang.press(wang.command("work"), "work.show"), "onsite.check_in")
    say(wang, kind="image", media=(Media("photo", "file"),))
    fetch_for(stage, picture_of(code), tmp_path)
    started = wang.last("job_started")
    assert (started.row.conversation, len(started.links)) == ("", 1)
    assert in_group(wang)[-1].kind == "told_in_private"
