"""Seals: once a minute every event that is new goes into one growing Merkle log, whose root is signed.

A chain of hashes in one's own database proves nothing against its owner; a signed root that has left the house
(in a digest, a PDF, a message) does. Sealing costs what is new, never what is there: a seal keeps the tree's peaks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, bindparam, func, insert, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import checkpoints, merkle
from core.checkpoints import SigningKey
from core.database import Table
from core.errors import Conflict, NotFound
from core.settings import Settings, kept_secret
from core.trace import Event

BATCH = 1000  # 30 ms of the writer of SQLite
LOCK = 0x5EA1  # the advisory lock of PostgreSQL that stands for the end of the log


class OtherKey(Conflict):
    """The trace was sealed with another key, {known}. Bring that key back, or the old seals cannot be checked."""


class NotSealed(NotFound):
    """This event is not sealed yet. Seals are made once a minute."""


class Seal(Table):
    """The log as it was at a moment. `note` is the signed statement that travels; `peaks` let the tree grow on."""

    __tablename__ = "seals"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(unique=True)
    root: Mapped[str]
    peaks: Mapped[str]
    note: Mapped[str]
    sealed_at: Mapped[datetime]


class Subtree(Table):
    """The root of a complete subtree of the log, kept so that a proof reads hundreds of events and not all."""

    __tablename__ = "subtrees"

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hash: Mapped[str]


@dataclass(frozen=True, slots=True)
class Proof:
    """That an event is in the log: its place, the path from there to the root, and the signed statement of the root."""

    index: int
    size: int
    path: tuple[bytes, ...]
    root: bytes
    note: str


def load_key(settings: Settings) -> SigningKey:
    """The key of this installation: the setting, else the one that is made and kept in DATA_DIR."""
    if settings.signing_key is not None:
        return checkpoints.signing_key(settings.signing_key.get_secret_value())
    return checkpoints.signing_key(kept_secret(settings.data_dir / "signing.key"))


def leaf_data(event_id: str, event_hash: str) -> bytes:
    """What is hashed into the log for an event: its id as 32 hexadecimal digits, then its hash as 64."""
    return (event_id + event_hash).encode()


def latest(session: Session) -> Seal | None:
    return session.scalar(select(Seal).order_by(Seal.number.desc()).limit(1))


def unsealed(session: Session) -> int:
    """How many events wait for a seal."""
    return session.scalar(select(func.count()).select_from(Event).where(Event.leaf.is_(None))) or 0


def seal(session: Session, key: SigningKey, now: datetime, limit: int = BATCH) -> Seal | None:
    """Seal the oldest `limit` events that are not sealed yet.

    None: there are none, or another process is sealing at this moment. Errors: OtherKey.
    """
    if not _has_log(session):
        return None
    last = latest(session)
    if last is not None and last.note.split("\n", 1)[0] != key.public.origin:
        raise OtherKey(known=last.note.split("\n", 1)[0])
    fresh = session.execute(
        select(Event.id, Event.hash).where(Event.leaf.is_(None)).order_by(Event.id).limit(limit)
    ).all()
    if not fresh:
        return None
    tree = _grown_from(last)
    first = tree.size
    completed = [done for row in fresh for done in tree.add(merkle.leaf_hash(leaf_data(row.id.hex, row.hash)))]
    _place(session, [row.id for row in fresh], first)
    _keep(session, completed)
    return _write(session, last, tree, key, now)


def _has_log(session: Session) -> bool:
    """Be the only one at the end of the log until this transaction ends. SQLite has one writer anyway."""
    if session.get_bind().dialect.name != "postgresql":
        return True
    return bool(session.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": LOCK}))


def _grown_from(last: Seal | None) -> merkle.Tree:
    return merkle.Tree(last.size, map(bytes.fromhex, last.peaks.split())) if last else merkle.Tree()


def _place(session: Session, event_ids: list[UUID], first: int) -> None:
    """Number events as leaves. An event that is numbered already means two sealers: neither may go on."""
    table = cast("Any", Event.__table__)
    statement = (
        update(table).where(table.c.id == bindparam("event"), table.c.leaf.is_(None)).values(leaf=bindparam("place"))
    )
    rows = [{"event": event_id, "place": place} for place, event_id in enumerate(event_ids, first)]
    changed = cast("CursorResult[Any]", session.connection().execute(statement, rows))
    if changed.rowcount != len(rows):
        raise Conflict


def _keep(session: Session, completed: list[merkle.Complete]) -> None:
    rows = [{"level": done.level, "position": done.position, "hash": done.hash.hex()} for done in completed]
    if rows:
        session.execute(insert(Subtree), rows)


def _write(session: Session, last: Seal | None, tree: merkle.Tree, key: SigningKey, now: datetime) -> Seal:
    sealed_at = now.replace(microsecond=0)
    root = tree.root()
    made = Seal(
        number=last.number + 1 if last else 1, size=tree.size, root=root.hex(), peaks=peaks_text(tree),
        note=checkpoints.sign(tree.size, root, key, sealed_at), sealed_at=sealed_at,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def peaks_text(tree: merkle.Tree) -> str:
    return " ".join(peak.hex() for peak in tree.peaks)


def inclusion_proof(session: Session, event_id: UUID) -> Proof:
    """The proof that an event is in the log as it was last sealed. Errors: NotSealed."""
    leaf = session.scalar(select(Event.leaf).where(Event.id == event_id))
    last = latest(session)
    if leaf is None or last is None:
        raise NotSealed
    path = merkle.inclusion_path(leaf, last.size, lambda first, end: _root_of(session, first, end))
    return Proof(leaf, last.size, tuple(path), bytes.fromhex(last.root), last.note)


def _root_of(session: Session, first: int, end: int) -> bytes:
    """The root over a range of leaves, from kept subtrees where the range is wide."""
    width = end - first
    if width <= merkle.KEPT_WIDTH:
        return _root_of_leaves(session, first, end)
    if width.bit_count() == 1:
        level = width.bit_length() - 1
        return bytes.fromhex(session.get_one(Subtree, (level, first >> level)).hash)
    middle = first + merkle.split(width)
    return merkle.node_hash(_root_of(session, first, middle), _root_of(session, middle, end))


def _root_of_leaves(session: Session, first: int, end: int) -> bytes:
    tree = merkle.Tree()
    query = select(Event.id, Event.hash).where(Event.leaf >= first, Event.leaf < end).order_by(Event.leaf)
    for row in session.execute(query):
        tree.add(merkle.leaf_hash(leaf_data(row.id.hex, row.hash)))
    return tree.root()


def verify_inclusion(proof: Proof, event: Event) -> bool:
    """Pure: whether a proof shows that an event with this id and hash is in the log. The note is checked apart."""
    leaf = merkle.leaf_hash(leaf_data(event.id.hex, event.hash))
    return merkle.verify_inclusion(leaf, proof.index, proof.size, proof.path, proof.root)
