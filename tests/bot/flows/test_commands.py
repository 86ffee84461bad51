"""A command with its slash is one in every channel, in both languages, whatever is asked at the moment."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from core import access, conversations, people
from tests.bot.flows.chat import CHANNEL, Chat, Stage


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("/mine", "mine_empty"), ("/我的工单", "mine_empty"), ("/help", "help"), ("/帮助", "help"),
        ("/language", "language_which"), ("/语言", "language_which"), ("/work", "no_work_role"),
        ("/report", "what"), ("/报修", "what"), ("/link", "link_home"), ("/绑定", "link_home"),
        ("/cancel", "nothing_to_cancel"), ("/取消", "nothing_to_cancel"), ("/start", "welcome"),
        ("/MINE", "mine_empty"), ("/mine@gongdan_bot", "mine_empty"), ("/dance", "help"), ("/follow", "help"),
    ],
)  # fmt: skip
def test_a_typed_command_is_answered(li: Chat, said: str, answer: str) -> None:
    assert li.say(said).kind == answer


@pytest.mark.parametrize("said", ["/link {}", "/绑定 {}", "/start link-{}"])
def test_a_one_time_code_behind_a_typed_command_joins_the_chat(stage: Stage, said: str) -> None:
    with stage.db.write_scope() as session:
        code = access.issue(session, "link", stage.cast.technician, stage.now, life=access.LINK_LIFE)
    new = stage.stranger("newcomer")
    assert new.say(said.format(code)).text.startswith("Done, Wang Wei")


def test_a_code_on_the_wall_behind_a_typed_start_begins_a_report(stage: Stage, li: Chat) -> None:
    assert li.say(f"/start {stage.lift()}").kind == "what"


@pytest.mark.parametrize("said", ["/", "/ help", "A/12/1203", "/a/b"])
def test_a_slash_alone_is_no_command(li: Chat, said: str) -> None:
    assert li.say(said).kind not in ("help", "welcome")


def test_the_chat_that_somebody_used_last_is_where_they_are_written_to(stage: Stage) -> None:
    """Also one that had blocked us: who writes there wants to be answered there."""
    li = stage.chat(stage.cast.resident, "li")
    with stage.db.write_scope() as session:
        people.add_identity(session, li.person, "telegram", "", "id", "7", conversation="7", via="test")
        [own] = [one for one in people.identities_of(session, li.person) if one.value == "li"]
        people.mark_blocked(session, own.id, stage.now)
        for one in people.identities_of(session, li.person):
            one.seen_at = stage.now - timedelta(days=1)
    li.command("help")
    with stage.db.read_scope() as session:
        first = people.identities_of(session, li.person)[0]
        assert (first.value, first.blocked_at) == ("li", None)


def test_who_writes_again_at_once_after_blocking_us_has_us_back(stage: Stage, li: Chat) -> None:
    li.command("help")
    with stage.db.write_scope() as session:
        people.mark_blocked(session, people.identities_of(session, li.person)[0].id, stage.now)
    li.command("help")
    with stage.db.read_scope() as session:
        assert people.identities_of(session, li.person)[0].blocked_at is None


def test_what_somebody_sends_opens_windows_and_what_goes_on_by_itself_does_not(stage: Stage, li: Chat) -> None:
    def heard() -> dict[str, datetime]:
        with stage.db.read_scope() as session:
            return conversations.heard(session, CHANNEL, "", "li")

    li.say("the lamp is broken")
    first = heard()
    assert set(first) == {"text"}
    stage.stay_silent(timedelta(hours=1))
    assert heard() == first
    li.photo()
    assert set(heard()) == {"text", "image"}
    assert heard()["image"] - first["text"] > timedelta(hours=1)
