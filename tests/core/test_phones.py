"""The same telephone is found however it is written, and no other one is taken for it."""

from __future__ import annotations

import pytest

from core import phones


@pytest.mark.parametrize(
    "written", ["13800138000", "138 0013 8000", "+86 138-0013-8000", "0086 13800138000", "１３８００１３８０００"]
)
def test_one_telephone_has_many_ways_of_writing(written: str) -> None:
    assert phones.same(written, "138 0013 8000")
    assert phones.key(written) == "00138000"


@pytest.mark.parametrize(
    ("one", "other"),
    [("13800138000", "13800138001"), ("13800138000", "13900138000"), ("0571-5555 0100", "021-5555 0100"),
     ("110", "13800000110"), ("", ""), ("55550100", "5555010")],
)  # fmt: skip
def test_different_telephones_stay_different(one: str, other: str) -> None:
    assert not phones.same(one, other)


def test_a_berlin_number_with_and_without_its_country() -> None:
    assert phones.same("+49 30 5555 0100", "030 55550100")


@pytest.mark.parametrize("text", ["A-1203", "3 号楼 1203", "12", "Chen 138", "1234567890123456789"])
def test_what_is_no_number_is_searched_as_words(text: str) -> None:
    assert not phones.is_number(text)
