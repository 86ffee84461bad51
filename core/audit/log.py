"""Checks the log: every sealed event at its place, the root at every seal, every signature."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from core import checkpoints, merkle, seals
from core.audit import stored
from core.audit.findings import Advance, Problem
from core.checkpoints import BadCheckpoint, Checkpoint, PublicKey
from core.seals import Seal, Subtree
from core.trace import Event

LEAF = (Event.leaf, Event.id, Event.hash, Event.stream, Event.seq, Event.action)
SEAL = (Seal.number, Seal.size, Seal.root, Seal.peaks, Seal.note, Seal.sealed_at)
SUBTREE = (Subtree.level, Subtree.position, Subtree.hash)


@dataclass(frozen=True, slots=True)
class Stated:
    """A seal's row."""

    number: int
    size: int
    root: str
    peaks: str
    note: str
    sealed_at: datetime


@dataclass(slots=True)
class _Log:
    """The log as it is being computed anew. `first`: the first event after the last seal that was passed."""

    key: PublicKey
    outside: Checkpoint | None
    subtrees: dict[tuple[Any, Any], Any]
    tree: merkle.Tree = field(default_factory=merkle.Tree)
    first: Row[Any] | None = None
    sealed: int = 0
    is_forked: bool = False


def check(session: Session, key: PublicKey, outside: Checkpoint | None, advance: Advance) -> Iterator[Problem]:
    """Compute the log anew, leaf by leaf, and compare it with every seal and with the checkpoint from outside."""
    subtrees = {(row.level, row.position): row.hash for row in _each(session, SUBTREE, Subtree.level, Subtree.position)}
    log = _Log(key, outside, subtrees)
    numbers = _each(session, SEAL, Seal.number)
    following = next(numbers, None)
    for batch in stored.rows(session, LEAF, Event.leaf, where=Event.leaf.is_not(None)):
        for row in batch:
            yield from _add(log, row)
            while following is not None and following.size == log.tree.size:
                yield from _check_seal(log, following)
                following = next(numbers, None)
        advance(len(batch))
    yield from _check_end(log, following, numbers)


def _each(session: Session, columns: tuple[stored.Column, ...], *order: stored.Order) -> Iterator[Row[Any]]:
    return chain.from_iterable(stored.rows(session, columns, *order))


def _add(log: _Log, row: Row[Any]) -> Iterator[Problem]:
    """Put an event at the end of the log."""
    if row.leaf != log.tree.size:
        yield _named("audit.leaf", row)
    log.first = log.first or row
    try:
        data = seals.leaf_data(stored.identifier(row.id), stored.words(row.hash))
    except ValueError:
        yield _named("audit.unreadable", row)
        data = b""
    for done in log.tree.add(merkle.leaf_hash(data)):
        if stored.shown(log.subtrees.pop((done.level, done.position), "")) != done.hash.hex():
            yield _named("audit.subtree", row)
    if log.outside is not None and log.outside.size == log.tree.size and log.outside.root != log.tree.root():
        yield _named("audit.checkpoint_differs", row)


def _check_seal(log: _Log, row: Row[Any]) -> Iterator[Problem]:
    """Compare a seal with the log up to there. After the first difference every later root differs too."""
    log.sealed += 1
    first, log.first = log.first, None
    stated = _stated(row)
    if stated is None or stated.number != log.sealed:
        yield _named("audit.seal_changed", first, log.sealed)
    elif not _is_signed(stated, log.key):
        yield _named("audit.unsigned", first, log.sealed)
    elif stated.root != log.tree.root().hex():
        if not log.is_forked:
            yield _named("audit.root", first, log.sealed)
        log.is_forked = True
    elif stated.peaks != seals.peaks_text(log.tree):
        yield _named("audit.seal_changed", first, log.sealed)


def _check_end(log: _Log, following: Row[Any] | None, numbers: Iterator[Row[Any]]) -> Iterator[Problem]:
    """After the last leaf there must be no seal left over, and no leaf after the last seal."""
    if following is not None:
        yield Problem("audit.log_short", seal=stored.shown(following.number))
        yield from (Problem("audit.log_short", seal=stored.shown(row.number)) for row in numbers)
    elif log.first is not None:
        yield _named("audit.beyond", log.first)
    if log.subtrees:
        yield Problem("audit.subtree_extra")
    if log.outside is not None and log.outside.size > log.tree.size:
        yield Problem("audit.checkpoint_gone")


def _stated(row: Row[Any]) -> Stated | None:
    """A seal's row; None when it holds what we cannot have written."""
    try:
        return Stated(
            stored.number(row.number), stored.number(row.size), stored.words(row.root), stored.words(row.peaks),
            stored.words(row.note), stored.moment(row.sealed_at),
        )  # fmt: skip
    except ValueError:
        return None


def _is_signed(stated: Stated, key: PublicKey) -> bool:
    """Whether the note says under its signature what the row says beside it."""
    try:
        note = checkpoints.read(stated.note, key)
    except BadCheckpoint:
        return False
    return (note.size, note.root.hex(), note.sealed_at) == (stated.size, stated.root, stated.sealed_at)


def _named(what: str, row: Row[Any] | None, seal: int = 0) -> Problem:
    if row is None:
        return Problem(what, seal=seal)
    return Problem(what, stored.shown(row.stream), stored.shown(row.seq), stored.shown(row.action), seal)


def last_sealed_at(session: Session, key: PublicKey) -> datetime | None:
    """The time of the last seal, as it states it under its signature."""
    last = next(_each(session, SEAL, Seal.number.desc()), None)
    stated = _stated(last) if last is not None else None
    return stated.sealed_at if stated is not None and _is_signed(stated, key) else None
