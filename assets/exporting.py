"""What a site holds as tables that an import reads back: equipment, places, people & homes.

The words are those that an import would keep (single blanks, one form of each character), so that a table that was
imported into an empty site and exported again is the same table.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from assets import columns, residents
from assets.checking import WHOLE_SITE, clean
from assets.editing import FACTS
from assets.models import Asset, AssetType
from assets.placing import KINDS, USES, word_of
from core.places import Place

Rows = list[tuple[str, ...]]


def table(session: Session, site_id: UUID, kind: str, locale: str) -> tuple[list[str], Rows]:
    """The headings and the rows of one kind of table, in an order that does not depend on the database."""
    fields = columns.fields_of(kind)
    rows = {tuple(map(_kept, fields, row)) for row in READERS[kind](session, site_id, locale)}
    key = fields.index("unit" if kind == "people" else "place")
    return columns.headings(kind, locale), sorted(rows, key=lambda row: (row[key].split("/"), row))


def _kept(field: str, value: str) -> str:
    """A cell as an import would keep it: what only stands for nothing is left out."""
    words = clean(value)
    return "" if columns.is_nothing(field, words) else words


def _assets(session: Session, site_id: UUID, locale: str) -> Rows:
    """Equipment in use. What was retired stays in the history and is no part of a handover."""
    parent = aliased(Asset)
    query = (
        select(Asset, AssetType.name, Place.path, parent.code).join(Place, Place.id == Asset.place_id)
        .outerjoin(AssetType, AssetType.id == Asset.type_id)
        .outerjoin(parent, (parent.id == Asset.parent_id) & parent.retired_at.is_(None))
        .where(Asset.site_id == site_id, Asset.retired_at.is_(None))
    )  # fmt: skip
    return [
        (
            asset.code, asset.name, kind or "", path or WHOLE_SITE, above or "",
            asset.warranty_until.isoformat() if asset.warranty_until else "",
            *(str(asset.facts.get(fact, "")) for fact in FACTS),
        )
        for asset, kind, path, above in session.execute(query)
    ]  # fmt: skip


def _places(session: Session, site_id: UUID, locale: str) -> Rows:
    query = select(Place.path, Place.kind, Place.is_common).where(Place.site_id == site_id, Place.path != "")
    return [
        (path, word_of(KINDS, kind, locale), word_of(USES, "common" if is_common else "home", locale))
        for path, kind, is_common in session.execute(query)
    ]


def _people(session: Session, site_id: UUID, locale: str) -> Rows:
    role = {"zh_CN": "住户"}.get(locale, "resident")
    return [(name, phone, unit, role) for name, phone, unit in residents.listed(session, site_id)]


READERS: dict[str, Callable[[Session, UUID, str], Rows]] = {"assets": _assets, "places": _places, "people": _people}
