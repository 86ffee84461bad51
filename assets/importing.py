"""Brings a handover into the register, for every format alike: a diff against what is there, bad rows set aside.

A dry run decides the same and writes nothing. Writing is a few bulk statements, so that ten thousand rows take
seconds and the writer's lock is held no longer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from assets import codes, register
from assets.diffs import Step, chunks
from assets.editing import FACTS
from assets.handover import Handover, Quarantined
from assets.matching import Known, KnownAsset, Plan, Planned, mentioned_codes, plan
from assets.models import Asset, AssetType, Code
from core import clock, trace
from core.errors import Busy, Conflict, NotFound
from core.places import Place, Site
from core.trace import Event

CHUNK = 500
KINDS = ("asset", "place", "type")
ACTOR = "import"
COLUMNS = {
    "name": "name", "path": "place_id", "type": "type_id", "parent_id": "parent_id", "warranty": "warranty_until",
    **dict.fromkeys(FACTS, "facts"),
}  # fmt: skip

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a handover changed, or would change, counted by kind.

    `foreign_codes`: how many of its codes are a customer's own, in which no typing error can be noticed.
    """

    added: dict[str, int]
    changed: dict[str, int]
    unchanged: dict[str, int]
    quarantined: list[Quarantined]
    foreign_codes: int = 0

    def as_dict(self, locale: str = "en") -> dict[str, Any]:
        """The object that `gongdan import --json` prints."""
        counts = {"added": self.added, "changed": self.changed, "unchanged": self.unchanged}
        return {**counts, "quarantined": [one.as_dict(locale) for one in self.quarantined]}


@dataclass(slots=True)
class _Stock:
    """What rows are stored by: the ids of the site's places by path and of its types by name, facts by asset."""

    site_id: UUID
    now: datetime
    places: dict[str, UUID]
    types: dict[str, UUID]
    assets: dict[UUID, KnownAsset] = field(default_factory=dict)
    facts: dict[UUID, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Work:
    """An import that is decided: what it will come to, the plan, what was there, and the steps that write it."""

    outcome: Outcome
    plan: Plan
    known: dict[UUID, KnownAsset]
    steps: list[Step]


def apply(
    session: Session, site_id: UUID, handover: Handover, now: datetime, *, dry_run: bool = False,
    progress: Progress | None = None, actor: str = ACTOR,
) -> Outcome:  # fmt: skip
    """Bring a handover into a site's register. Importing the same file again changes nothing.

    `progress` is told how many of the rows to write are written. Raises Conflict where somebody else registered
    the same thing in the same moment, Busy where another import of the site does not end.
    """
    if not dry_run:
        _take_turn(session, site_id)
    work = prepare(session, site_id, handover, now, actor=actor)
    if not dry_run:
        try:
            _write(session, work.steps, progress or _silently)
        except IntegrityError as error:
            raise Conflict from error
    return work.outcome


def prepare(
    session: Session, site_id: UUID, handover: Handover, now: datetime, *, actor: str = ACTOR
) -> Work:  # fmt: skip
    """Decide an import: what it changes, and the steps that write it, to be taken in order."""
    stock = _stock(session, site_id, now)
    known = _known(session, stock, mentioned_codes(handover))
    decided = plan(handover, known)
    return Work(_outcome(decided, stock), decided, stock.assets, _steps(decided, stock, actor))


def _take_turn(session: Session, site_id: UUID) -> None:
    """On PostgreSQL a second import of the same site waits here, and then sees what the first one wrote."""
    try:
        session.execute(select(Site.id).where(Site.id == site_id).with_for_update())
    except OperationalError as error:
        raise Busy from error


def _stock(session: Session, site_id: UUID, now: datetime) -> _Stock:
    if session.get(Site, site_id) is None:
        raise NotFound(what="word.site")
    paths = session.execute(select(Place.path, Place.id).where(Place.site_id == site_id))
    types = session.execute(select(AssetType.name, AssetType.id).where(AssetType.site_id == site_id))
    stock = _Stock(site_id, now, dict(paths.all()), dict(types.all()))
    stock.assets = _known_assets(session, stock)
    return stock


def _known_assets(session: Session, stock: _Stock) -> dict[UUID, KnownAsset]:
    paths = {place_id: path for path, place_id in stock.places.items()}
    types: dict[UUID | None, str] = {type_id: name for name, type_id in stock.types.items()}
    columns = Asset.id, Asset.name, Asset.place_id, Asset.type_id, Asset.parent_id, Asset.retired_at
    query = select(*columns, Asset.warranty_until, Asset.facts).where(Asset.site_id == stock.site_id)
    found = {}
    for asset_id, name, place, kind, parent, retired_at, until, facts in session.execute(query.order_by(Asset.id)):
        stock.facts[asset_id] = facts
        details = {fact: str(facts.get(fact, "")) for fact in FACTS} | {"warranty": until.isoformat() if until else ""}
        known = (asset_id, name, paths[place], types.get(kind, ""), parent)
        found[asset_id] = KnownAsset(*known, is_retired=retired_at is not None, details=details)
    return found


def _known(session: Session, stock: _Stock, mentioned: set[str]) -> Known:
    here: dict[str, UUID | None] = {}
    elsewhere: set[str] = set()
    ours = set(stock.places.values())
    for chunk in chunks(sorted(mentioned), CHUNK):
        query = select(Code.code, Code.asset_id, Code.place_id).where(Code.code.in_(chunk))
        for code, asset_id, place_id in session.execute(query):
            if asset_id in stock.assets or place_id in ours:
                here[code] = asset_id
            else:
                elsewhere.add(code)
    return Known(stock.assets, here, frozenset(elsewhere))


def _outcome(decided: Plan, stock: _Stock) -> Outcome:
    added = [made for made in decided.assets if made.before is None]
    changed = [made for made in decided.assets if made.changes]
    counts = {
        "asset": (len(added), len(changed), len(decided.assets) - len(added) - len(changed)),
        "place": _new_and_old(decided.paths, stock.places),
        "type": _new_and_old(decided.types, stock.types),
    }
    new, other, same = ({kind: counts[kind][fate] for kind in KINDS} for fate in range(3))
    foreign = sum(bool(made.item.code) and not codes.is_ours(made.item.code) for made in decided.assets)
    return Outcome(new, other, same, decided.quarantined, foreign)


def _new_and_old(named: Iterable[str], there: dict[str, UUID]) -> tuple[int, int, int]:
    names = list(named)
    new = sum(name not in there for name in names)
    return new, 0, len(names) - new


def _steps(decided: Plan, stock: _Stock, actor: str) -> list[Step]:
    """Places and types in front of the assets that need them, and parents in front of their parts."""
    places = partial(_write_places, rows=_new_places(decided.paths, stock))
    types = partial(_write_types, rows=_new_types(decided.types, stock))
    added = [made for made in decided.assets if made.before is None]
    changed = [made for made in decided.assets if made.changes]
    writes = [
        Step(len(chunk), partial(write, chunk=chunk, stock=stock, actor=actor))
        for write, group in ((_write_added, added), (_write_changed, changed))
        for chunk in chunks(group, CHUNK)
    ]
    return [Step(0, places), Step(0, types), *writes]


def _write(session: Session, steps: list[Step], progress: Progress) -> None:
    total, written = sum(step.size for step in steps), 0
    for step in steps:
        step.write(session)
        written += step.size
        if step.size:
            progress(written, total)


def _new_places(paths: dict[str, str], stock: _Stock) -> list[dict[str, Any]]:
    """The rows of missing places, those above before those below."""
    rows = []
    for path in sorted(paths.keys() - stock.places.keys(), key=lambda path: (path.count("/"), path)):
        above, _, name = path.rpartition("/")
        stock.places[path] = clock.new_id()
        row = {"id": stock.places[path], "site_id": stock.site_id, "parent_id": stock.places[above], "name": name}
        rows.append({**row, "path": path, "kind": paths[path], "is_common": True})
    return rows


def _write_places(session: Session, rows: list[dict[str, Any]]) -> None:
    for chunk in chunks(rows, CHUNK):
        session.execute(insert(Place), chunk)


def _new_types(types: dict[str, str], stock: _Stock) -> list[dict[str, Any]]:
    rows = []
    for name in sorted(types.keys() - stock.types.keys()):
        stock.types[name] = clock.new_id()
        category = types[name] or register.category_of(name)
        rows.append({"id": stock.types[name], "site_id": stock.site_id, "name": name, "category": category})
    return rows


def _write_types(session: Session, rows: list[dict[str, Any]]) -> None:
    for chunk in chunks(rows, CHUNK):
        session.execute(insert(AssetType), chunk)


def _write_added(session: Session, chunk: Sequence[Planned], stock: _Stock, actor: str) -> None:
    rows = [_asset_row(made, stock) for made in chunk]
    session.execute(insert(Asset), rows)
    session.execute(insert(Code), [codes.new_row(row["code"], stock.now) | {"asset_id": row["id"]} for row in rows])
    events = [
        event
        for row in rows
        for event in trace.chain(
            register.stream_of(row["id"]), trace.Head(), [register.added_entry(row, actor)], stock.now
        )
    ]
    session.execute(insert(Event), events)


def _asset_row(made: Planned, stock: _Stock) -> dict[str, Any]:
    return _columns(made.after, stock) | {
        "site_id": stock.site_id, "code": made.item.code or codes.fresh(), "retired_at": None, "replaces_id": None,
        "created_at": stock.now,
    }  # fmt: skip


def _write_changed(session: Session, chunk: Sequence[Planned], stock: _Stock, actor: str) -> None:
    heads = _heads(session, [register.stream_of(made.id) for made in chunk])
    events, rows = [], []
    for made in chunk:
        stream, row = register.stream_of(made.id), _columns(made.after, stock)
        entry = register.changed_entry({COLUMNS[name]: row[COLUMNS[name]] for name in made.changes}, actor)
        events += trace.chain(stream, heads.get(stream, trace.Head()), [entry], stock.now)
        rows.append(row)
    session.execute(update(Asset), rows)
    session.execute(insert(Event), events)


def _columns(asset: KnownAsset, stock: _Stock) -> dict[str, Any]:
    return {
        "id": asset.id, "name": asset.name, "place_id": stock.places[asset.path],
        "type_id": stock.types.get(asset.type), "parent_id": asset.parent_id,
        "warranty_until": date.fromisoformat(until) if (until := asset.details.get("warranty")) else None,
        "facts": stock.facts.get(asset.id, {}) | {name: asset.details.get(name, "") for name in FACTS},
    }  # fmt: skip


def _heads(session: Session, streams: list[str]) -> dict[str, trace.Head]:
    query = select(Event.stream, Event.seq, Event.hash).where(Event.stream.in_(streams)).order_by(Event.seq)
    return {stream: trace.Head(seq, digest) for stream, seq, digest in session.execute(query)}


def _silently(written: int, total: int) -> None:
    """Nobody waits for the progress."""
