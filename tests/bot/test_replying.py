"""An answer goes back in the answer to its callback or is sent, never both and never neither."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import update

from bot.messages import HookRequest
from bot.router import Router
from core import clock, replies
from core.database import Database
from core.inbox import InboxMessage
from core.outbox import LEASE, OutboxMessage
from tests.bot.flows.chat import SETTINGS
from tests.bot.hooked import Desk
from tests.fakes.courier import ACCOUNT, NAME, Courier, callback, words
from tests.personas import NOW, Cast


@pytest.fixture
def desk(db: Database, cast: Cast) -> Desk:
    return Desk(db, Courier())


def hello(key: str = "m-1") -> HookRequest:
    return words("help", key=key)


def test_the_first_answer_goes_back_at_once_and_the_rest_is_sent_behind_it(desk: Desk) -> None:
    told = desk.hear(hello())
    assert (told.answer.content_type, "privacy" in told.answer.body) == ("text/xml", True)
    assert desk.deliver() == []  # nothing overtakes it
    desk.settle(told)
    [rest] = desk.deliver()
    assert rest
    assert rest not in told.answer.body
    assert [state for _, state in desk.rows()] == ["sent", "sent"]


def test_a_repetition_gets_the_very_same_bytes(desk: Desk) -> None:
    told = desk.hear(hello())
    desk.settle(told)
    assert [desk.hear(hello()).answer for _ in range(3)] == [told.answer] * 3
    assert desk.hear(hello()).message_id is None
    assert len(desk.deliver()) == 1


def test_a_repetition_after_the_words_were_dropped_is_told_nothing_twice(desk: Desk) -> None:
    desk.settle(desk.hear(hello()))
    desk.deliver()
    desk.now += replies.REPEATED * 1.01
    desk.db.write(lambda session: replies.forget_old(session, desk.now))
    assert desk.hear(hello()).answer.body == "success"
    assert desk.deliver() == []


@pytest.mark.parametrize("reason", ["late", "too long"])
def test_what_cannot_go_back_is_sent(desk: Desk, reason: str) -> None:
    if reason == "too long":
        desk.channel.longest_reply = 3
    told = desk.hear(hello(), is_late=reason == "late")
    assert (told.answer.body, told.message_id) == ("success", None)
    assert len(desk.deliver()) == 2
    assert desk.hear(hello()).answer == told.answer
    assert desk.deliver() == []


def test_a_process_that_dies_before_it_answers_loses_nothing(desk: Desk) -> None:
    told = desk.hear(hello())  # and dies: nobody settles
    assert told.message_id
    assert desk.deliver() == []
    desk.now += LEASE * 1.01
    assert len(desk.deliver()) == 2
    desk.settle(told)
    assert desk.deliver() == []
    assert [state for _, state in desk.rows()] == ["sent", "sent"]


def test_a_process_that_dies_between_taking_and_answering_leaves_it_to_the_repetition(desk: Desk) -> None:
    with clock.at(NOW):
        [incoming] = desk.channel.parse(hello())
        assert Router(desk.db, SETTINGS).take(incoming) == "done"
    told = desk.hear(hello())
    assert told.message_id
    desk.settle(told)
    assert len(desk.deliver()) == 1


def test_what_a_sender_has_taken_is_not_carried_as_well(desk: Desk) -> None:
    with clock.at(NOW):
        [incoming] = desk.channel.parse(hello())
        Router(desk.db, SETTINGS).take(incoming)
    desk.now += LEASE * 1.01
    assert len(desk.deliver()) == 2
    assert desk.hear(hello()).answer.body == "success"


def test_of_two_repetitions_at_once_one_carries_it(desk: Desk) -> None:
    with clock.at(NOW):
        [incoming] = desk.channel.parse(hello())
        Router(desk.db, SETTINGS).take(incoming)
    first, second = desk.hear(hello()), desk.hear(hello())
    assert first.answer == second.answer
    assert [told.message_id is not None for told in (first, second)] == [True, False]


def test_of_many_repetitions_in_the_same_moment_one_carries_it_and_all_get_its_bytes(desk: Desk) -> None:
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda _: desk.hear(hello()), range(8)))
    assert len({one.answer for one in told}) == 1
    assert sum(one.message_id is not None for one in told) == 1
    for one in told:
        desk.settle(one)
    assert len(desk.deliver()) == 1


def test_a_late_answer_and_one_in_time_never_both_carry_it(desk: Desk) -> None:
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda number: desk.hear(hello(), is_late=number % 2 == 0), range(8)))
    assert len({one.answer for one in told}) == 1
    for one in told:
        desk.settle(one)
    carried = told[0].answer.body != "success"
    assert len(desk.deliver()) == (1 if carried else 2)


def test_a_message_without_words_is_left_to_the_senders(desk: Desk) -> None:
    with clock.at(NOW):
        [incoming] = desk.channel.parse(hello())
        Router(desk.db, SETTINGS).take(incoming)
    with desk.db.write_scope() as session:
        session.execute(update(OutboxMessage).values(kind="no_such_text"))
    assert desk.hear(hello()).answer.body == "success"
    assert desk.deliver() == []
    assert [state for _, state in desk.rows()] == ["undeliverable", "undeliverable"]


def test_a_busy_database_costs_the_passive_answer_and_nothing_else(desk: Desk) -> None:
    with clock.at(NOW):
        messages = desk.channel.parse(hello())
        Router(desk.db, SETTINGS).take(messages[0])
    if not desk.db.is_sqlite:
        return
    with desk.db.write_scope():
        told = []
        thread = Thread(target=lambda: told.append(desk.hear_again(hello(), messages)))
        thread.start()
        thread.join()
    assert told[0].answer.body == "success"
    desk.now += LEASE * 1.01
    assert len(desk.deliver()) == 2


def test_a_message_that_waits_for_the_worker_is_answered_without_words(desk: Desk) -> None:
    with desk.db.write_scope() as session:
        kept = InboxMessage(channel=NAME, account=ACCOUNT, dedupe_key="m-0", conversation="li", state="pending",
                            content=None, received_at=NOW)  # fmt: skip
        session.add(kept)
    desk.settle(desk.hear(hello("m-1")))
    again = desk.hear(hello("m-2"))  # the person is known by now, and an older message still waits
    assert again.answer.body == "success"


def test_a_message_that_is_handled_later_is_answered_by_a_sender(desk: Desk) -> None:
    """Its callback was answered long ago, so that nothing may be reserved for it."""
    with clock.at(NOW):
        [incoming] = desk.channel.parse(hello())
        router = Router(desk.db, SETTINGS)
        with desk.db.write_scope() as session:
            session.add(
                InboxMessage(channel=NAME, account=ACCOUNT, dedupe_key="m-1", conversation="li", state="pending",
                             content=incoming.packed(), received_at=NOW)
            )  # fmt: skip
        assert router.retry_pending() == 1
    assert len(desk.deliver()) == 2


def test_a_channel_without_answers_of_its_own_gets_an_empty_object(desk: Desk) -> None:
    class Plain:
        name, account, limits = NAME, ACCOUNT, desk.channel.limits

    plain: Any = Plain()
    told = desk.replying.to(plain, hello(), desk.channel.parse(hello()), is_late=False)
    assert (told.answer.body, told.answer.content_type) == ("{}", "application/json")


def test_a_tap_is_answered_without_words_where_its_platform_wants_none(desk: Desk) -> None:
    told = desk.hear(callback({"id": "t-1", "from": "li", "tap": "x" * 36}, "cards"))
    assert told.answer.body == "success"
    assert len(desk.deliver()) >= 1


def test_a_reserved_row_is_given_back_once_only_while_it_is_reserved(desk: Desk) -> None:
    told = desk.hear(hello())
    assert told.message_id
    desk.settle(told)
    message_id = told.message_id
    desk.db.write(lambda session: replies.give_back(session, message_id))
    with desk.db.read_scope() as session:
        assert session.get_one(OutboxMessage, message_id).state == "sent"


def test_a_kept_dialogue_goes_on_by_reply(desk: Desk) -> None:
    """Every message of a dialogue is answered in its own callback."""
    desk.settle(desk.hear(hello("m-1")))
    desk.deliver()
    for number in range(2, 5):
        told = desk.hear(hello(f"m-{number}"))
        assert told.message_id
        desk.settle(told)
        assert desk.deliver() == []
    assert {state for _, state in desk.rows()} == {"sent"}
