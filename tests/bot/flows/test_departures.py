"""Somebody who is no longer a member of the organisation whose chat they used."""

from __future__ import annotations

from sqlalchemy import select

from core import access, feeds, people, trace
from core.access import Token
from core.feeds import Feed, Of
from core.people import Identity, Person
from tests.bot.flows.chat import CHANNEL, Chat, Stage


def test_their_chat_and_sessions_end_and_administrators_are_told(stage: Stage, wang: Chat) -> None:
    with stage.db.write_scope() as session:
        access.issue(session, "session", wang.person, stage.now, life=access.LINK_LIFE)
    wang.send(kind="left")
    with stage.db.read_scope() as session:
        assert people.identify(session, CHANNEL, "", "web_id", "wang") is None
        assert session.scalars(select(Token).where(Token.person_id == wang.person)).all() == []
        assert session.get_one(Person, wang.person).is_active
        assert trace.events_of(session, f"person:{wang.person}")[-1].action == "identity_left"
    [told] = Chat(stage, stage.cast.admin, "admin").inbox("member_left")
    assert "Wang Wei is no longer a member at web chat" in told.text


def test_the_secret_calendars_that_they_know_end_and_nobody_elses(stage: Stage, wang: Chat) -> None:
    cast, now = stage.cast, stage.now
    with stage.db.write_scope() as session:
        own = feeds.make(session, cast.site, Of("Wang Wei", wang.person), cast.supervisor, now)
        made = feeds.make(session, cast.site, Of("all"), wang.person, now)
        other = feeds.make(session, cast.site, Of("all"), cast.supervisor, now)
    wang.send(kind="left")
    with stage.db.read_scope() as session:
        ended = [session.get_one(Feed, one.id).ended_at is not None for one in (own, made, other)]
    assert ended == [True, True, False]


def test_the_same_account_is_a_stranger_afterwards(stage: Stage, wang: Chat) -> None:
    wang.send(kind="left")
    assert wang.command("work").kind == "no_work_role"


def test_a_resident_who_leaves_is_nobodys_matter(stage: Stage, li: Chat) -> None:
    li.send(kind="left")
    assert Chat(stage, stage.cast.admin, "admin").inbox("member_left") == []


def test_who_was_never_met_is_not_met_by_leaving(stage: Stage) -> None:
    nobody = Chat(stage, stage.cast.admin, "nobody")
    for kind in ("left", "unfollow"):
        nobody.send(kind=kind)
    with stage.db.read_scope() as session:
        assert session.scalars(select(Identity).where(Identity.value == "nobody")).all() == []
