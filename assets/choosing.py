"""Which things of a site get a label, in the order in which somebody with the stickers walks past them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from assets.models import Asset, AssetType, Code, PrintedLabel, PrintRun
from core.places import Place

KINDS = ("assets", "shared", "homes")
BASEMENT = re.compile(r"(?:B|-|负)\s*(\d+)|(?:地下|basement)\D*(\d*)", re.IGNORECASE)
NUMBERS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to print labels for. `under`: a place with everything below it. `is_new`: not printed yet."""

    kinds: tuple[str, ...] = ("assets",)
    under: UUID | None = None
    type_id: UUID | None = None
    words: str = ""
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Thing:
    """Something a label goes on. `code` is empty for a place that has none yet."""

    asset_id: UUID | None
    place_id: UUID
    code: str
    name: str
    place: str


def things(session: Session, site_id: UUID, wanted: Wanted) -> list[Thing]:
    """What is wanted, building by building and floor by floor, the basements first."""
    found = [*_assets(session, site_id, wanted), *_places(session, site_id, wanted)]
    return sorted(found, key=lambda thing: (walk_order(thing.place), walk_order(thing.name), thing.code))


def walk_order(path: str) -> tuple[Any, ...]:
    """A key that sorts floors as they lie: `B2`, `B1`, `1F`, `2F`, `10F`."""
    return tuple(_step(name) for name in path.split("/"))


def _step(name: str) -> tuple[Any, ...]:
    if below := BASEMENT.match(name):
        return ((0, -int(below[1] or below[2] or 1), ""), (2, 0, name))
    parts = NUMBERS.split(name)
    return tuple((1, int(part), "") if part.isdecimal() else (2, 0, part.casefold()) for part in parts if part)


def _assets(session: Session, site_id: UUID, wanted: Wanted) -> Iterator[Thing]:
    if "assets" not in wanted.kinds:
        return
    where = func.coalesce(func.nullif(Place.path, ""), Place.name)
    query = select(Asset.id, Asset.place_id, Asset.code, Asset.name, where).join(Place, Place.id == Asset.place_id)
    query = query.outerjoin(AssetType, AssetType.id == Asset.type_id)
    query = query.where(Asset.site_id == site_id, Asset.retired_at.is_(None))
    if wanted.type_id:
        query = query.where(Asset.type_id == wanted.type_id)
    columns: list[Any] = [Asset.name, Asset.code, AssetType.name, Place.path]
    for asset_id, place_id, code, name, place in session.execute(
        query.where(*_limits(session, wanted, columns, Asset.code))
    ):
        yield Thing(asset_id, place_id, code, name, place)


def _places(session: Session, site_id: UUID, wanted: Wanted) -> Iterator[Thing]:
    """Places that are shared and those that are somebody's home, each with the code that its label bears."""
    which = [Place.is_common.is_(kind == "shared") for kind in ("shared", "homes") if kind in wanted.kinds]
    if not which or wanted.type_id:
        return
    code = (
        select(Code.code).where(Code.place_id == Place.id, Code.retired_at.is_(None)).order_by(Code.minted_at).limit(1)
        .correlate(Place).scalar_subquery()
    )  # fmt: skip
    query = select(Place.id, func.coalesce(code, ""), Place.name, Place.path)
    query = query.where(Place.site_id == site_id, Place.path != "", or_(*which))
    for place_id, own, name, path in session.execute(query.where(*_limits(session, wanted, [Place.path, code], code))):
        yield Thing(None, place_id, own, name, path)


def _limits(session: Session, wanted: Wanted, columns: list[Any], code: Any) -> Iterator[ColumnElement[bool]]:
    """What both are narrowed by. `columns`: where the words may stand."""
    for word in wanted.words.split():
        yield or_(*(column.icontains(word, autoescape=True) for column in columns))
    if wanted.under is not None:
        yield below(session, wanted.under)
    if wanted.is_new:
        meant = PrintedLabel.run_id.in_(select(PrintRun.id).where(~PrintRun.is_test))
        yield ~exists().where(PrintedLabel.code == code, meant)


def below(session: Session, place_id: UUID) -> ColumnElement[bool]:
    """A place and everything below it; the site's own root is above everything."""
    place = session.get(Place, place_id)
    if place is None:
        return Place.id == place_id
    below = Place.path.startswith(f"{place.path}/", autoescape=True) if place.path else Place.path.is_not(None)
    return below | (Place.id == place_id)
