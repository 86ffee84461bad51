"""Pure: what a handover changes in the register, decided in full before anything is written.

So a dry run tells exactly what the run would do.

1. Words that cannot go in are quarantined, each with its reason.
2. A row with a code is the asset with that code, or a new one. A row without a code is the asset of that name at
   that place, or a new one. Where two rows mean the same thing the first goes in; where it cannot be told which
   asset is meant, none does.
3. Parents are found by code, then by name; who would be its own ancestor, or hang on a row that is kept out, is
   kept out too.
4. What an asset's row leaves empty stays as it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from assets import codes
from assets.checking import DETAILS, Item, ancestors, checked, clean, path_of, refused_words
from assets.codes import NotACode, WrongCheckDigit
from assets.handover import Handover, Quarantined
from core import clock

CHANGEABLE = ("name", "path", "type", "parent_id")


@dataclass(frozen=True, slots=True)
class KnownAsset:
    """An asset of the register, with its place as a path and its type by name. `details`: warranty, maker, …"""

    id: UUID
    name: str
    path: str
    type: str
    parent_id: UUID | None
    is_retired: bool
    details: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Known:
    """What the register holds. `codes`: the asset of each code the file mentions, None for a place's code."""

    assets: dict[UUID, KnownAsset]
    codes: dict[str, UUID | None]
    codes_elsewhere: frozenset[str]


@dataclass(frozen=True, slots=True)
class Planned:
    """One row that goes in. `before`: the asset as it is, None where it is new. `parent_id`: None says nothing."""

    id: UUID
    item: Item
    before: KnownAsset | None
    parent_id: UUID | None = None

    @property
    def after(self) -> KnownAsset:
        """The asset as it will be."""
        item, old = self.item, self.before
        if old is None:
            known = (self.id, item.name, item.path, item.type, self.parent_id)
            return KnownAsset(*known, is_retired=False, details=item.details)
        changed: dict[str, Any] = {"type": item.type or old.type, "parent_id": self.parent_id or old.parent_id}
        changed["details"] = {name: _detail(item, old, name) for name in DETAILS}
        return replace(old, name=item.name, path=item.path, **changed)

    @property
    def changes(self) -> list[str]:
        """The fields of an asset of the register that change: name, path, type, parent_id, warranty, maker, …"""
        if self.before is None:
            return []
        before, after = self.before, self.after
        words = [name for name in CHANGEABLE if getattr(before, name) != getattr(after, name)]
        return words + [name for name in DETAILS if before.details.get(name, "") != after.details.get(name, "")]


@dataclass(frozen=True, slots=True)
class Plan:
    """What goes in, parents before children, and what does not. Paths and types are those that the file speaks of."""

    assets: list[Planned]
    paths: dict[str, str]
    types: dict[str, str]
    quarantined: list[Quarantined]


@dataclass(slots=True)
class _Sorting:
    """Where rows go while they are matched."""

    known: Known
    planned: dict[UUID, Planned] = field(default_factory=dict)
    refused: list[Quarantined] = field(default_factory=list)
    by_code: dict[str, UUID] = field(default_factory=dict)


def _detail(item: Item, old: KnownAsset, name: str) -> str:
    """What a row says, unless it says nothing or the same: a note keeps its lines when a table comes back."""
    there, said = old.details.get(name, ""), item.details.get(name, "")
    return there if not said or said == clean(there) else said


def mentioned_codes(handover: Handover) -> set[str]:
    """Every code that a file may mean, as an asset's own or as a parent's."""
    found = set()
    for text in {text for row in handover.assets for text in (row.code, row.parent) if text}:
        try:
            found.add(codes.canonical(clean(text)))
        except (NotACode, WrongCheckDigit):
            continue
    return found


def plan(handover: Handover, known: Known) -> Plan:
    sorting = _Sorting(known, refused=list(handover.quarantined))
    items = _checked(handover, sorting)
    _match_coded([item for item in items if item.code], sorting)
    _match_named([item for item in items if not item.code], items, sorting)
    _find_parents(sorting)
    _refuse_cycles(sorting)
    ordered = _parents_first(sorting)
    paths, types = _spoken_of(handover, ordered, sorting)
    return Plan(ordered, paths, types, sorted(sorting.refused, key=lambda one: (one.sheet, one.row)))


def _checked(handover: Handover, sorting: _Sorting) -> list[Item]:
    items = []
    for row in handover.assets:
        outcome = checked(row)
        if isinstance(outcome, Item):
            items.append(outcome)
        else:
            sorting.refused += outcome
    return items


def _match_coded(items: list[Item], sorting: _Sorting) -> None:
    first: dict[str, Item] = {}
    for item in items:
        taken = first.setdefault(item.code, item)
        if item.code in sorting.known.codes_elsewhere:
            sorting.refused.append(item.refused("code", "import.code_elsewhere"))
        elif taken is not item:
            sorting.refused.append(item.refused("code", "import.code_twice", first=taken.row.row))
        elif item.code in sorting.known.codes and sorting.known.codes[item.code] is None:
            sorting.refused.append(item.refused("code", "import.code_of_place"))
        else:
            _accept(item, sorting.known.codes.get(item.code), "code", sorting)


def _match_named(items: list[Item], everyone: list[Item], sorting: _Sorting) -> None:
    rows = defaultdict(list)
    for item in (*(item for item in everyone if item.code), *items):
        rows[item.path, item.name].append(item)
    there = defaultdict(list)
    for asset in sorting.known.assets.values():
        if asset.id not in sorting.planned:
            there[asset.path, asset.name].append(asset)
    for item in items:
        same, first = there[item.path, item.name], rows[item.path, item.name][0]
        meant = [asset for asset in same if not asset.is_retired] or same
        if first is not item:
            sorting.refused.append(item.refused("name", "import.same_twice", first=first.row.row))
        elif len(meant) > 1:
            sorting.refused.append(item.refused("name", "import.ambiguous", number=len(meant)))
        else:
            _accept(item, meant[0].id if meant else None, "name", sorting)


def _accept(item: Item, asset_id: UUID | None, column: str, sorting: _Sorting) -> None:
    if asset_id in sorting.planned:
        first = sorting.planned[asset_id].item.row.row
        sorting.refused.append(item.refused(column, "import.same_twice", first=first))
        return
    before = sorting.known.assets.get(asset_id) if asset_id else None
    made = Planned(asset_id or clock.new_id(), item, before)
    sorting.planned[made.id] = made
    if item.code:
        sorting.by_code[item.code] = made.id


def _find_parents(sorting: _Sorting) -> None:
    names: dict[str, set[UUID]] = defaultdict(set)
    for asset in sorting.known.assets.values():
        if asset.id not in sorting.planned:
            names[asset.name].add(asset.id)
    for made in sorting.planned.values():
        names[made.item.name].add(made.id)
    for made in list(sorting.planned.values()):
        if made.item.parent:
            _find_parent(made, names, sorting)


def _find_parent(made: Planned, names: dict[str, set[UUID]], sorting: _Sorting) -> None:
    item, problem = made.item, "import.parent_unknown"
    try:
        code = codes.canonical(item.parent)
    except NotACode:
        code = ""
    except WrongCheckDigit:
        code, problem = "", "import.code_check"
    by_code = sorting.by_code.get(code) or sorting.known.codes.get(code)
    found = {by_code} if by_code else names.get(item.parent, set())
    if len(found) == 1:
        sorting.planned[made.id] = Planned(made.id, item, made.before, next(iter(found)))
        return
    del sorting.planned[made.id]
    if found:
        sorting.refused.append(item.refused("parent", "import.parent_ambiguous", number=len(found)))
    else:
        sorting.refused.append(item.refused("parent", problem))


def _refuse_cycles(sorting: _Sorting) -> None:
    """Keep out every row that states a parent and would thereby be its own ancestor."""
    above = {asset.id: asset.parent_id for asset in sorting.known.assets.values()}
    above |= {made.id: made.parent_id or above.get(made.id) for made in sorting.planned.values()}
    for asset_id in _in_cycles(above):
        made = sorting.planned.get(asset_id)
        if made is not None and made.parent_id is not None:
            del sorting.planned[asset_id]
            sorting.refused.append(made.item.refused("parent", "import.parent_cycle"))


def _in_cycles(above: dict[UUID, UUID | None]) -> list[UUID]:
    done: set[UUID] = set()
    circling: list[UUID] = []
    for start in above:
        path: dict[UUID, None] = {}
        here: UUID | None = start
        while here is not None and here not in done and here not in path:
            path[here] = None
            here = above.get(here)
        if here in path:
            way = list(path)
            circling += way[way.index(here) :]
        done.update(path)
    return circling


def _parents_first(sorting: _Sorting) -> list[Planned]:
    """Planned rows in an order in which they can be stored; those on a row that is kept out are kept out."""
    below = defaultdict(list)
    ready: list[Planned] = []
    for made in sorting.planned.values():
        if made.parent_id is None or made.parent_id in sorting.known.assets:
            ready.append(made)
        else:
            below[made.parent_id].append(made)
    for made in ready:
        ready += below.pop(made.id, [])
    stranded = [made for group in below.values() for made in group]
    sorting.refused += [made.item.refused("parent", "import.parent_refused") for made in stranded]
    return ready


def _spoken_of(
    handover: Handover, assets: Iterable[Planned], sorting: _Sorting
) -> tuple[dict[str, str], dict[str, str]]:
    """The paths with their kinds, those above them included, and the types with their categories."""
    paths = {step: "area" for made in assets for step in ancestors(made.item.path)}
    types = {made.item.type: "" for made in assets if made.item.type}
    for place in handover.places:
        sorting.refused += (problems := refused_words(place))
        if not problems:
            steps = ancestors(path_of(clean(place.path)))
            paths.update({step: paths.get(step, "area") for step in steps} | dict.fromkeys(steps[-1:], place.kind))
    for kind in handover.types:
        sorting.refused += (problems := refused_words(kind))
        if not problems:
            types[clean(kind.name)] = kind.category
    return paths, types
