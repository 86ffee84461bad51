"""What a platform reports afterwards: a message that did not arrive goes another way, consents are counted once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.messages import Incoming
from bot.router import Router
from core import clock, consents, outbox, people
from core.database import Database
from core.outbox import Letter
from core.sendings import of_messages
from tests.bot.flows.chat import SETTINGS
from tests.bot.platforms import Platform, deliver, meet, states
from tests.personas import NOW, Cast

PLACE = ("wechat", "42", "wechat")


def told(db: Database, kind: Any, key: str = "k", later: timedelta = timedelta(), **facts: Any) -> str:
    incoming = Incoming("wechat", "42", key, kind, "wechat", "wechat", "user", **facts)
    with clock.at(NOW + later):
        return Router(db, SETTINGS).take(incoming)


def report(db: Database, refusal: str, message: str = "1", **facts: Any) -> str:
    return told(db, "delivery_report", refusal=refusal, message=message, text=f"failed: {refusal}", **facts)


def wechat() -> Platform:
    return Platform(name="wechat")


def sent(db: Database, cast: Cast, platform: Platform, *others: Platform, **letter: Any) -> Any:
    """A message that the platform has taken, under the number 1."""
    for other in others:
        meet(db, cast.resident, other.name)
    meet(db, cast.resident, "wechat")
    ids = db.write(lambda session: outbox.post(session, [Letter("survey", _FACTS, cast.resident, **letter)], NOW))
    with clock.at(NOW):
        deliver(db, platform, *others)
    assert states(db, ids) == [("sent", "")]
    return ids


_FACTS = {"number": "WX-1", "category": "lift", "place": "A/1/Hall", "name": "Wang", "made_at": NOW.isoformat()}


def is_reachable(db: Database, cast: Cast) -> bool:
    with db.read_scope() as session:
        identity = people.identity_known(session, "wechat", "42", "user", "wechat")
        assert identity is not None
        return identity.blocked_at is None


@pytest.mark.parametrize(("refusal", "reachable"), [("undelivered", True), ("blocked", False)])
def test_what_did_not_arrive_goes_the_next_way(db: Database, cast: Cast, refusal: str, *, reachable: bool) -> None:
    platform, telegram = wechat(), Platform()
    ids = sent(db, cast, platform, telegram)
    assert [report(db, refusal) for _ in range(2)] == ["done", "replay"]
    assert (states(db, ids), is_reachable(db, cast)) == ([("retry", refusal)], reachable)
    with clock.at(NOW):
        deliver(db, platform, telegram)
    assert (states(db, ids), len(telegram.said)) == ([("sent", "")], 1)
    with db.read_scope() as session:
        [first, _] = of_messages(session, ids)[ids[0]]
        assert (first.outcome, first.said) == (refusal, f"failed: {refusal}")


def test_without_another_way_the_desk_reads_why(db: Database, cast: Cast) -> None:
    platform = wechat()
    ids = sent(db, cast, platform)
    report(db, "undelivered")
    with clock.at(NOW):
        deliver(db, platform)
    assert (states(db, ids), len(platform.said)) == ([("undeliverable", "undelivered")], 1)


@pytest.mark.parametrize("refusal", ["", "undelivered"])
def test_what_arrived_and_what_nobody_knows_changes_nothing(db: Database, cast: Cast, refusal: str) -> None:
    ids = sent(db, cast, wechat())
    assert report(db, refusal, message="9" if refusal else "1") == "done"
    assert (states(db, ids), is_reachable(db, cast)) == ([("sent", "")], True)


def test_a_report_that_is_quicker_than_our_own_note_waits_for_it(db: Database, cast: Cast) -> None:
    """The platform calls back before its answer to the sending has been written down."""
    quick = Quick(db)
    ids = sent(db, cast, quick)
    assert quick.heard_while_sending == ["kept"]
    with clock.at(NOW):
        assert Router(db, SETTINGS).retry_pending() == 1
    assert states(db, ids) == [("retry", "undelivered")]


class Quick(Platform):
    """Reports a refusal while it is still being asked."""

    def __init__(self, db: Database) -> None:
        super().__init__(name="wechat")
        self.db, self.heard_while_sending = db, list[str]()

    async def send(self, conversation: str, message: Any, key: str) -> str:
        number = await super().send(conversation, message, key)
        self.heard_while_sending.append(report(self.db, "undelivered", number))
        return number


def test_a_consent_is_counted_once_however_often_it_is_told_and_ends_when_it_is_taken_back(
    db: Database, cast: Cast
) -> None:
    def left() -> dict[str, int]:
        with db.read_scope() as session:
            return consents.left(session, PLACE)

    taken = [told(db, "consent", "a", consents=(("news", 1), ("survey", 1))) for _ in range(2)]
    assert (taken, left()) == (["done", "replay"], {"news": 1, "survey": 1})
    for number in range(consents.MOST + 5):
        told(db, "consent", f"b{number}", consents=(("news", 1),))
    assert left() == {"news": consents.MOST, "survey": 1}
    told(db, "consent", "c", consents=(("news", 0),))
    assert left() == {"news": 0, "survey": 1}
