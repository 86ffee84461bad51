"""Columns are found by what people call them, in Chinese and English, and each field once."""

from __future__ import annotations

import pytest

from assets import columns, placing
from assets.checking import day_of
from assets.reading import Line

ALL = columns.fields_of("assets")


@pytest.mark.parametrize(
    ("kind", "header", "fields"),
    [
        ("assets", "设备编号,设备名称,设备类别,安装位置,上级,保修至,厂家,型号,出厂编号,备注", ALL),
        ("assets", "Asset No.,Name,Category,Location,Parent,Warranty,Brand,Model,Serial,Remarks", ALL),
        ("assets", "序号,资产编码,名称,规格型号,品牌,安装地点(楼层)", ("", "code", "name", "model", "maker", "place")),
        ("assets", "Name,Name,Warranty start date,质保期至", ("name", "", "", "warranty")),
        ("assets", "  NAME ,*位置：,Ｃｏｄｅ", ("name", "place", "code")),
        ("people", "姓名,手机,房号,角色", columns.fields_of("people")),
        ("people", "业主姓名,联系电话,住址,身份", columns.fields_of("people")),
        ("people", "Name,Phone,Unit,Role", columns.fields_of("people")),
        ("places", "位置,种类,用途", columns.fields_of("places")),
    ],
)  # fmt: skip
def test_headings_are_understood(kind: str, header: str, fields: tuple[str, ...]) -> None:
    assert tuple(columns.guess(header.split(","), kind)) == fields


def test_what_people_said_goes_before_what_is_guessed() -> None:
    said = {"位置": "note", "Ort": "place", "名称": ""}
    assert columns.guess(["名称", "位置", "Ort", "编号"], "assets", said) == ["", "note", "place", "code"]


def test_the_headings_are_found_below_a_title() -> None:
    lines = [
        Line(1, ["某小区设备台账"]),
        Line(2, ["2026年11月"]),
        Line(4, ["编号", "名称", "位置"]),
        Line(5, ["1", "a", "b"]),
    ]
    assert columns.header_line(lines, "assets") == 2
    assert columns.header_line([Line(1, ["x"])], "assets") == 0


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("2027-03-31", "2027-03-31"), ("2027/3/1", "2027-03-01"), ("2027.12.5", "2027-12-05"),
        ("20270331", "2027-03-31"), ("2027年3月31日", "2027-03-31"), ("2027-03-31T00:00:00", "2027-03-31"),
        ("31/12/2027", ""), ("2027-02-30", ""),
        ("46082", ""), ("soon", ""), ("", ""),
    ],
)  # fmt: skip
def test_days_are_read_as_people_write_them(said: str, day: str) -> None:
    assert day_of(said) == day


def test_what_an_export_calls_a_kind_is_known_again() -> None:
    for words in (placing.KINDS, placing.USES):
        for locale in placing.LANGUAGES:
            names = {key: placing.word_of(words, key, locale) for key in words}
            assert len(set(names.values())) == len(words)
            assert all(placing.key_of(words, name) == key for key, name in names.items())
