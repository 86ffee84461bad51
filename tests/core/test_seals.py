"""Seals: every event gets one place in the log, without gaps, whoever seals; and proofs hold."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from core import checkpoints, merkle, seals, trace
from core.database import Database, Session
from core.seals import NotSealed, OtherKey, Seal
from core.settings import load_settings
from core.trace import Entry, Event
from tests.core.history import KEY


def write(db: Database, now: datetime, number: int, stream: str = "place:hall") -> None:
    with db.write_scope() as session:
        trace.append(session, stream, [Entry("moved", {"to": place}) for place in range(number)], now)


def seal(db: Database, now: datetime, limit: int = seals.BATCH) -> Seal | None:
    return db.write(lambda session: seals.seal(session, KEY, now, limit))


def leaves(session: Session) -> list[int]:
    return [leaf for leaf in session.scalars(select(Event.leaf).order_by(Event.leaf)) if leaf is not None]


def root_anew(db: Database, size: int) -> str:
    tree = merkle.Tree()
    with db.read_scope() as session:
        for event in session.scalars(select(Event).where(Event.leaf < size).order_by(Event.leaf)):
            tree.add(merkle.leaf_hash(seals.leaf_data(event.id.hex, event.hash)))
    return tree.root().hex()


def test_nothing_new_makes_no_seal(db: Database, now: datetime) -> None:
    assert seal(db, now) is None
    write(db, now, 3)
    assert seal(db, now) is not None
    assert seal(db, now) is None


def test_a_seal_states_the_root_over_all_events(db: Database, now: datetime) -> None:
    for number in (1, 2, 5):
        write(db, now, number)
        made = seal(db, now)
        assert made is not None
        stated = checkpoints.read(made.note, KEY.public)
        assert (stated.size, stated.root.hex()) == (made.size, made.root)
        assert made.root == root_anew(db, made.size)
    with db.read_scope() as session:
        assert [made.size for made in session.scalars(select(Seal).order_by(Seal.number))] == [1, 3, 8]


def test_leaves_have_no_gaps_over_several_batches(db: Database, now: datetime) -> None:
    write(db, now, 25)
    while seal(db, now, limit=4):
        pass
    with db.read_scope() as session:
        assert leaves(session) == list(range(25))
        assert list(session.scalars(select(Seal.size).order_by(Seal.number))) == [4, 8, 12, 16, 20, 24, 25]
        assert seals.unsealed(session) == 0


def test_events_of_a_seal_stand_in_the_order_in_which_they_were_made(db: Database, now: datetime) -> None:
    write(db, now, 12)
    seal(db, now)
    with db.read_scope() as session:
        by_leaf = session.scalars(select(Event.id).order_by(Event.leaf)).all()
        assert by_leaf == session.scalars(select(Event.id).order_by(Event.id)).all()


def test_what_a_unit_of_work_rolls_back_is_not_sealed(db: Database, now: datetime) -> None:
    write(db, now, 3)

    def fail_after_sealing(session: Session) -> None:
        seals.seal(session, KEY, now)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        db.write(fail_after_sealing)
    made = seal(db, now)
    assert made is not None
    assert (made.number, made.size) == (1, 3)


def test_many_who_write_and_seal_at_once_leave_one_log(db: Database, now: datetime) -> None:
    """Six writers and four sealers: each event has one leaf, no leaf is missing, every root is right."""

    def repeat(work: Callable[[int], object], number: int) -> None:
        for _ in range(10):
            work(number)

    with ThreadPoolExecutor(10) as pool:
        writers = [pool.submit(repeat, lambda n: write(db, now, 2, f"place:{n}"), number) for number in range(6)]
        sealers = [pool.submit(repeat, lambda _: seal(db, now, 7), number) for number in range(4)]
    for worker in writers + sealers:
        worker.result()
    while seal(db, now):
        pass
    with db.read_scope() as session:
        assert leaves(session) == list(range(120))
        for made in session.scalars(select(Seal)):
            assert made.root == root_anew(db, made.size)


def test_another_key_does_not_go_on_with_the_log(db: Database, now: datetime) -> None:
    write(db, now, 1)
    seal(db, now)
    write(db, now, 1)
    with pytest.raises(OtherKey), db.write_scope() as session:
        seals.seal(session, checkpoints.signing_key("43" * 32), now)


@pytest.fixture
def long_log(db: Database, now: datetime) -> Database:
    """1,100 events: kept subtrees of four levels and a ragged edge."""
    write(db, now, 600)
    seal(db, now)
    write(db, now, 500)
    seal(db, now + timedelta(minutes=1))
    return db


def test_a_proof_shows_that_an_event_is_in_the_log(long_log: Database) -> None:
    with long_log.read_scope() as session:
        for event in session.scalars(
            select(Event).where(Event.leaf.in_([0, 1, 255, 256, 511, 512, 1023, 1024, 1098, 1099]))
        ):
            proof = seals.inclusion_proof(session, event.id)
            assert seals.verify_inclusion(proof, event)
            assert checkpoints.read(proof.note, KEY.public).root == proof.root
            assert len(proof.path) <= 11


def test_a_proof_shows_nothing_about_another_event(long_log: Database) -> None:
    with long_log.read_scope() as session:
        mine, other = session.scalars(select(Event).where(Event.leaf.in_([700, 701])).order_by(Event.leaf))
        proof = seals.inclusion_proof(session, mine.id)
        assert not seals.verify_inclusion(proof, other)
        assert not seals.verify_inclusion(replace(proof, index=701), mine)
        assert not seals.verify_inclusion(replace(proof, path=proof.path[:-1]), mine)


def test_an_event_that_is_not_sealed_has_no_proof(db: Database, now: datetime) -> None:
    write(db, now, 1)
    with db.read_scope() as session, pytest.raises(NotSealed):
        seals.inclusion_proof(session, session.scalars(select(Event.id)).one())


def test_the_key_is_made_once_and_kept(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path)
    assert seals.load_key(settings).public == seals.load_key(settings).public
    assert (tmp_path / "signing.key").stat().st_mode & 0o077 == 0


def test_the_setting_goes_before_the_kept_key(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path, signing_key="42" * 32)
    assert seals.load_key(settings).public == KEY.public
    assert not (tmp_path / "signing.key").exists()
