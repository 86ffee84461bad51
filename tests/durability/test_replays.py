"""Platforms repeat themselves: whatever is sent again, in whatever order, changes nothing."""

from __future__ import annotations

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from tests.durability import nyc311, verdict
from tests.durability.harness import Installation, serving
from tests.durability.nyc311 import Row
from tests.durability.residents import AT_ONCE, Post, Resident, Update, all_report
from tests.durability.town import Town
from tests.fakes.telegram import FakeTelegram, Sender

TIMES = 5
EARLIER = 2
FEW = 2  # groups of repeated reports in the short form


@dataclass(slots=True)
class Stutter(Post):
    """A platform that sends every update five times at once, and earlier ones of other people among them."""

    chance: random.Random = field(default_factory=lambda: random.Random(311))

    def deliver(self, update: Update) -> None:
        again = self.chance.sample(self.sent, min(EARLIER, len(self.sent)))
        together = [update] * TIMES + again
        self.chance.shuffle(together)
        with ThreadPoolExecutor(len(together)) as crowd:
            taken = list(crowd.map(self._is_taken, together))
        if not any(done for done, one in zip(taken, together, strict=True) if one is update):
            super(Stutter, self).deliver(update)
        else:
            self.sent.append(update)


def test_five_times_is_once(
    installation: Installation, rows: list[Row], the_town: Town, telegram: FakeTelegram, pytestconfig: pytest.Config
) -> None:
    post = Stutter(telegram)
    admin = the_town.tokens["admin"]
    rows = rows if pytestconfig.getoption("--full") else nyc311.excerpt(rows, FEW)
    residents = [Resident(row, the_town.codes.get(row.thing, ""), post) for row in rows]
    with serving(installation):
        all_report(residents)
        tickets = verdict.assert_every_report_counts_once(installation, admin, residents)
        before = verdict.events_of(installation, admin, tickets)
        post_all(telegram, shuffled(post.sent))
        assert verdict.tickets_of(installation, admin) == tickets
        assert said_by_people(verdict.events_of(installation, admin, tickets)) == said_by_people(before)
        assert installation.verify().returncode == 0
    assert installation.troubles() == []


def said_by_people(events: dict[str, list[dict[str, object]]]) -> dict[str, list[object]]:
    """The hashes of what is not brought about by time."""
    by_time = ("escalate", "release", "assign")
    return {number: [e["hash"] for e in stream if e["action"] not in by_time] for number, stream in events.items()}


def test_any_order_opens_each_report_once(
    installation: Installation, rows: list[Row], the_town: Town, telegram: FakeTelegram
) -> None:
    """The words may come before the code that was scanned first: it is one report all the same."""
    alone = list({row.thing: row for row in rows if row.address}.values())
    updates = []
    for row in alone:
        who = Sender(row.index + 1, f"R{row.index}", "en")
        updates += [
            telegram.updates.start(who, the_town.codes[row.thing]), telegram.updates.text(who, "The lift is stuck")
        ]  # fmt: skip
    with serving(installation):
        post_all(telegram, shuffled(updates))
        tickets = verdict.tickets_of(installation, the_town.tokens["admin"])
        assert installation.verify().returncode == 0
    assert sorted(ticket["asset"]["code"] for ticket in tickets) == sorted(the_town.codes[row.thing] for row in alone)
    assert installation.troubles() == []
    assert nyc311.joins(alone) == 0


def shuffled(updates: Sequence[Update]) -> list[Update]:
    order = [update for update in updates for _ in range(TIMES)]
    random.Random(311).shuffle(order)
    return order


def post_all(telegram: FakeTelegram, updates: Sequence[Update]) -> None:
    """Post updates side by side, each until it is acknowledged."""
    post = Post(telegram)
    with ThreadPoolExecutor(AT_ONCE) as crowd:
        for done in [crowd.submit(post.deliver, update) for update in updates]:
            done.result()
