"""A group gets the digest: asked for in it by the desk, told without homes, ended by a tap or by taking the bot out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core import clock, digests, people, places
from core.outbox import OutboxMessage
from core.people import Person
from tests.bot.flows.chat import CHANNEL, Chat, Message, Stage
from tests.bot.flows.test_groups import GROUP, press, say
from tests.core.history import opened

ADDRESS = (CHANNEL, "", GROUP)


def asked(chat: Chat) -> Message:
    return say(chat, kind="command", command="digest", group_name="Managers")


def running(stage: Stage) -> list[tuple[str, str, str]]:
    with stage.db.read_scope() as session:
        return [(one.name, one.period, one.at) for one in digests.running(session, stage.cast.site)]


def test_the_desk_lets_a_group_have_it_once(stage: Stage, sun: Chat) -> None:
    told = asked(sun)
    assert told.text.startswith("This group gets the digest of Garden Court at 08:00")
    asked(sun)
    assert running(stage) == [("Managers", "day", "08:00")]


@pytest.mark.parametrize("who", ["li", "wang"])
def test_nobody_else_may(stage: Stage, who: str, request: pytest.FixtureRequest) -> None:
    assert asked(request.getfixturevalue(who)).kind == "refused"
    assert running(stage) == []


def test_alone_one_is_told_how(stage: Stage, sun: Chat) -> None:
    assert sun.command("digest").kind == "digest_how"
    assert running(stage) == []


def test_who_is_of_two_sites_chooses(stage: Stage, sun: Chat) -> None:
    with stage.db.write_scope() as session:
        other = places.add_site(session, "River Side", locale="en").id
        people.grant(session, sun.person, "supervisor", other)
    which = asked(sun)
    assert which.kind == "digest_which"
    press(sun, which, "digest.join", site=str(stage.cast.site))
    assert len(running(stage)) == 1


def test_a_tap_ends_it_for_the_desk_alone(stage: Stage, sun: Chat, li: Chat) -> None:
    told = asked(sun)
    assert press(li, told, "digest.end").kind == "refused"
    assert press(sun, told, "digest.end").kind == "digest_ended"
    assert running(stage) == []


def test_a_group_that_puts_us_out_gets_no_more_and_nobody_is_met(stage: Stage, sun: Chat) -> None:
    asked(sun)
    stranger = Chat(stage, stage.cast.outsider, "stranger")
    with stage.db.read_scope() as session:
        before = session.query(Person).count()
    assert say(stranger, kind="unfollow").kind == ""
    with stage.db.read_scope() as session:
        assert session.query(Person).count() == before
    assert running(stage) == []


def test_a_group_is_told_no_home_and_may_act(stage: Stage, sun: Chat) -> None:
    """The fault is in A/12/1203; the group reads of A/12."""
    asked(sun)
    with clock.at(stage.now), stage.db.write_scope() as session:
        opened(session, stage.cast, stage.now)
    later = stage.tick(timedelta(days=3))
    with clock.at(later), stage.db.write_scope() as session:
        (one,) = digests.running(session, stage.cast.site)
        assert digests.send_due(session, one.id, "https://fix.example", later)
    with stage.db.read_scope() as session:
        row = session.query(OutboxMessage).where(OutboxMessage.kind == "digest_day").one()
        names = [people.get(session, who).name for who in (stage.cast.technician, stage.cast.second_technician)]
    assert (row.person_id, row.conversation) == (None, GROUP)
    assert "1203" not in str(row.facts)
    assert [name for name in names if name in str(row.facts)] == []
    assert "digest_late_unnamed_not_accepted" in str(row.facts)
    assert "A/12" in str(row.facts)
    assert "track.nudge" in [button["action"] for button in row.buttons]
