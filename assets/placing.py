"""Places from a table: a path on each line, what kind of place it is, and whether somebody lives there.

What a line leaves empty stays as it is; for a new place a home is a unit and a unit is a home, anything else is shared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from assets.checking import ancestors, clean, path_of, refused_words
from assets.diffs import Diff, Step, Task, chunks
from assets.handover import PlaceRow, Quarantined
from core import changes, clock
from core.database import rows
from core.places import Place
from core.upkeep import places as upkeep

CHUNK, FEW = 500, 50
# The words of each kind and use: the first two are what exports say in English and Chinese.
KINDS = {
    "area": "area 区域 公共区域",
    "building": "building 楼栋 楼 栋 幢 大楼 block tower",
    "floor": "floor 楼层 层 level storey",
    "room": "room 房间 机房",
    "unit": "unit 住房 住户 单元 户 房屋 flat apartment",
    "outdoor": "outdoor 室外 户外 outdoors",
}
USES = {
    "common": "common 公共 公用 共用 shared public no 否",
    "home": "home 住户 住房 住宅 自用 私有 private residential yes 是",
}
LANGUAGES = ("en", "zh_CN")


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """A place as a file states it."""

    sheet: str
    row: int
    place: str
    kind: str = ""
    use: str = ""


@dataclass(frozen=True, slots=True)
class KnownPlace:
    id: UUID
    kind: str
    is_common: bool


@dataclass(slots=True)
class _Wanted:
    """A place of the file: `kind` and `is_common` as they will be."""

    path: str
    kind: str
    is_common: bool
    before: KnownPlace | None


def word_of(words: dict[str, str], key: str, locale: str) -> str:
    """What an export calls a kind or a use."""
    return words[key].split()[LANGUAGES.index(locale) if locale in LANGUAGES else 0]


def prepare(
    session: Session, site_id: UUID, lines: Sequence[PlaceLine], now: datetime, actor: UUID | None
) -> Task:  # fmt: skip
    """Decide what a table of places changes."""
    query = select(Place.path, Place.id, Place.kind, Place.is_common).where(Place.site_id == site_id)
    known = {path: KnownPlace(place_id, kind, common) for path, place_id, kind, common in session.execute(query)}
    diff, refused = Diff(), list[Quarantined]()
    wanted = _wanted(lines, known, refused)
    for one in wanted:
        _tell(diff, one)
    diff.refuse(refused)
    ids = {path: place.id for path, place in known.items()}
    return Task(diff, _steps(wanted, ids, site_id, now, actor))


def _wanted(lines: Sequence[PlaceLine], known: dict[str, KnownPlace], refused: list[Quarantined]) -> list[_Wanted]:
    """The places of a file and those on the way to them, each once, those above in front."""
    found: dict[str, _Wanted] = {}
    first: dict[str, int] = {}
    for line in lines:
        kind, use = key_of(KINDS, line.kind), key_of(USES, line.use)
        problems = _problems(line, kind, use)
        path = path_of(clean(line.place))
        if not problems and path in first:
            problems = [_refused(line, "place", "import.place_twice", first=first[path])]
        if problems:
            refused += problems
            continue
        first[path] = line.row
        found[path] = _meant(path, kind or "", use or "", known.get(path))
    steps = {step for path in found for step in ancestors(path)} - found.keys() - known.keys()
    found |= {path: _Wanted(path, "area", is_common=True, before=None) for path in steps}
    return sorted(found.values(), key=lambda one: (one.path.count("/"), one.path))


def _meant(path: str, kind: str, use: str, before: KnownPlace | None) -> _Wanted:
    if before is not None:
        return _Wanted(path, kind or before.kind, use == "common" if use else before.is_common, before)
    is_home = use == "home" if use else kind == "unit"
    return _Wanted(path, kind or ("unit" if is_home else "area"), is_common=not is_home, before=None)


def _problems(line: PlaceLine, kind: str | None, use: str | None) -> list[Quarantined]:
    problems = refused_words(PlaceRow(line.sheet, line.row, line.place))
    if not problems and not path_of(clean(line.place)):
        problems = [_refused(line, "place", "import.missing")]
    if kind is None:
        problems.append(_refused(line, "kind", "import.kind_unknown"))
    if use is None:
        problems.append(_refused(line, "use", "import.use_unknown"))
    return problems


def _refused(line: PlaceLine, column: str, key: str, **facts: Any) -> Quarantined:
    return Quarantined(line.sheet, line.row, column, getattr(line, column), key, facts)


def key_of(words: dict[str, str], said: str) -> str | None:
    """The kind or use that a word means: empty for nothing, None for a word that nobody knows."""
    word = clean(said).casefold()
    return next((key for key, known in words.items() if word in known.split()), None) if word else ""


def _tell(diff: Diff, one: _Wanted) -> None:
    if one.before is None:
        diff.tell("added", one.path)
        return
    use, old = ("common" if common else "home" for common in (one.is_common, one.before.is_common))
    pairs = (("kind", one.before.kind, one.kind), ("use", old, use))
    differing = [pair for pair in pairs if pair[1] != pair[2]]
    diff.tell("changed" if differing else "unchanged", one.path, differing)


def _steps(
    wanted: list[_Wanted], ids: dict[str, UUID], site_id: UUID, now: datetime, actor: UUID | None
) -> list[Step]:  # fmt: skip
    fresh: list[dict[str, Any]] = []
    for one in wanted:
        if one.before is None:
            above, _, name = one.path.rpartition("/")
            ids[one.path] = clock.new_id()
            fresh.append({
                "id": ids[one.path], "site_id": site_id, "parent_id": ids[above], "name": name, "path": one.path,
                "kind": one.kind, "is_common": one.is_common,
            })  # fmt: skip
    changed = [
        one for one in wanted if one.before and (one.kind, one.is_common) != (one.before.kind, one.before.is_common)
    ]
    adding = [Step(len(part), partial(_add, part=part, now=now, actor=actor)) for part in chunks(fresh, CHUNK)]
    changing = [
        Step(len(part), partial(_change, part=part, site_id=site_id, now=now, actor=actor))
        for part in chunks(changed, FEW)
    ]
    return adding + changing


def _add(session: Session, part: Sequence[dict[str, Any]], now: datetime, actor: UUID | None) -> None:
    session.execute(insert(rows(Place)), list(part))
    first, last = part[0]["path"], part[-1]["path"]
    told = {"places": len(part), "last": last}
    changes.record(session, changes.Edit(part[0]["site_id"], "places", first, {}, told, first), actor, now)


def _change(session: Session, part: Sequence[_Wanted], site_id: UUID, now: datetime, actor: UUID | None) -> None:
    for one in part:
        assert one.before is not None
        values = {"kind": one.kind, "is_common": one.is_common}
        upkeep.edit(session, site_id, one.before.id, values, actor, now)
