"""The register of what was handed over: its verbs, its reads, and the Subject that core knows of it.

Every change of an asset is an event of its stream `asset:<id>`. Names are free words, so events hold ids, codes
and which fields changed, never the words themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from assets import codes
from assets.models import Asset, AssetType, Code
from core import clock, lexicon, trace
from core.database import rows
from core.errors import Conflict, Invalid, NotFound
from core.people import Home
from core.places import Place
from core.prepared import Prepared
from core.tickets.models import Subject

LONGEST_NAME = 200
OTHER_EQUIPMENT = "equipment"


class CodeTaken(Conflict):
    """The code {code} is already in use."""


class NotInUse(NotFound):
    """This label is new: nobody has said yet what it is on. Please report without it, or ask the staff."""


@dataclass(frozen=True, slots=True)
class AssetFacts:
    """An asset as lists and pages show it. `place` is a path such as `A/2F/201`, `parent` the parent's code."""

    id: UUID
    site_id: UUID
    code: str
    name: str
    type: str
    category: str
    place_id: UUID
    place: str
    parent: str
    retired_at: datetime | None


def add_type(session: Session, site_id: UUID, name: str, *, category: str = "") -> AssetType:
    """The type of that name, added where it is new. Without a category its name tells one."""
    name = named(name)
    found = session.scalar(select(AssetType).where(AssetType.site_id == site_id, AssetType.name == name))
    if found is not None:
        return found
    added = AssetType(id=clock.new_id(), site_id=site_id, name=name, category=category or category_of(name))
    session.add(added)
    session.flush()
    return added


def category_of(type_name: str) -> str:
    """The fault category that a type's name suggests."""
    return lexicon.guess(type_name, lexicon.load()).category or OTHER_EQUIPMENT


def add_asset(
    session: Session, site_id: UUID, place_id: UUID, name: str, type_name: str = "", *, now: datetime,
    code: str | None = None, parent_id: UUID | None = None, actor: str = "",
) -> Asset:  # fmt: skip
    """Add an asset; without a code of the customer's own, one is minted.

    Raises WrongCheckDigit or NotACode for a code that cannot be used, CodeTaken for one that is in use.
    """
    _place_of(session, site_id, place_id)
    if parent_id is not None and _asset(session, parent_id).site_id != site_id:
        raise NotFound(what="word.asset")
    code = codes.canonical(code) if code else codes.fresh()
    if session.get(Code, code) is not None:
        raise CodeTaken(code=code)
    kind = add_type(session, site_id, type_name) if type_name.strip() else None
    asset = Asset(
        id=clock.new_id(), site_id=site_id, place_id=place_id, type_id=kind.id if kind else None, parent_id=parent_id,
        code=code, name=named(name), facts={}, warranty_until=None, retired_at=None, created_at=now,
    )  # fmt: skip
    session.add(asset)
    session.flush()
    codes.register(session, code, asset_id=asset.id, now=now)
    trace.append(session, stream_of(asset.id), [added_entry(asset_row(asset), actor)], now, trace.Head())
    return asset


def move_asset(session: Session, asset_id: UUID, place_id: UUID, *, now: datetime, actor: str = "") -> Asset:
    asset = _asset(session, asset_id)
    _place_of(session, asset.site_id, place_id)
    return _change(session, asset, {"place_id": place_id}, now, actor)


def rename_asset(session: Session, asset_id: UUID, name: str, *, now: datetime, actor: str = "") -> Asset:
    return _change(session, _asset(session, asset_id), {"name": named(name)}, now, actor)


def retire_asset(session: Session, asset_id: UUID, *, now: datetime, actor: str = "") -> Asset:
    """Take an asset out of use. Its codes still lead to it and its history stays."""
    asset = _asset(session, asset_id)
    return asset if asset.retired_at else _change(session, asset, {"retired_at": now}, now, actor)


def replace_code(session: Session, asset_id: UUID, *, now: datetime, actor: str = "") -> str:
    """Mint a new code for an asset whose sticker is gone. The old one still leads to it."""
    asset = _asset(session, asset_id)
    session.execute(update(Code).where(Code.code == asset.code).values(retired_at=now))
    code = codes.mint(session, asset_id=asset.id, now=now)
    set_code(session, asset, code, now=now, actor=actor)
    return code


def set_code(session: Session, asset: Asset, code: str, *, now: datetime, actor: str = "") -> Asset:
    """Let an asset's label bear a code that is registered for it."""
    return _change(session, asset, {"code": code}, now, actor)


def code_of_place(session: Session, place_id: UUID, *, now: datetime) -> str:
    """The code that a place's label bears, minted when it has none yet."""
    in_use = select(Code.code).where(Code.place_id == place_id, Code.retired_at.is_(None)).order_by(Code.minted_at)
    return session.scalar(in_use.limit(1)) or codes.mint(session, place_id=place_id, now=now)


def is_known(session: Session, code: str) -> bool:
    """Whether a code leads anywhere. Raises WrongCheckDigit where it looks misread."""
    try:
        codes.resolve(session, code)
    except NotFound:
        return False
    return True


def subject_of(session: Session, code: str) -> Subject:
    """What a ticket about the thing behind a code is about. A retired code leads to the same thing."""
    found = codes.resolve(session, code)
    if found.is_blank:
        raise NotInUse
    if found.place_id is not None:
        return subject_of_place(session, found.place_id)
    query = (
        select(Asset, Place, AssetType.category)
        .join(Place, Place.id == Asset.place_id)
        .outerjoin(AssetType, AssetType.id == Asset.type_id)
        .where(Asset.id == found.asset_id)
    )
    asset, place, category = session.execute(query).one()
    return Subject(
        asset.site_id, place.id, place.path or place.name, place.is_common, asset.id, asset.code, asset.name,
        category or "",
    )  # fmt: skip


_PLACES = rows(Place)
_HOMES = Prepared(
    select(_PLACES.c.site_id, _PLACES.c.id, _PLACES.c.path, _PLACES.c.is_common)
    .join(rows(Home), rows(Home).c.place_id == _PLACES.c.id)
    .where(rows(Home).c.person_id == bindparam("person"), rows(Home).c.state == "approved")
    .order_by(_PLACES.c.path)
)


def homes_of(session: Session, person_id: UUID) -> list[Subject]:
    """The homes that a person may report for."""
    return [Subject(*row) for row in _HOMES.rows(session, person=person_id)]


_AT = Prepared(
    select(_PLACES.c.site_id, _PLACES.c.id, _PLACES.c.path, _PLACES.c.is_common).where(
        _PLACES.c.site_id == bindparam("site"), _PLACES.c.path == bindparam("path")
    )
)


def subject_at(session: Session, site_id: UUID, path: str) -> Subject:
    """The place at a path such as `A/2F/201`."""
    found = _AT.rows(session, site=site_id, path=path.strip("/ "))
    if not found or not found[0][2]:
        raise NotFound(what="word.place")
    return Subject(*found[0])


def subject_of_place(session: Session, place_id: UUID) -> Subject:
    place = session.get(Place, place_id)
    if place is None:
        raise NotFound(what="word.place")
    return Subject(place.site_id, place.id, place.path or place.name, place.is_common)


def asset_by_code(session: Session, code: str) -> AssetFacts:
    """The asset behind a code of it, retired or not. Raises NotFound, also for a place's code."""
    found = codes.resolve(session, code)
    if found.asset_id is None:
        raise NotFound(what="word.asset")
    return _facts(session, _facts_query().where(Asset.id == found.asset_id))[0]


def asset_by_id(session: Session, asset_id: UUID) -> AssetFacts:
    found = _facts(session, _facts_query().where(Asset.id == asset_id))
    if not found:
        raise NotFound(what="word.asset")
    return found[0]


def assets_of(
    session: Session, site_id: UUID, *, words: str = "", place_id: UUID | None = None, after: UUID | None = None,
    limit: int = 50,
) -> list[AssetFacts]:  # fmt: skip
    """Assets of a site that are in use, paged by key: `after` is the id of the last one seen.

    `words`: each must stand in the name, code, type or place.
    """
    query = _facts_query().where(Asset.site_id == site_id, Asset.retired_at.is_(None))
    for word in words.split():
        columns = (Asset.name, Asset.code, AssetType.name, Place.path)
        query = query.where(or_(*(column.icontains(word, autoescape=True) for column in columns)))
    if place_id:
        query = query.where(Asset.place_id == place_id)
    if after:
        query = query.where(Asset.id > after)
    return _facts(session, query.order_by(Asset.id).limit(limit))


def _facts_query() -> Select[Any]:
    parent = aliased(Asset)
    columns: list[Any] = [
        Asset.id, Asset.site_id, Asset.code, Asset.name, func.coalesce(AssetType.name, ""),
        func.coalesce(AssetType.category, ""), Asset.place_id, func.coalesce(func.nullif(Place.path, ""), Place.name),
        func.coalesce(parent.code, ""), Asset.retired_at,
    ]  # fmt: skip
    query: Select[Any] = select(*columns)
    return (
        query.select_from(Asset)
        .join(Place, Place.id == Asset.place_id)
        .outerjoin(AssetType, AssetType.id == Asset.type_id)
        .outerjoin(parent, parent.id == Asset.parent_id)
    )


def _facts(session: Session, query: Select[Any]) -> list[AssetFacts]:
    return [AssetFacts(*row) for row in session.execute(query)]


def stream_of(asset_id: UUID) -> str:
    return f"asset:{asset_id}"


def added_entry(row: dict[str, Any], actor: str) -> trace.Entry:
    """The event of an asset's arrival, from the row that is stored."""
    return trace.Entry("added", {name: row[name] for name in ("code", "place_id", "type_id", "parent_id")}, actor)


def changed_entry(values: dict[str, Any], actor: str) -> trace.Entry:
    """The event of a change: the new values, and of free words only that they changed."""
    told = {name: value for name, value in values.items() if name not in ("name", "facts")}
    return trace.Entry("changed", {"fields": sorted(values), **told}, actor)


def tell(session: Session, asset_id: UUID, values: dict[str, Any], now: datetime, actor: str) -> None:
    """Write the event of a change that was made elsewhere."""
    trace.append(session, stream_of(asset_id), [changed_entry(values, actor)], now)


def asset_row(asset: Asset) -> dict[str, Any]:
    return {column.key: getattr(asset, column.key) for column in Asset.__table__.columns}


def _change(session: Session, asset: Asset, values: dict[str, Any], now: datetime, actor: str) -> Asset:
    for name, value in values.items():
        setattr(asset, name, value)
    session.flush()
    tell(session, asset.id, values, now, actor)
    return asset


def _asset(session: Session, asset_id: UUID) -> Asset:
    asset = session.get(Asset, asset_id)
    if asset is None:
        raise NotFound(what="word.asset")
    return asset


def _place_of(session: Session, site_id: UUID, place_id: UUID) -> Place:
    place = session.get(Place, place_id)
    if place is None or place.site_id != site_id:
        raise NotFound(what="word.place")
    return place


def named(name: str) -> str:
    """A name with single spaces. Errors: Invalid."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Invalid(field="field.name")
    return name
