"""Thousands of messages through a platform that slows down, breaks off and falls silent, by a sender that is killed.

None is lost, one comes twice only where nobody could know whether it had arrived, and the platform counts along.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from core import clock, outbox
from core.database import Database, open_database
from core.migrations.run import upgrade
from core.outbox import Letter, OutboxMessage
from core.sendings import Sending
from tests.core import history
from tests.durability.harness import PROJECT
from tests.fakes.telegram import FakeTelegram, Fault, reset, server_error, silence, throttled
from tests.fakes.telegram_http import Answer
from tests.personas import play
from tests.postgres import running_postgres

GROUPS = ("-1", "-2")
IN_A_GROUP = 20
EACH = 3  # to one person
KNOWN = (throttled(1), throttled(2), server_error())  # nothing was sent
UNKNOWN = (reset(), reset(is_done=True), silence(), silence(is_done=True))


@dataclass(frozen=True, slots=True)
class Load:
    """How much is sent, at which pace, and how often the sender dies."""

    messages: int
    kills: int
    pace: float
    most_a_second: int
    wait: float


SHORT = Load(messages=300, kills=1, pace=60, most_a_second=90, wait=60)
FULL = Load(messages=5000, kills=20, pace=24, most_a_second=30, wait=1800)


class Unruly(FakeTelegram):
    """It goes wrong in one call of eight, and keeps when each call came. No message falls into doubt twice."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self.came: dict[str, list[float]] = defaultdict(list)
        self._chance = chance
        self._doubtful: set[str] = set()

    def _answer(self, fault: Fault, method: str, params: dict[str, Any], files: dict[str, bytes]) -> Answer:
        if method == "sendMessage":
            self.came[str(params["chat_id"])].append(time.monotonic())
            fault = self._fault(params["text"])
        return super()._answer(fault, method, params, files)

    def _fault(self, text: str) -> Fault:
        lot = self._chance.random()
        if lot < 0.05 and text not in self._doubtful:
            self._doubtful.add(text)
            return self._chance.choice(UNKNOWN)
        return self._chance.choice(KNOWN) if lot > 0.93 else Fault()

    def most_in(self, seconds: float, *chats: str) -> int:
        """The most calls in any span of that length, from these chats or from all."""
        came = sorted(at for chat, times in self.came.items() if not chats or chat in chats for at in times)
        return max(bisect_left(came, at + seconds) - place for place, at in enumerate(came))

    def copies(self) -> Counter[str]:
        """How often each message stands in some chat."""
        return Counter(message.text for sent in self.api.sent.values() for message in sent)


@dataclass(slots=True)
class Sender:
    """The sending process; killed, it is replaced."""

    arguments: tuple[str, ...]
    folder: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "sender.log").open("ab") as log:
            command = (sys.executable, "-m", "tests.durability.sender", *self.arguments)
            self.process = subprocess.Popen(command, cwd=PROJECT, stdout=log, stderr=log)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(30)


def post(database: Database, load: Load) -> list[str]:
    """Progress of one ticket for many people and two groups; returns the words of each message."""
    now = clock.now()
    chats = [str(100 + number // EACH) for number in range(load.messages)]
    groups = [group for group in GROUPS for _ in range(IN_A_GROUP)] if load is FULL else []
    with database.write_scope() as session:
        ticket = history.opened(session, play(session), now).id
        outbox.mark_history(session)
        outbox.post(session, [
            Letter("resumed", {"number": f"N-{number}", "thing": "Lift"}, address=("telegram", "42", chat),
                   ticket_id=ticket)
            for number, chat in enumerate([*chats, *groups])
        ], now)  # fmt: skip
    return [said(f"N-{number}") for number in range(len(chats) + len(groups))]


def said(number: str) -> str:
    return f"Work on Lift ({number}) goes on."


def left(database: Database) -> int:
    with database.read_scope() as session:
        return session.scalar(select(func.count()).where(OutboxMessage.is_due)) or 0


def let_time_pass(database: Database) -> None:
    """What is repeated after half a minute is repeated now."""
    with database.write_scope() as session:
        doubtful = (OutboxMessage.is_due, OutboxMessage.error == outbox.UNKNOWN, OutboxMessage.state == "retry")
        session.execute(update(OutboxMessage).where(*doubtful).values(not_before=clock.now() - timedelta(seconds=1)))


def deliver_all(database: Database, sender: Sender, load: Load, platform: Unruly, chance: random.Random) -> None:
    """Until nothing is left; the sender dies now and then, spread over what it has to do."""
    ends, killed = time.monotonic() + load.wait, 0
    sender.start()
    while (waiting := left(database)) > 0:
        assert time.monotonic() < ends, f"{waiting} messages still wait"
        if killed < load.kills and len(platform.calls) > (killed + 1) * load.messages // (load.kills + 1):
            time.sleep(chance.uniform(0, 0.2))
            sender.kill()
            sender.start()
            killed += 1
        if load is SHORT:
            let_time_pass(database)
        time.sleep(0.1)
    assert killed == load.kills


@contextmanager
def database_of(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder}/gongdan.db"
        return
    with running_postgres(durable=True) as server:
        yield server.url("postgres")


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_every_message_arrives_and_no_limit_is_exceeded(kind: str, tmp_path: Path, *, full: bool) -> None:
    if kind == "postgres" and not full:
        return  # what a killed sender had in hand comes back after its lease of a minute there
    load, seed = (FULL if full else SHORT), random.randrange(10**6)
    print(f"faults with seed {seed}")  # noqa: T201 - shown when the proof fails
    chance = random.Random(seed)
    with database_of(kind, tmp_path) as url, Unruly(random.Random(seed)) as platform:
        database = open_database(url)
        upgrade(database)
        texts = post(database, load)
        sender = Sender((url, platform.base_url, str(tmp_path), str(load.pace)), tmp_path)
        begun = time.monotonic()
        try:
            deliver_all(database, sender, load, platform, chance)
        finally:
            sender.kill()
        verify(database, platform, texts, load, time.monotonic() - begun)
        database.dispose()


@dataclass(frozen=True, slots=True)
class Fate:
    """What we believe of a message. `doubts`: attempts whose outcome nobody knows."""

    state: str
    doubts: int


def fates(database: Database) -> dict[str, Fate]:
    """By the words of each message."""
    with database.read_scope() as session:
        doubts: Counter[UUID] = Counter(session.scalars(select(Sending.outbox_id).where(Sending.is_unanswered)))
        rows = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "resumed"))
        return {said(row.facts["number"]): Fate(row.state, doubts[row.id]) for row in rows}


def verify(database: Database, platform: Unruly, texts: list[str], load: Load, took: float) -> None:
    """None lost but in doubt, none twice but in doubt, and none too early."""
    copies, known = platform.copies(), fates(database)
    unsaid, twice = [text for text in texts if not copies[text]], [text for text in texts if copies[text] > 1]
    people = [chat for chat in platform.came if chat not in GROUPS]
    second, person = platform.most_in(1), max(platform.most_in(1, chat) for chat in people)
    group = max((platform.most_in(60, chat) for chat in GROUPS if chat in platform.came), default=0)
    told = (
        f"{len(texts)} messages, {load.kills} kills, {len(platform.calls)} calls in {took:.0f} s: {len(unsaid)} not "
        f"arrived, {len(twice)} twice; most in a second {second}, to a person {person}, to a group in a minute {group}"
    )
    print(told)  # noqa: T201 - the figures of the proof
    assert known.keys() == set(texts)
    assert all(fate.state == "sent" or fate == Fate("unknown", 2) for fate in known.values()), told
    assert all(known[text] == Fate("unknown", 2) for text in unsaid), told
    assert all(copies[text] == 2 and known[text].doubts for text in twice), told
    assert (second <= load.most_a_second, person <= 1, group <= IN_A_GROUP) == (True, True, True), told
