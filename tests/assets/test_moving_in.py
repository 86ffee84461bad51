"""Who is who in a list of residents: by telephone, by name within a family, by home where there is no number."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from assets.moving_in import Comer, Known, PersonRow, Units, plan

A, B, C, BIG = (UUID(int=number) for number in range(1, 5))
UNITS = Units(
    [(A, "1号楼/1单元/101"), (B, "1号楼/1单元/102"), (C, "2号楼/1单元/101"), (BIG, "2号楼"), (UUID(int=9), "")]
)
LI = Known(UUID(int=20), "Li Na", "+86 138 0013 8000", is_staff=False, homes={A: "approved"})
FENG = Known(UUID(int=21), "Feng", "13800138000", is_staff=False, homes={A: "approved"})
MUTE = Known(UUID(int=22), "Mute", "", is_staff=False, homes={B: "approved"})
WORKER = Known(UUID(int=23), "Wang", "13900139000", is_staff=True)


def decided(people: list[Known], *rows: tuple[str, ...]) -> tuple[list[Comer], dict[str, int], list[str]]:
    given = [PersonRow("", number, *row) for number, row in enumerate(rows, start=2)]
    comers, diff = plan(given, people, UNITS)
    return comers, {fate: count for fate, count in diff.counts.items() if count}, [one.key for one in diff.refused]


def test_the_same_number_and_name_is_the_same_person_however_it_is_written() -> None:
    comers, counts, _ = decided([LI], ("Li Na", "138-0013-8000", "1号楼/1单元/101"))
    assert counts == {"unchanged": 1}
    assert [comer.is_changed for comer in comers] == [False]


def test_another_name_under_a_number_is_a_new_name() -> None:
    comers, counts, _ = decided([LI], ("Li Na Maria", "13800138000", ""))
    assert counts == {"changed": 1}
    assert (comers[0].id, comers[0].name) == (LI.id, "Li Na Maria")


def test_two_names_under_a_number_are_a_family() -> None:
    _, counts, _ = decided([], ("Li Na", "13800138000", ""), ("Feng", "13800138000", ""))
    assert counts == {"added": 2}
    _, counts, _ = decided([LI, FENG], ("Li Na", "13800138000", ""), ("Feng", "13800138000", ""))
    assert counts == {"unchanged": 2}
    _, counts, refused = decided([LI, FENG], ("Somebody", "13800138000", ""))
    assert (counts, refused) == ({"refused": 1}, ["import.name_unclear"])


def test_staff_are_never_renamed_by_a_table() -> None:
    _, _, refused = decided([WORKER], ("Wong", "13900139000", ""))
    assert refused == ["import.name_of_staff"]
    _, counts, _ = decided([WORKER], ("Wang", "13900139000", "1号楼/1单元/102"))
    assert counts == {"changed": 1}


def test_without_a_number_it_is_the_one_of_that_name_in_that_home() -> None:
    _, counts, _ = decided(
        [MUTE, LI], ("Mute", "", "102"), ("Mute", "", "1号楼1单元101"), ("Li Na", "", "1号楼-1单元-101")
    )
    assert counts == {"unchanged": 2, "added": 1}


def test_a_home_that_was_left_is_given_back_and_shown() -> None:
    left = replace(LI, homes={A: "ended"})
    comers, counts, _ = decided([left], ("Li Na", "13800138000", "1号楼/1单元/101"))
    assert counts == {"changed": 1}
    assert list(comers[0].homes) == [A]


@pytest.mark.parametrize(
    ("unit", "key"),
    [("101", "import.unit_ambiguous"), ("103", "import.unit_unknown"), ("3号楼/101", "import.unit_unknown")],
)
def test_a_home_must_be_one_place(unit: str, key: str) -> None:
    assert decided([], ("Li Na", "13800138000", unit))[2] == [key]


@pytest.mark.parametrize(
    "unit", ["2号楼/1单元/101", "2号楼／1单元／101", "2号楼1单元101", "2号楼-1单元-101", " 2号楼 / 1单元 / 101 "]
)
def test_a_home_is_found_however_it_is_written(unit: str) -> None:
    comers, _, refused = decided([], ("Li Na", "13800138000", unit))
    assert refused == []
    assert list(comers[0].homes) == [C]
