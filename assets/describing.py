"""What an import of equipment would change, told as people read it: names, types, places and parents by name."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from assets.diffs import Diff, Task
from assets.importing import Work
from assets.matching import KnownAsset, Planned

ASPECTS = {"path": "place", "parent_id": "parent"}


def task_of(work: Work) -> Task:
    diff = Diff()
    names = {made.id: made.item.name for made in work.plan.assets}
    for made in work.plan.assets:
        fate = "added" if made.before is None else "changed" if made.changes else "unchanged"
        diff.tell(fate, _label(made), _differences(made, names, work.known))
    diff.refuse(work.plan.quarantined)
    return Task(diff, work.steps)


def _label(made: Planned) -> str:
    return " · ".join(filter(None, (made.item.code, made.item.name, made.item.path)))


def _differences(
    made: Planned, names: dict[UUID, str], known: dict[UUID, KnownAsset]
) -> Iterator[tuple[str, str, str]]:
    before = made.before
    if before is None:
        return
    for name in made.changes:
        old, new = (_said(asset, name, names, known) for asset in (before, made.after))
        yield ASPECTS.get(name, name), old, new


def _said(asset: KnownAsset, name: str, names: dict[UUID, str], known: dict[UUID, KnownAsset]) -> str:
    if name == "parent_id":
        parent = asset.parent_id
        return names.get(parent) or known[parent].name if parent else ""
    return asset.details.get(name, "") if name in asset.details else str(getattr(asset, name, ""))
