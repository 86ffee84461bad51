"""Assets as people edit them at the desk: each change can be read and taken back; a retired unit keeps its story.

A replacement is a new asset at the position of the old one. The history stays with both: the old unit keeps its
tickets, and the new one tells what stood there before.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from assets import codes, register
from assets.models import Asset, AssetType, Code
from core import changes, places
from core.errors import Conflict, Invalid, Missing, NotFound
from core.places import Place

FACTS = ("maker", "model", "serial", "note")
FIELDS = ("name", "type", "place", "parent", "warranty", *FACTS)
BLANK = dict.fromkeys(FIELDS, "")
LONGEST_FACT = 500
MOST_AT_ONCE = 500


class PartOfItself(Conflict):
    """An asset cannot be a part of itself or of something below it."""


class IsRetired(Conflict):
    """{name} was retired. Put it back into use first."""


def asset_at(session: Session, site_id: UUID, asset_id: UUID) -> Asset:
    """An asset of this site. Errors: NotFound."""
    asset = session.get(Asset, asset_id)
    if asset is None or asset.site_id != site_id:
        raise NotFound(what="word.asset")
    return asset


def values_of(session: Session, asset: Asset) -> dict[str, str]:
    """What a form shows: words, the path of the place, the code of the parent, the date in ISO form."""
    kind = session.get(AssetType, asset.type_id) if asset.type_id else None
    parent = session.get(Asset, asset.parent_id) if asset.parent_id else None
    return {
        "name": asset.name, "type": kind.name if kind else "", "place": session.get_one(Place, asset.place_id).path,
        "parent": parent.code if parent else "",
        "warranty": asset.warranty_until.isoformat() if asset.warranty_until else "",
        **{fact: str(asset.facts.get(fact, "")) for fact in FACTS},
    }  # fmt: skip


def add(session: Session, site_id: UUID, values: dict[str, str], actor: UUID, now: datetime) -> Asset:
    """Add an asset; its label's code is minted. Errors: Missing, Invalid, NotFound."""
    given = BLANK | values
    if not given["name"].strip():
        raise Missing(field="field.name")
    place = _place(session, site_id, given["place"])
    asset = register.add_asset(session, site_id, place.id, given["name"], given["type"], now=now, actor=str(actor))
    _write(session, asset, given)
    _record(session, asset, {}, actor, now)
    return asset


def edit(
    session: Session, site_id: UUID, asset_id: UUID, values: dict[str, str], actor: UUID | None, now: datetime
) -> None:
    """Change an asset. Errors: Missing, Invalid, NotFound, PartOfItself."""
    asset = asset_at(session, site_id, asset_id)
    before = _all_of(session, asset)
    _write(session, asset, values_of(session, asset) | values)
    _record(session, asset, before, actor, now)


def edit_many(
    session: Session, site_id: UUID, asset_ids: list[UUID], values: dict[str, str], actor: UUID, now: datetime
) -> int:
    """Give several assets the same values, such as a type or a place. Returns how many there are."""
    if len(asset_ids) > MOST_AT_ONCE:
        raise Invalid(field="field.count")
    for asset_id in asset_ids:
        edit(session, site_id, asset_id, values, actor, now)
    return len(asset_ids)


def retire(session: Session, site_id: UUID, asset_id: UUID, actor: UUID | None, now: datetime) -> None:
    """Take an asset out of use. Its codes still lead to it and its history stays."""
    _set_retired(session, asset_at(session, site_id, asset_id), now, actor, now)


def reinstate(session: Session, site_id: UUID, asset_id: UUID, actor: UUID | None, now: datetime) -> None:
    """Put a retired asset back into use."""
    _set_retired(session, asset_at(session, site_id, asset_id), None, actor, now)


def replace(
    session: Session, site_id: UUID, asset_id: UUID, values: dict[str, str], actor: UUID, now: datetime, *,
    keeps_label: bool,
) -> Asset:  # fmt: skip
    """Put a new unit at the position of an old one, which is retired. `keeps_label`: the sticker stays on the wall.

    Errors: IsRetired for one that was replaced before, and as of `add`.
    """
    old = asset_at(session, site_id, asset_id)
    if old.retired_at is not None:
        raise IsRetired(name=old.name)
    new = add(
        session, site_id, values_of(session, old) | dict.fromkeys(FACTS, "") | {"warranty": ""} | values, actor, now
    )
    new.replaces_id = old.id
    if keeps_label:
        _hand_over(session, old, new, now, str(actor))
    retire(session, site_id, old.id, actor, now)
    return new


@changes.restores("asset")
def _restore(
    session: Session, site_id: UUID, key: str, values: dict[str, Any], actor: UUID | None, now: datetime
) -> None:
    if not values:
        retire(session, site_id, UUID(key), actor, now)
        return
    told = {name: str(value) for name, value in values.items()}
    if "retired" in told:
        (retire if told.pop("retired") else reinstate)(session, site_id, UUID(key), actor, now)
    if told:
        edit(session, site_id, UUID(key), told, actor, now)


def _write(session: Session, asset: Asset, values: dict[str, str]) -> None:
    asset.place_id = _place(session, asset.site_id, values["place"]).id
    asset.name = register.named(values["name"])
    kind = values["type"].strip()
    asset.type_id = register.add_type(session, asset.site_id, kind).id if kind else None
    asset.parent_id = _parent(session, asset, values["parent"])
    asset.warranty_until = _date(values["warranty"])
    if any(len(values[fact]) > LONGEST_FACT for fact in FACTS):
        raise Invalid(field="field.note")
    asset.facts = asset.facts | {fact: values[fact].strip() for fact in FACTS}
    session.flush()


def _place(session: Session, site_id: UUID, path: str) -> Place:
    if not path.strip("/ "):
        raise Missing(field="field.place")
    return places.place_at(session, site_id, path)


def _parent(session: Session, asset: Asset, code: str) -> UUID | None:
    """The asset that this one is a part of, by its code."""
    if not code.strip():
        return None
    found = codes.resolve(session, codes.canonical(code)).asset_id
    parent = session.get(Asset, found) if found else None
    if parent is None or parent.site_id != asset.site_id:
        raise NotFound(what="word.asset")
    above: Asset | None = parent
    while above is not None:
        if above.id == asset.id:
            raise PartOfItself
        above = session.get(Asset, above.parent_id) if above.parent_id else None
    return parent.id


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise Invalid(field="field.warranty") from None


def _set_retired(
    session: Session, asset: Asset, retired_at: datetime | None, actor: UUID | None, now: datetime
) -> None:
    if (asset.retired_at is None) == (retired_at is None):
        return
    before = _all_of(session, asset)
    asset.retired_at = retired_at
    session.flush()
    _record(session, asset, before, actor, now)


def _hand_over(session: Session, old: Asset, new: Asset, now: datetime, actor: str) -> None:
    """The label of the old unit leads to the new one; the old one is found by a code of its own."""
    label, fresh = old.code, new.code
    for asset, code in ((old, codes.fresh()), (new, label), (old, fresh)):
        asset.code = code
        session.flush()
    session.execute(update(Code).where(Code.code == label).values(asset_id=new.id))
    session.execute(update(Code).where(Code.code == fresh).values(asset_id=old.id))
    register.tell(session, old.id, {"code": fresh}, now, actor)
    register.tell(session, new.id, {"code": label, "replaces_id": old.id}, now, actor)


def _all_of(session: Session, asset: Asset) -> dict[str, Any]:
    return {**values_of(session, asset), "retired": "yes" if asset.retired_at else ""}


def _record(session: Session, asset: Asset, before: dict[str, Any], actor: UUID | None, now: datetime) -> None:
    edit = changes.Edit(
        asset.site_id, "asset", str(asset.id), before, _all_of(session, asset), asset.name,
        register.stream_of(asset.id),
    )  # fmt: skip
    changes.record(session, edit, actor, now)


def types_named(session: Session, site_id: UUID) -> list[str]:
    """The names of a site's types, to choose from while typing."""
    return list(session.scalars(select(AssetType.name).where(AssetType.site_id == site_id).order_by(AssetType.name)))
