"""Hello, help by role, the language, and messages that nobody can read."""

from __future__ import annotations

import pytest

from core import people
from core.people import Identity
from tests.bot.flows.chat import Chat, Stage


def identity(stage: Stage, person: Chat) -> Identity:
    with stage.db.read_scope() as session:
        return people.identities_of(session, person.person)[0]


def test_a_newcomer_is_greeted_once_and_told_what_is_kept(stage: Stage) -> None:
    new = stage.stranger("newcomer")
    assert sorted(message.kind for message in new.inbox()) == ["privacy", "welcome"]
    assert new.command("start").kind == "welcome"
    assert len(new.inbox("privacy")) == 1


def test_help_is_by_role(li: Chat, wang: Chat, sun: Chat) -> None:
    assert [chat.say("?").kind for chat in (li, wang, sun)] == ["help", "help_technician", "help_staff"]
    assert sun.last("help_staff").links == ["https://fix.example/desk"]


@pytest.mark.parametrize(
    ("action", "answer"),
    [("mine", "mine_empty"), ("home", "link_home"), ("language", "language_which"), ("report", "what")],
)
def test_every_button_of_the_help_leads_on(li: Chat, action: str, answer: str) -> None:
    assert li.press(li.command("help"), f"help.{action}").kind == answer


def test_the_language_changes_with_one_tap_and_stays(stage: Stage, li: Chat) -> None:
    asked = li.say("语言")
    assert [button.label for button in asked.shown.buttons] == ["中文", "English"]
    assert li.press(asked, "language.choose", locale="zh_CN").text == "好的，以后用中文。"
    assert li.command("mine").text == "最近 30 天没有您的工单。"


def test_who_leaves_is_no_longer_written_to_and_who_returns_is(stage: Stage, li: Chat) -> None:
    assert li.send(kind="unfollow").kind == ""
    assert identity(stage, li).blocked_at is not None
    li.send(kind="follow")
    assert (identity(stage, li).blocked_at, identity(stage, li).verified_via) == (None, "test")


@pytest.mark.parametrize(("kind", "answer"), [("unknown", "unreadable"), ("file", "no_files")])
def test_what_cannot_be_read_is_answered_politely_and_the_dialogue_stays(li: Chat, kind: str, answer: str) -> None:
    li.command("link")
    assert li.send(kind=kind).kind == answer
    assert li.step == ("link", "home")
