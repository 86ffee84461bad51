"""Messages that wait to leave: whose turn it is, and what a dead worker leaves behind."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from core import outbox
from core.database import Database, DBAPIError, Session
from core.outbox import Choice, Letter, OutboxMessage, Tap
from tests.core import history
from tests.personas import Cast

KEY = b"k" * 32
CHOICES = (Choice("work.accept"), Choice("work.decline", {"reason": "busy"}))


def letters(*chats: str) -> list[Letter]:
    return [Letter("help", {}, address=("telegram", "42", chat)) for chat in chats]


def chats_of(db: Database, now: datetime) -> list[str]:
    return db.write(lambda session: [message.conversation for message in outbox.claim(session, now)])


def settle(db: Database, ids: list[UUID], now: datetime) -> None:
    with db.write_scope() as session:
        for one in ids:
            outbox.sent(session, one, "7", now)


def test_a_chat_with_many_messages_holds_up_no_other(db: Database, now: datetime) -> None:
    db.write(lambda session: outbox.post(session, letters(*["busy"] * 10, "quiet"), now))
    assert sorted(chats_of(db, now)) == ["busy", "busy", "busy", "quiet"]


def test_a_chat_that_is_being_written_to_waits(db: Database, now: datetime) -> None:
    first, *_ = db.write(lambda session: outbox.post(session, letters(*["busy"] * 4), now))
    claimed = db.write(lambda session: [message.id for message in outbox.claim(session, now)])
    settle(db, claimed[1:], now)
    assert chats_of(db, now) == []
    settle(db, [first], now)
    assert chats_of(db, now) == ["busy"]


def test_a_chat_gets_its_oldest_messages_first(db: Database, now: datetime) -> None:
    posted = db.write(lambda session: outbox.post(session, letters(*["busy"] * 5), now))
    claimed = db.write(lambda session: [message.id for message in outbox.claim(session, now)])
    assert claimed == posted[:3]


def test_what_a_dead_worker_had_claimed_can_be_given_back_at_once(db: Database, now: datetime) -> None:
    db.write(lambda session: outbox.post(session, letters("quiet"), now))
    assert chats_of(db, now) == ["quiet"]
    assert chats_of(db, now) == []
    db.write(outbox.release)
    assert chats_of(db, now) == ["quiet"]


def offer(db: Database, person: UUID, now: datetime) -> UUID:
    """A message with two buttons to a person about no ticket in particular."""
    return db.write(lambda s: outbox.post(s, [Letter("offer", {}, person, buttons=CHOICES, version=3)], now))[0]


def tapped(db: Database, token: str, key: bytes = KEY) -> Tap | None:
    with db.read_scope() as session:
        return outbox.tapped(session, token, key)


def state_of(db: Database, message_id: UUID) -> OutboxMessage:
    with db.read_scope() as session:
        return session.get_one(OutboxMessage, message_id)


def claimed(db: Database, now: datetime) -> OutboxMessage:
    return db.write(lambda session: outbox.claim(session, now))[0]


def fail(db: Database, now: datetime) -> None:
    """The platform refuses the next message for the moment."""
    message = claimed(db, now)
    db.write(lambda session: outbox.retry(session, message, "500", now))


def lose(db: Database, now: datetime) -> None:
    """The platform does not answer when the next message is sent."""
    message = claimed(db, now)
    db.write(lambda session: outbox.unknown(session, message, "timeout", now))


def test_a_button_comes_back_as_it_was_shown(db: Database, cast: Cast, now: datetime) -> None:
    message = offer(db, cast.technician, now)
    tap = tapped(db, outbox.token_of(message, 1, KEY))
    assert tap == Tap(message, cast.technician, None, "work.decline", {"reason": "busy"}, 3, "offer")


def test_a_token_fits_into_the_smallest_button(db: Database, cast: Cast, now: datetime) -> None:
    assert len(outbox.token_of(offer(db, cast.technician, now), 255, KEY)) <= 64


def test_a_token_that_was_changed_anywhere_is_refused(db: Database, cast: Cast, now: datetime) -> None:
    token = outbox.token_of(offer(db, cast.technician, now), 0, KEY)
    for place in range(len(token)):
        for other in "Az0_":
            changed = token[:place] + other + token[place + 1 :]
            assert (tapped(db, changed) is None) == (changed != token)


@pytest.mark.parametrize("cut", [1, 4, 18, 35])
def test_a_token_that_was_cut_off_is_refused(db: Database, cast: Cast, now: datetime, cut: int) -> None:
    assert tapped(db, outbox.token_of(offer(db, cast.technician, now), 0, KEY)[:-cut]) is None


@pytest.mark.parametrize("token", ["", "x", "按钮", "=" * 36, "A" * 36, "A" * 4000, "\x00"])
def test_what_is_no_token_is_refused(db: Database, token: str) -> None:
    assert tapped(db, token) is None


def test_a_token_of_another_installation_is_refused(db: Database, cast: Cast, now: datetime) -> None:
    assert tapped(db, outbox.token_of(offer(db, cast.technician, now), 0, b"other")) is None


def test_a_button_that_was_never_shown_is_refused(db: Database, cast: Cast, now: datetime) -> None:
    assert tapped(db, outbox.token_of(offer(db, cast.technician, now), 2, KEY)) is None
    assert tapped(db, outbox.token_of(UUID(int=1), 0, KEY)) is None


def test_no_message_is_claimed_twice_by_workers_at_once(db: Database, now: datetime) -> None:
    posted = db.write(lambda session: outbox.post(session, letters(*(f"chat {n}" for n in range(60))), now))
    ready, found = threading.Barrier(6, timeout=20), []

    def work() -> None:
        ready.wait()
        while ids := db.write(lambda session: [message.id for message in outbox.claim(session, now, 7)], 20.0):
            found.extend(ids)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(found) == sorted(posted)


def test_what_a_dead_worker_had_claimed_comes_back_after_its_lease(db: Database, now: datetime) -> None:
    db.write(lambda session: outbox.post(session, letters("quiet"), now))
    assert claimed(db, now).attempts == 1
    assert chats_of(db, now + outbox.LEASE) == []
    assert claimed(db, now + outbox.LEASE + timedelta(seconds=1)).attempts == 2


def test_a_message_for_later_waits(db: Database, now: datetime) -> None:
    later = now + timedelta(hours=1)
    db.write(lambda session: outbox.post(session, [Letter("digest", {}, not_before=later)], now))
    assert chats_of(db, later - timedelta(seconds=1)) == []
    assert chats_of(db, later) == [""]


def test_a_message_that_was_sent_is_settled(db: Database, now: datetime) -> None:
    db.write(lambda session: outbox.post(session, letters("quiet"), now))
    message = claimed(db, now)
    db.write(lambda session: outbox.sent(session, message.id, "77", now))
    settled = state_of(db, message.id)
    assert (settled.state, settled.reference, settled.is_due, settled.settled_at) == ("sent", "77", False, now)
    assert chats_of(db, now + timedelta(days=1)) == []


def test_a_failed_message_waits_longer_each_time_and_is_dead_at_last(db: Database, now: datetime) -> None:
    message_id = db.write(lambda session: outbox.post(session, letters("quiet"), now))[0]
    waits: list[timedelta] = []
    while state_of(db, message_id).is_due:
        at = state_of(db, message_id).not_before
        fail(db, at)
        waits.append(state_of(db, message_id).not_before - at)
    assert len(waits) == outbox.MAX_ATTEMPTS
    assert waits[:-1] == sorted(waits[:-1])
    assert max(waits) <= outbox.LONGEST_DELAY
    assert (state_of(db, message_id).state, state_of(db, message_id).error) == ("dead", "500")


def test_a_platform_that_says_how_long_is_waited_for(db: Database, now: datetime) -> None:
    db.write(lambda session: outbox.post(session, letters("quiet"), now))
    message, wish = claimed(db, now), timedelta(seconds=37)
    db.write(lambda session: outbox.retry(session, message, "429", now, wish))
    assert state_of(db, message.id).not_before == now + wish


def test_what_may_have_arrived_is_repeated_once_when_a_ticket_is_at_stake(
    db: Database, cast: Cast, now: datetime
) -> None:
    def work(session: Session) -> UUID:
        ticket = history.opened(session, cast, now)
        outbox.mark_history(session)
        return outbox.post(session, [Letter("accepted", {}, cast.resident, ticket_id=ticket.id)], now)[0]

    message_id = db.write(work)
    lose(db, now)
    assert state_of(db, message_id).state == "retry"
    assert chats_of(db, now) == []
    lose(db, now + outbox.REPEAT_AFTER)
    assert state_of(db, message_id).state == "unknown"
    assert chats_of(db, now + timedelta(days=1)) == []


def test_what_may_have_arrived_without_a_ticket_is_not_repeated(db: Database, now: datetime) -> None:
    db.write(lambda session: outbox.post(session, letters("quiet"), now))
    message = claimed(db, now)
    db.write(lambda session: outbox.unknown(session, message, "timeout", now))
    assert (state_of(db, message.id).state, state_of(db, message.id).is_due) == ("unknown", False)


def test_a_message_whose_way_is_closed_looks_for_another(db: Database, now: datetime) -> None:
    db.write(lambda session: outbox.post(session, letters("quiet"), now))
    message = claimed(db, now)
    db.write(lambda session: outbox.readdress(session, message.id, "blocked", now))
    again = claimed(db, now)
    assert (again.id, again.channel, again.conversation) == (message.id, "", "")


def test_the_same_letter_is_posted_once(db: Database, now: datetime) -> None:
    letter = Letter("digest", {}, idempotency_key="digest:2026-11-20")
    db.write(lambda session: outbox.post(session, [letter], now))
    with pytest.raises(DBAPIError):
        db.write(lambda session: outbox.post(session, [letter], now))
    assert len(db.write(lambda session: outbox.post(session, letters("a", "a"), now))) == 2


def test_a_history_that_is_told_at_once_reaches_nobody(db: Database, now: datetime) -> None:
    db.write(lambda session: outbox.post(session, letters("quiet"), now))
    db.write(outbox.mark_history)
    assert chats_of(db, now + timedelta(days=1)) == []


def test_a_pressed_button_proves_that_its_message_arrived(db: Database, cast: Cast, now: datetime) -> None:
    message_id = offer(db, cast.technician, now)
    claimed(db, now)
    db.write(lambda session: outbox.proven(session, message_id, "77", now))
    row = state_of(db, message_id)
    assert (row.state, row.reference, row.is_due) == ("sent", "77", False)


def test_what_was_settled_before_stays_as_it_is(db: Database, cast: Cast, now: datetime) -> None:
    message_id = offer(db, cast.technician, now)
    settle(db, [message_id], now)
    db.write(lambda session: outbox.proven(session, message_id, "77", now))
    assert state_of(db, message_id).reference == "7"
