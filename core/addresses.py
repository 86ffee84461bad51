"""An address as people say it, held against the paths of places: 3号楼2单元602, 3-2-602 and A/12/1203 alike.

What counts are the numbers and single letters of each level in their order; words such as "floor" are left out, and
so may be whole levels. Of every other word that was said the path must hold it: nobody is led to A/1 by "Moon 1".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Invalid, NotFound
from core.places import Place

MOST = 8
LONGEST = 200
PIECE = re.compile(r"[0-9]+|[A-Za-z]+|[^\W\d_A-Za-z]+")
OF_LEVELS = frozenset("apartment apt block building entrance flat floor house no room staircase tower unit".split())
SIGNS_OF_LEVELS = str.maketrans("", "", "号楼栋座幢单元层室房门第弄")


class NoSuchPlace(NotFound):
    """There is no such place as {words}."""


class SeveralPlaces(Invalid):
    """{words} may be several places: {places}. Please choose one."""


def one(session: Session, site_id: UUID, words: str, field: str) -> Place:
    """The place that is meant. `field`: where it was asked for. Errors: NoSuchPlace, SeveralPlaces."""
    found = meant(session, site_id, words)
    if not found:
        raise NoSuchPlace(field=field, words=words[:LONGEST])
    if len(found) > 1:
        raise SeveralPlaces(field=field, words=words[:LONGEST], places=[place.path for place in found])
    return found[0]


def meant(session: Session, site_id: UUID, words: str, limit: int = MOST) -> list[Place]:
    """The places that may be meant: the one of exactly that path, else those that fit, homes before all others."""
    words = unicodedata.normalize("NFKC", words[:LONGEST]).strip("/ ")
    here = select(Place).where(Place.site_id == site_id, Place.path != "")
    exact = session.scalar(here.where(Place.path == words))
    if exact is not None or not signs(words):
        return [exact] if exact else []
    fitting = _fitting(session, site_id, words)
    homes = [row for row in fitting if row[2] == "unit"] or fitting
    same = [row for row in homes if _folded(signs(words)) in _ways(row[1])] or homes
    chosen = [row[0] for row in same[:limit]]
    return list(session.scalars(here.where(Place.id.in_(chosen)).order_by(Place.path)))


def signs(words: str) -> list[str]:
    """The numbers and single letters of an address, in their order."""
    pieces: list[str] = PIECE.findall(unicodedata.normalize("NFKC", words))
    return [piece for piece in pieces if piece.isascii() and (piece.isdigit() or len(piece) == 1)]


def example(session: Session, site_id: UUID) -> tuple[str, str]:
    """A home of the site as it is called, and in short; nothing where there are no homes yet."""
    homes = select(Place.path).where(Place.site_id == site_id, Place.kind == "unit").order_by(Place.path).limit(1)
    path = session.scalar(homes) or ""
    return path, "-".join(signs(path))


def _fitting(session: Session, site_id: UUID, words: str) -> list[tuple[UUID, str, str]]:
    """Id, path and kind of the places that fit. The database looks for the end of the last number alone."""
    said, others = _folded(signs(words)), _other_words(words)
    query = select(Place.id, Place.path, Place.kind).where(
        Place.site_id == site_id, Place.path != "", Place.path.icontains(said[-1][-2:], autoescape=True)
    )
    rows = session.execute(query.order_by(Place.path))
    return [(row[0], row[1], row[2]) for row in rows if _fits(said, others, row[1])]


def _fits(said: list[str], others: list[str], path: str) -> bool:
    folded, last = path.casefold(), path.rpartition("/")[2]
    if not all(word in folded for word in others):
        return False
    is_named = bool(signs(last)) or any(word in last.casefold() for word in others)
    return is_named and any(way[-1] == said[-1] and _is_within(said[:-1], way[:-1]) for way in _ways(path))


def _ways(path: str) -> list[list[str]]:
    """How a path may be said: 6/01 is 601 too."""
    found = signs(path)
    ways = [_folded(found)] if found else []
    if len(found) > 1 and found[-1].startswith("0") and found[-2].isdigit():
        ways.append(_folded([*found[:-2], found[-2] + found[-1]]))
    return ways


def _is_within(said: Iterable[str], way: Iterable[str]) -> bool:
    """Whether everything that was said stands there in the same order."""
    rest = iter(way)
    return all(sign in rest for sign in said)


def _folded(found: Iterable[str]) -> list[str]:
    return [sign.lstrip("0") or "0" if sign.isdigit() else sign.upper() for sign in found]


def _other_words(words: str) -> list[str]:
    """What was said beside numbers, letters and the names of levels."""
    pieces: list[str] = PIECE.findall(words.casefold())
    longer = (piece.translate(SIGNS_OF_LEVELS) for piece in pieces if not piece.isdigit())
    return [piece for piece in longer if piece and piece not in OF_LEVELS and not (piece.isascii() and len(piece) == 1)]
