"""What a report is about, from its own words: the places and the equipment that they name.

Nothing is learnt here that the writer may not know: only places that are `known` are looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, literal, or_, select
from sqlalchemy.orm import Session

from assets.models import Asset, AssetType
from core import places
from core.lexicon import naming
from core.lexicon.naming import FLAT, Part
from core.places import Known, Place
from core.tickets.models import Subject

MOST = 6
# A fault of such a category is always one of its equipment, and never inside a home.
EQUIPPED = ("lift",)
OUTSIDE = ("lift", "parking", "greenery", "security", "fire_safety")
DEEPER = ("entrance", "floor", FLAT)


def named(session: Session, words: str, known: Known, homes: Sequence[Subject], category: str) -> list[Subject]:
    """What the words may mean, at most a handful; nothing where they name nothing.

    1. The places whose names stand in the words, those with the most of their path named; of several those beside
       an own home.
    2. At each place the equipment that is meant, else the place itself.
    3. Without a place: the equipment of the own building that is meant.
    4. Who names their own building or entrance may mean the home as well, but not with a broken lift.
    """
    text = naming.folded(words)
    found = _beside(_places(session, text, known), homes)
    if not found:
        return _served(session, text, homes, category)
    subjects = [subject for place in found for subject in _at(session, text, place, category)]
    if len(found) == 1 and subjects[0].asset_id is None and category not in OUTSIDE:
        subjects = [*(home for home in homes if home.place.startswith(f"{found[0].path}/")), *subjects]
    return list(dict.fromkeys(subjects))[:MOST]


def together(session: Session, subjects: Sequence[Subject]) -> Subject | None:
    """The deepest place that holds all of several, for a report that cannot wait for an answer."""
    if len({subject.site_id for subject in subjects}) != 1:
        return None
    if all(subject.place_id == subjects[0].place_id for subject in subjects):
        return _subject(session.get_one(Place, subjects[0].place_id))
    paths = [subject.place.split("/") for subject in subjects]
    depth = next((n for n, names in enumerate(zip(*paths, strict=False)) if len(set(names)) > 1), min(map(len, paths)))
    path = "/".join(paths[0][:depth])
    place = session.scalar(select(Place).where(Place.site_id == subjects[0].site_id, Place.path == path))
    return _subject(place) if place and place.path else None


def _places(session: Session, text: str, known: Known) -> list[Place]:
    mentioned = naming.parts(text)
    spelled = {name for part in mentioned for name in naming.spelled(part)}
    scores = [(place, _score(place, text, mentioned)) for place in places.mentioned(session, text, spelled, known)]
    best = max((score for _, score in scores), default=0)
    return [place for place, score in scores if score == best > 0]


def _score(place: Place, text: str, mentioned: list[Part]) -> int:
    """How many parts of a path the words name; 0 when its own name is not, or another one in the place of a part."""
    names = [naming.folded(name) for name in place.path.split("/")]
    if len(names) > 1 and naming.occurs("/".join(names), text):
        return len(names) + 1
    hits = [_hit(name, depth, text, mentioned) for depth, name in enumerate(names)]
    return sum(hits) if hits[-1] > 0 and min(hits) >= 0 else 0


def _hit(name: str, depth: int, text: str, mentioned: list[Part]) -> int:
    """1: the words name this part of a path; -1: they name another one in its place; 0: neither."""
    part = naming.part(name)
    kinds = (part[0],) if part else ("building",) if depth == 0 else DEEPER
    number = part[1] if part else name
    if any((kind, number) in mentioned for kind in kinds):
        return 1
    if part is None and not _is_number(name):
        return int(len(name) > 1 and naming.occurs(name, text))
    return -1 if any(kind in kinds[:1] for kind, _ in mentioned) and (part or depth == 0) else 0


def _is_number(name: str) -> bool:
    return name.isdigit() or len(name) == 1


def _beside(found: list[Place], homes: Sequence[Subject]) -> list[Place]:
    """Of several places those in an own building, where there are such."""
    own = {(home.site_id, home.place.split("/")[0]) for home in homes}
    near = [place for place in found if (place.site_id, place.path.split("/")[0]) in own]
    return near if near and len(found) > 1 else found


def _at(session: Session, text: str, place: Place, category: str) -> list[Subject]:
    """The equipment that is meant at a place, below it, or on the way to it; else the place."""
    if not place.is_common:
        return _served(session, text, [_subject(place)], category) or [_subject(place)]
    below = or_(Place.id == place.id, Place.path.startswith(f"{place.path}/", autoescape=True))
    found = _equipment(session, text, place.site_id, below, category)
    exact = [subject for subject in found if subject.place_id == place.id]
    return exact or found or _served(session, text, [_subject(place)], category) or [_subject(place)]


def _served(session: Session, text: str, homes: Sequence[Subject], category: str) -> list[Subject]:
    """The equipment on the way to some places, the nearest of each."""
    found: list[Subject] = []
    for home in homes:
        names = home.place.split("/")[:-1]
        above = ["/".join(names[:depth]) for depth in range(1, len(names) + 1)]
        near = _equipment(session, text, home.site_id, Place.path.in_(above), category)
        deepest = max((len(subject.place) for subject in near), default=0)
        found += [subject for subject in near if len(subject.place) == deepest]
    return list(dict.fromkeys(found))[:MOST]


def _equipment(session: Session, text: str, site_id: UUID, where: ColumnElement[bool], category: str) -> list[Subject]:
    """What is in use there and meant: of the category, or called by its type; the one that is called by its name."""
    of_category = AssetType.category == category if category in EQUIPPED else false()
    is_called = and_(func.length(AssetType.name) > 1, literal(text).contains(func.lower(AssetType.name)))
    query = select(Asset, Place, AssetType).join(Place, Place.id == Asset.place_id)
    query = query.join(AssetType, AssetType.id == Asset.type_id)
    query = query.where(Asset.site_id == site_id, Asset.retired_at.is_(None), where, or_(of_category, is_called))
    rows = session.execute(query.order_by(Place.path, Asset.name).limit(MOST * 4)).all()
    found = [
        (naming.folded(asset.name), _subject(place, asset, kind))
        for asset, place, kind in rows
        if (kind.category == category and category in EQUIPPED) or naming.occurs(naming.folded(kind.name), text)
    ]
    called = [subject for name, subject in found if naming.occurs(name, text)]
    return (called or [subject for _, subject in found])[:MOST]


def _subject(place: Place, asset: Asset | None = None, kind: AssetType | None = None) -> Subject:
    where = (place.site_id, place.id, place.path or place.name, place.is_common)
    return (
        Subject(*where, asset.id, asset.code, asset.name, kind.category if kind else "") if asset else Subject(*where)
    )
