"""What a report names in its own words, as a table: the words, what is guessed, and what they mean."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import pytest

from assets import naming, register
from core import lexicon, places
from core.database import Database, Session
from core.lexicon.naming import folded, parts
from core.places import Known
from core.tickets.models import Subject

COMPOUNDS = {
    "zh": ("{n}号楼", "{n}单元", "{n}层", "{n}室", "地下车库", "电梯", "{n}单元电梯"),
    "en": ("Building {n}", "Entrance {n}", "Floor {n}", "Flat {n}", "Garage", "Lift", "Lift, entrance {n}"),
}  # fmt: skip
# Words that name one thing from a home in building 3, entrance 2, flat 502.
MEANT = [
    ("3号楼2单元电梯不动", "lift 3/2"), ("三号楼二单元的电梯坏了", "lift 3/2"), ("3栋2单元电梯坏了", "lift 3/2"),
    ("Lift not moving, building 3 entrance 2", "lift 3/2"), ("the lift in Bldg 3, staircase 2 is stuck", "lift 3/2"),
    ("block 1 entrance 1: elevator out of order", "lift 1/1"), ("1号楼1单元电梯困人了", "lift 1/1"),
    ("people are trapped in the lift, building 1 entrance 2", "lift 1/2"), ("2单元电梯坏了", "lift 3/2"),
    ("entrance 1 lift broken", "lift 3/1"), ("电梯坏了", "lift 3/2"), ("the lift is stuck", "lift 3/2"),
    ("3号楼2单元3层的电梯门打不开", "lift 3/2"), ("3号楼2单元502水龙头漏水", "home"), ("502 the tap drips", "home"),
    ("building 3 entrance 2 flat 502: no power", "home"),
    ("1号楼1单元3层灯不亮", "floor 1/1/3"), ("lamp broken, building 1 entrance 1 floor 3", "floor 1/1/3"),
    ("the lamp on the 3rd floor of building 1 entrance 1", "floor 1/1/3"),
    ("building 1 entrance 1 flat 301 no water", "1/1"),
    ("1号楼1单元301没水", "1/1"), ("the tap drips", ""), ("水龙头漏水", ""), ("厨房里闻到煤气味", ""),
]  # fmt: skip
OFFERED = [
    ("3号楼2单元没水", ["home", "3/2"]), ("no water in building 3 entrance 2", ["home", "3/2"]),
    ("1号楼电梯坏了", ["lift 1/1", "lift 1/2"]), ("the lift in building 1 is broken", ["lift 1/1", "lift 1/2"]),
]  # fmt: skip


class Compound:
    """Two buildings of two entrances with a lift each, in the words of one language."""

    def __init__(self, session: Session, site: UUID, language: str, now: datetime) -> None:
        self.session, self.site = session, site
        building, entrance, floor, flat, garage, kind, lift = COMPOUNDS[language]
        self.meant: dict[Subject, str] = {}
        for b in (1, 3):
            for e in (1, 2):
                path = f"{building.format(n=b)}/{entrance.format(n=e)}"
                self._place(path, f"{b}/{e}")
                self._place(f"{path}/{floor.format(n=3)}", f"floor {b}/{e}/3")
                where = places.place_at(session, site, path)
                asset = register.add_asset(session, site, where.id, lift.format(n=e), kind, now=now)
                self.meant[register.subject_of(session, asset.code)] = f"lift {b}/{e}"
        self._place(garage, "garage")
        home = f"{building.format(n=3)}/{entrance.format(n=2)}/{flat.format(n=502)}"
        self.home = self._place(home, "home", is_common=False)
        self._place(f"{building.format(n=1)}/{entrance.format(n=1)}/{flat.format(n=301)}", "secret", is_common=False)

    def _place(self, path: str, name: str, *, is_common: bool = True) -> Subject:
        place = places.ensure_path(self.session, self.site, path, is_common=is_common)
        subject = register.subject_of_place(self.session, place.id)
        self.meant[subject] = name
        return subject

    def read(self, words: str, *, is_resident: bool = True) -> list[str]:
        known = Known([self.site], (), [self.home.place_id] if is_resident else [])
        category = lexicon.guess(words, lexicon.load()).category or ""
        homes = [self.home] if is_resident else []
        return [self.meant[subject] for subject in naming.named(self.session, words, known, homes, category)]


@pytest.fixture(params=COMPOUNDS)
def compound(db: Database, site: UUID, now: datetime, request: pytest.FixtureRequest) -> Iterator[Compound]:
    with db.write_scope() as session:
        yield Compound(session, site, request.param, now)


def test_words_in_either_language_mean_the_same_place_in_either_compound(compound: Compound) -> None:
    wrong = {words: compound.read(words) for words, meant in MEANT if compound.read(words) != [meant][: bool(meant)]}
    assert wrong == {}


def test_what_may_mean_several_things_is_offered(compound: Compound) -> None:
    assert {words: compound.read(words) for words, _ in OFFERED} == dict(OFFERED)


def test_a_place_is_found_by_its_own_name(compound: Compound) -> None:
    assert compound.read("地下车库灯不亮") + compound.read("no light in the garage") == ["garage"]


def test_somebody_without_a_home_is_not_told_which_lift_it_may_be(compound: Compound) -> None:
    assert compound.read("the lift is stuck", is_resident=False) == []
    assert compound.read("2单元电梯坏了", is_resident=False) == ["lift 1/2", "lift 3/2"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("3号楼", [("building", "3")]), ("十二栋", [("building", "12")]), ("3楼", [("floor", "3")]),
        ("Building B", [("building", "b")]), ("2nd floor", [("floor", "2")]), ("Level 02", [("floor", "2")]),
        ("A座1203", [("building", "a"), ("flat", "1203")]), ("call 13800138000", []), ("since 2026-11-20", []),
    ],
)  # fmt: skip
def test_the_numbered_parts_of_a_compound(words: str, found: list[tuple[str, str]]) -> None:
    assert parts(folded(words)) == found
