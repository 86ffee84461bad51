"""Messages leave: in order within a chat, under the platform's rates, and what cannot arrive says why."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from bot.delivery import ROOM, Pace
from bot.messages import Limits, Outgoing, SendError
from core import clock, digests, outbox, people
from core.database import Database
from core.digests import Wish
from core.outbox import Letter, OutboxMessage
from tests.bot.platforms import Platform, deliver, delivery, states
from tests.core import history
from tests.personas import NOW, Cast


def posted(db: Database, *chats: str) -> list[UUID]:
    letters = [Letter("help", {}, address=("telegram", "42", chat)) for chat in chats]
    return db.write(lambda session: outbox.post(session, letters, NOW))


def test_a_chat_reads_its_messages_in_order(db: Database) -> None:
    ids, platform = posted(db, "li", "li", "li"), Platform()
    assert deliver(db, platform) == 3
    assert platform.said == [("li", str(one)) for one in ids]
    assert {state for state, _ in states(db, ids)} == {"sent"}


def test_a_chat_that_hangs_holds_up_no_other(db: Database) -> None:
    """While one chat's message is stuck, new ones for others are claimed and sent."""
    platform = Platform()

    async def story() -> None:
        platform.stuck["li"] = asyncio.Event()
        posted(db, "li")
        sender = delivery(db, platform)
        running = asyncio.create_task(sender.run())
        for number in range(3):
            posted(db, f"chen {number}")
            sender.nudge()
            await platform.has_said(f"chen {number}")
        assert "li" not in dict(platform.said)
        platform.stuck["li"].set()
        await platform.has_said("li")
        running.cancel()

    asyncio.run(story())


def test_no_more_is_claimed_than_there_is_room_for(db: Database) -> None:
    posted(db, *(f"chat {number}" for number in range(ROOM + 7)))
    assert deliver(db, Platform()) == ROOM
    assert deliver(db, Platform()) == 7


def test_a_person_is_never_written_to_in_a_group(db: Database, cast: Cast) -> None:
    """Who has written in groups only has no private chat; a message to them says so at the desk."""
    with db.write_scope() as session:
        people.add_identity(session, cast.resident, "telegram", "42", "telegram_id", "7", conversation="", via="test")
        ids = outbox.post(session, [Letter("help", {}, cast.resident)], NOW)
    platform = Platform()
    deliver(db, platform)
    assert (platform.said, states(db, ids)) == ([], [("undeliverable", "no_way")])


def test_what_waits_for_a_group_follows_it_to_its_new_name(db: Database, cast: Cast) -> None:
    with db.write_scope() as session:
        people.add_identity(session, cast.resident, "telegram", "42", "telegram_id", "7", conversation="7", via="test")
        letters = [Letter("help", {}, cast.resident, ("telegram", "42", "-1"))] * 2
        ids = outbox.post(session, letters, NOW)
    with clock.at(NOW):
        deliver(db, Platform(SendError("gone", moved_to="-1001")))
    with db.read_scope() as session:
        assert {session.get_one(OutboxMessage, ids[0]).conversation} == {"-1001"}
        assert people.identities_of(session, cast.resident)[0].conversation == "7"


def test_what_is_refused_for_good_is_undeliverable_with_its_reason(db: Database) -> None:
    ids = posted(db, "li")
    deliver(db, Platform(SendError("refused")))
    assert states(db, ids) == [("undeliverable", "refused")]


def test_what_is_refused_for_now_is_tried_again(db: Database) -> None:
    ids = posted(db, "li")
    deliver(db, Platform(SendError("throttled", retryable=True)))
    assert states(db, ids) == [("retry", "throttled")]


def test_what_may_have_arrived_and_is_about_no_ticket_is_not_said_twice(db: Database) -> None:
    ids = posted(db, "li")
    deliver(db, Platform(SendError("timeout", is_unknown=True)))
    assert states(db, ids) == [("unknown", "timeout")]


def test_a_channel_that_fails_in_an_unknown_way_loses_nothing(db: Database) -> None:
    [first, second] = posted(db, "li", "li")
    deliver(db, Platform(RuntimeError("the library's own fault")))
    assert states(db, [first, second]) == [("claimed", ""), ("sent", "")]


@pytest.mark.parametrize(("kind", "has_ticket", "said"), [("away", False, 1), ("help", False, 2), ("away", True, 2)])
def test_what_had_left_when_its_sender_died_is_repeated_once_where_that_is_harmless(
    db: Database, cast: Cast, kind: str, *, has_ticket: bool, said: int
) -> None:
    """The sender dies with every message that it has handed over: nobody knows whether it arrived.

    An answer is waited for, and a ticket has its number; what else was said is not said twice.
    """
    facts = {"from_at": NOW.isoformat(), "until_at": NOW.isoformat()}
    with db.write_scope() as session:
        ticket = history.opened(session, cast, NOW).id
        outbox.mark_history(session)
        letter = Letter(kind, facts, address=("telegram", "42", "li"), ticket_id=ticket if has_ticket else None)
        ids = outbox.post(session, [letter], NOW)
    platform = Platform(*[RuntimeError("killed")] * 5)
    for _ in range(4):
        deliver(db, platform)
        db.write(outbox.release)
    assert (5 - len(platform.refusals), states(db, ids)) == (said, [("unknown", "timeout")])


def test_what_was_claimed_and_had_not_left_is_sent(db: Database) -> None:
    ids = posted(db, "li", "li")
    db.write(lambda session: outbox.claim(session, clock.now()))
    db.write(outbox.release)
    platform = Platform()
    deliver(db, platform)
    assert (len(platform.said), {state for state, _ in states(db, ids)}) == (2, {"sent"})


def test_where_a_repetition_is_harmless_an_unknown_outcome_is_a_reason_for_one(db: Database) -> None:
    unclear = SendError("timeout", is_unknown=True)
    ids, platform = posted(db, "li"), Platform(unclear, unclear, is_repeatable=True)
    for minutes in range(2):
        with clock.at(clock.now() + timedelta(minutes=minutes)):
            deliver(db, platform)
        assert states(db, ids) == [("retry", "timeout")]
    with clock.at(clock.now() + timedelta(minutes=5)):
        deliver(db, platform)
    assert [state for state, _ in states(db, ids)] == ["sent"]


def test_a_message_that_was_given_to_somebody_else_is_not_sent_twice(db: Database) -> None:
    """A sender that was stopped for longer than its lease comes back with what another one has sent."""
    [one] = posted(db, "li")
    platform = Platform()
    late = delivery(db, platform)
    [parcel], _ = late._claim(10)  # noqa: SLF001 - the moment between claiming and sending
    db.write(outbox.release)
    deliver(db, platform)
    asyncio.run(late._send(parcel))  # noqa: SLF001
    assert platform.said == [("li", str(one))]


def test_a_sender_that_was_held_up_makes_no_burst(db: Database) -> None:
    """Five were planned for the last half second, and all wake up now: they leave one after another."""
    platform = Platform(per_second=10, per_chat_second=10)
    channel: Any = platform
    pace = Pace()
    for chat in "abcde":
        pace.wait(channel, chat, 100)
    assert pace.rest(channel, "a", 101) == 0
    assert [pace.rest(channel, chat, 101) for chat in "bcde"] == pytest.approx([0.09] * 4)
    assert pace.rest(channel, "b", 101.1) == 0


def test_a_message_to_somebody_without_any_chat_is_undeliverable(db: Database, cast: Cast) -> None:
    letter = Letter("help", {}, cast.technician)
    ids = db.write(lambda session: outbox.post(session, [letter], NOW))
    deliver(db, Platform())
    assert states(db, ids) == [("undeliverable", "no_way")]


def test_who_has_blocked_us_is_marked_and_asked_no_more(db: Database, cast: Cast) -> None:
    person = cast.resident
    db.write(lambda s: people.add_identity(s, person, "telegram", "42", "user", "7", conversation="li", via="test"))
    letter = Letter("help", {}, person)
    ids = db.write(lambda session: outbox.post(session, [letter], NOW))
    deliver(db, Platform(SendError("blocked", stop_contact=True)))
    deliver(db, Platform())
    assert states(db, ids) == [("undeliverable", "no_way")]
    with db.read_scope() as session:
        assert [one.blocked_at is not None for one in people.identities_of(session, person)] == [True]


def test_a_message_that_nobody_can_render_is_undeliverable_and_the_rest_goes_on(db: Database) -> None:
    letters = [Letter(kind, {}, address=("telegram", "42", "li")) for kind in ("no such kind", "help")]
    ids = db.write(lambda session: outbox.post(session, letters, NOW))
    deliver(db, Platform())
    assert states(db, ids) == [("undeliverable", "unrenderable"), ("sent", "")]


@pytest.mark.parametrize(
    ("chats", "waits"),
    [(["li", "chen", "sun"], [0, 0.1, 0.2]), (["li", "li"], [0, 2]), (["-1", "-1"], [0, 6])],
    ids=["account", "chat", "group"],
)
def test_the_pace_is_the_platforms(chats: list[str], waits: list[float]) -> None:
    platform = Platform()
    platform.limits = Limits(per_second=10, per_chat_second=0.5, per_group_minute=10, group_prefix="-")
    channel: Any = platform  # what a pace uses of a channel
    pace = Pace()
    assert [pace.wait(channel, chat, 0) for chat in chats] == pytest.approx(waits)


def test_what_was_sent_keeps_the_platforms_reference(db: Database) -> None:
    [one] = posted(db, "li")
    deliver(db, Platform())
    with db.read_scope() as session:
        assert session.scalars(select(OutboxMessage.reference).where(OutboxMessage.id == one)).all() == ["1"]


@pytest.mark.parametrize(
    ("error", "left"),
    [(SendError("blocked", stop_contact=True), []), (SendError("gone", moved_to="-2"), ["-2"])],
    ids=["put out", "moved"],
)
def test_digests_follow_a_group_or_end_with_it(db: Database, cast: Cast, error: SendError, left: list[str]) -> None:
    wish = Wish("day", "08:00", address=("telegram", "42", "-1"), name="Managers")
    with db.write_scope() as session:
        digests.subscribe(session, cast.site, wish, cast.admin, NOW)
    posted(db, "-1")
    deliver(db, Platform(error))
    with db.read_scope() as session:
        assert [one.conversation for one in digests.running(session, cast.site)] == left


class Overtaken(Platform):
    """While it says no to one sender, it has taken the message from another."""

    def __init__(self, db: Database, refusal: SendError) -> None:
        super().__init__()
        self.db, self.refusal = db, refusal

    async def send(self, conversation: str, message: Outgoing, key: str) -> str:
        self.db.write(lambda session: outbox.sent(session, UUID(key), "1", NOW))
        raise self.refusal


@pytest.mark.parametrize(
    "refusal",
    [
        SendError("throttled", retryable=True), SendError("timeout", is_unknown=True), SendError("refused"),
        SendError("blocked", stop_contact=True),
    ],
)  # fmt: skip
def test_what_another_sender_has_settled_meanwhile_stays_so(db: Database, cast: Cast, refusal: SendError) -> None:
    letters = [Letter("help", {}, cast.resident, ("telegram", "42", "7"))]
    ids = db.write(lambda session: outbox.post(session, letters, NOW))
    with clock.at(NOW):
        deliver(db, Overtaken(db, refusal))
    assert states(db, ids) == [("sent", "")]


@pytest.mark.parametrize("ticks", range(6))
def test_a_sender_that_is_stopped_in_the_moment_of_a_nudge_stops(sqlite_db: Database, ticks: int) -> None:
    async def stop() -> None:
        sender = delivery(sqlite_db, Platform())
        running = asyncio.create_task(sender.run())
        while sender.nudged.is_set() or not waits_for(sender.nudged):  # noqa: ASYNC110 - nothing is set when it waits
            await asyncio.sleep(0.001)
        sender.nudged.set()
        for _ in range(ticks):
            await asyncio.sleep(0)
        running.cancel()
        done, _ = await asyncio.wait([running], timeout=5)
        assert done
        assert running.cancelled()

    asyncio.run(stop())


def waits_for(event: asyncio.Event) -> bool:
    return bool(event._waiters)  # noqa: SLF001 - nothing else tells
