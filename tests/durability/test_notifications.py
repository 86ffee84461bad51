"""Thousands of messages through each platform that slows down, breaks off and falls silent, by a sender that is killed.

None is lost, one comes twice only where nobody could know whether it had arrived, and no limit of the platform is
exceeded. The long form is played on every platform; the short one on one of them, another each day.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from core import clock, outbox, people
from core.conversations import Conversation
from core.database import Database, Session, open_database
from core.migrations.run import upgrade
from core.outbox import Letter, OutboxMessage
from core.sendings import Place, Sending
from tests.core import history
from tests.durability.harness import PROJECT
from tests.durability.simulators import SIMULATORS, Simulator
from tests.fakes.unruly import NUMBER, Unruly
from tests.personas import play
from tests.postgres import running_postgres

IN_A_GROUP = 20
MOST_EACH = 3  # in the short form, where no window counts them
NOWHERE = ("", "", "")


@dataclass(frozen=True, slots=True)
class Load:
    """How much is sent, at which pace (0: the channel's own), and how often the sender dies.

    `patience`: how long it waits for an answer; `wait`: how long all may take.
    """

    messages: int
    kills: int
    pace: float
    patience: float
    wait: float


SHORT = Load(messages=200, kills=1, pace=60, patience=1, wait=120)
FULL = {  # 5,000 on each platform; on PostgreSQL, where a dead sender's messages come back after a minute, on all
    "sqlite": Load(messages=5000, kills=20, pace=0, patience=3, wait=1800),
    "postgres": Load(messages=1000, kills=4, pace=0, patience=3, wait=1800),
}


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


@dataclass(frozen=True, slots=True)
class Proof:
    """One platform with its simulator, the bad way to it, and what is to be sent there."""

    channel: str
    kind: Simulator
    fake: Any
    way: Unruly
    load: Load

    def people(self) -> list[str]:
        """Who gets each message that goes to a person."""
        is_whole = self.load is not SHORT or self.kind.is_answering
        each = self.kind.each if is_whole else min(self.kind.each, MOST_EACH)
        return [self.kind.person(number // each) for number in range(self.load.messages)]

    def least_calls(self) -> int:
        """How many calls there are at least: where news are gathered, half of the messages are fewer."""
        return self.load.messages // 2 if self.kind.is_answering else self.load.messages

    def copies(self) -> Counter[str]:
        """How often each message is seen by somebody."""
        return Counter(mark for text in self.kind.seen(self.fake) for mark in NUMBER.findall(text))

    def exceeded(self) -> list[str]:
        """The platform's own limits that were not held."""
        found = [f"{number} {times} times" for number, times in self.way.refused.items()]
        if self.kind.broken(self.fake):
            found.append(f"{self.kind.broken(self.fake)} messages too many")
        return found + [f"{most} in {seconds} s to {of}" for of, seconds, most, limit in self.peaks() if most > limit]

    def peaks(self) -> list[tuple[str, float, int, int]]:
        """Of all, of a person, of a group: the most calls in a span, and how many the platform takes."""
        came = list(self.way.came)
        chats = {"person": [one for one in came if one not in self.kind.groups], "group": [*self.kind.groups]}
        peaks: list[tuple[str, float, int, int]] = []
        for count in self.kind.counts:
            if count.of != "all":
                most = max((self.way.most_in(count.seconds, chat) for chat in chats[count.of]), default=0)
                peaks.append((count.of, count.seconds, most, count.most))
            elif self.load is not SHORT:
                peaks.append((count.of, count.seconds, self.way.most_in(count.seconds, *came), count.most))
        return peaks


def post(database: Database, proof: Proof) -> list[str]:
    """Progress of repairs for many people and some groups; returns the marks of the messages.

    Where people have to write first, they have, and every other one gets news in no conversation, which are gathered.
    """
    now, readers = clock.now(), proof.people()
    places = [(proof.channel, proof.kind.account, person) for person in readers]
    if proof.load is not SHORT:
        places += [group for group in proof.kind.groups.values() for _ in range(IN_A_GROUP)]
    with database.write_scope() as session:
        cast = play(session)
        tickets = [history.opened(session, cast, now).id for _ in range(proof.kind.each)]
        outbox.mark_history(session)
        known = meet(session, sorted(set(places)), now) if proof.kind.is_answering else {}
        gathered = set(sorted(known)[::2])
        outbox.post(session, [
            Letter("resumed", {"number": f"N-{number}", "thing": "Lift"}, known.get(place),
                   NOWHERE if place in gathered else place, ticket_id=tickets[number % len(tickets)])
            for number, place in enumerate(places)
        ], now)  # fmt: skip
    return [f"N-{number}" for number in range(len(places))]


def meet(session: Session, places: list[Place], now: datetime) -> dict[Place, UUID]:
    """People who have just written in these conversations."""
    known = {}
    for channel, account, name in places:
        person = people.add_person(session, name, locale="en").id
        people.add_identity(session, person, channel, account, "user", name, conversation=name, via="test")
        where = {"channel": channel, "account": account, "conversation": name, "sender": name}
        session.add(Conversation(**where, person_id=person, heard={"text": now.isoformat()}))
        known[channel, account, name] = person
    return known


def left(database: Database) -> int:
    with database.read_scope() as session:
        return session.scalar(select(func.count()).where(OutboxMessage.is_due)) or 0


def in_hand(database: Database) -> set[str]:
    """The marks of what the sender has taken up, and may have sent."""
    with database.read_scope() as session:
        claimed = session.scalars(select(OutboxMessage).where(OutboxMessage.state == "claimed"))
        return {mark for row in claimed for mark in NUMBER.findall(json.dumps(row.facts))}


def let_time_pass(database: Database) -> None:
    """What is repeated after half a minute, or after a platform's rest, is repeated now."""
    with database.write_scope() as session:
        waiting = (OutboxMessage.is_due, OutboxMessage.state == "retry")
        session.execute(update(OutboxMessage).where(*waiting).values(not_before=clock.now() - timedelta(seconds=1)))


def deliver_all(database: Database, sender: Sender, proof: Proof, chance: random.Random) -> None:
    """Until nothing is left; the sender dies now and then, spread over what it has to do."""
    load, ends, killed = proof.load, time.monotonic() + proof.load.wait, 0
    sender.start()
    while (waiting := left(database)) > 0:
        assert time.monotonic() < ends, f"{waiting} messages still wait"
        if killed < load.kills and proof.way.calls > (killed + 1) * proof.least_calls() // (load.kills + 1):
            time.sleep(chance.uniform(0, 0.2))
            sender.kill()
            proof.way.spare(in_hand(database))
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


@contextmanager
def playing(channel: str, load: Load, chance: random.Random) -> Iterator[Proof]:
    """A platform's simulator behind a bad way, and people who may be written to."""
    kind = SIMULATORS[channel]
    with kind.make() as fake, Unruly(kind.address(fake), kind.sends, kind.busy, chance) as way:
        proof = Proof(channel, kind, fake, way, load)
        kind.meet(fake, sorted(set(proof.people())))
        yield proof


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
@pytest.mark.parametrize("channel", SIMULATORS)
def test_every_message_arrives_and_no_limit_is_exceeded(channel: str, kind: str, tmp_path: Path, *, full: bool) -> None:
    if not full and (kind == "postgres" or channel != of_today()):
        return  # what a killed sender had in hand comes back after its lease of a minute there
    seed = random.randrange(10**6)
    print(f"faults with seed {seed}")  # noqa: T201 - shown when the proof fails
    load = FULL[kind] if full else SHORT
    with database_of(kind, tmp_path) as url, playing(channel, load, random.Random(seed)) as proof:
        database = open_database(url)
        upgrade(database)
        marks = post(database, proof)
        how = (str(proof.load.pace), str(proof.load.patience))
        sender = Sender((url, channel, proof.way.url, str(tmp_path), *how), tmp_path)
        begun = time.monotonic()
        try:
            deliver_all(database, sender, proof, random.Random(seed))
        finally:
            sender.kill()
        verify(proof, marks, fates(database), time.monotonic() - begun)
        database.dispose()


def of_today() -> str:
    return [*SIMULATORS][clock.now().toordinal() % len(SIMULATORS)]


@dataclass(frozen=True, slots=True)
class Fate:
    """What we believe of a message. `doubts`: attempts whose outcome nobody knows."""

    state: str
    doubts: int


def fates(database: Database) -> dict[str, Fate]:
    """By the mark of each message; one that another says has the fate of that one."""
    with database.read_scope() as session:
        rows = {row.id: row for row in session.scalars(select(OutboxMessage))}
        attempts = session.scalars(select(Sending.outbox_id).where(Sending.is_unanswered))
        doubts = Counter(mark for attempt in attempts for mark in NUMBER.findall(json.dumps(rows[attempt].facts)))
        ends = {row.facts["number"]: rows[row.merged_into or row.id] for row in rows.values() if row.kind == "resumed"}
        return {mark: Fate(row.state, doubts[mark]) for mark, row in ends.items()}


def verify(proof: Proof, marks: list[str], known: dict[str, Fate], took: float) -> None:
    """None lost but in doubt, none twice but in doubt, and none too early."""
    copies = proof.copies()
    unsaid, twice = [mark for mark in marks if not copies[mark]], [mark for mark in marks if copies[mark] > 1]
    peaks = ", ".join(f"{most} in {seconds} s to {of} of {limit}" for of, seconds, most, limit in proof.peaks())
    told = (
        f"{proof.channel}: {len(marks)} messages, {proof.load.kills} kills, {proof.way.calls} calls in {took:.0f} s: "
        f"{len(unsaid)} not arrived, {len(twice)} twice; at most {peaks or 'what the fake takes'}"
    )
    print(told)  # noqa: T201 - the figures of the proof
    assert known.keys() == set(marks)
    odd = {mark: fate for mark, fate in known.items() if fate.state != "sent" and fate != Fate("unknown", 2)}
    assert not odd, told
    assert all(known[mark] == Fate("unknown", 2) for mark in unsaid), told
    assert all(copies[mark] == 2 and known[mark].doubts for mark in twice), told
    assert proof.exceeded() == [], told
