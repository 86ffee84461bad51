"""Tables come from Excel, WPS and mail: every encoding, delimiter and blank row of them is read, the rest refused."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from assets import handover
from assets.handover import AssetRow, FileTooLarge, Handover, Source, UnknownFormat
from assets.importers.table import MissingColumns, RepeatedColumns, UnknownColumns
from assets.reading import BrokenTable, EmptyTable, OldExcel
from core import i18n
from core.errors import GongdanError

HEADER = ["code", "name", "type", "place", "parent"]
LIFT = AssetRow("", 2, "1号电梯", "A/2F/201", "LIFT-01", "电梯", "")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_any_encoding_and_delimiter_reads_the_same(encoding: str, delimiter: str) -> None:
    lines = [["编号", "名称", "类型", "位置", "上级"], ["LIFT-01", "1号电梯", "电梯", "A/2F/201", ""]]
    text = "\r\n".join(delimiter.join(line) for line in lines)
    assert _read("设备.csv", text.encode(encoding)).assets == (LIFT,)


def test_a_workbook_reads_the_same() -> None:
    assert _read("a.xlsx", _workbook([HEADER, ["LIFT-01", "1号电梯", "电梯", "A/2F/201", None]])).assets == (
        AssetRow("Sheet", 2, "1号电梯", "A/2F/201", "LIFT-01", "电梯", ""),
    )


def test_only_name_and_place_are_needed_in_any_order_and_case() -> None:
    [row] = _read("a.csv", b" PLACE ,Name\nA/2F,Fan\n").assets
    assert (row.place, row.name, row.code, row.type, row.parent) == ("A/2F", "Fan", "", "", "")


def test_rows_are_numbered_as_a_spreadsheet_shows_them() -> None:
    rows = _read("a.csv", b'\n\nname,place\n\n"a\nb",X\n,,\nc,Y\n').assets
    assert [(row.row, row.name) for row in rows] == [(5, "a b"), (7, "c")]


def test_numbers_and_dates_read_as_people_see_them() -> None:
    [row] = _read("a.xlsx", _workbook([HEADER, [1001, 3.5, date(2026, 11, 20), 201.0, True]])).assets
    assert (row.code, row.name, row.type, row.place, row.parent) == ("1001", "3.5", "2026-11-20", "201", "True")


def test_formulas_read_as_their_values() -> None:
    data = _workbook([HEADER, ["A-1", "=3+4", "", "B", ""]])
    [row] = _read("a.xlsx", _with_value(data, "7")).assets
    assert row.name == "7"


def test_many_blank_rows_do_not_hurt() -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Assets")
    sheet.append(HEADER)
    for _ in range(65_000):
        sheet.append([None, "", None, "  ", None])
    sheet.append(["A-1", "Fan", "", "B", ""])
    [row] = _read("a.xlsx", _saved(book)).assets
    assert (row.row, row.code) == (65_002, "A-1")


def test_a_sheet_of_notes_beside_the_table_is_passed_over() -> None:
    book = Workbook()
    assert book.active is not None
    book.active.append(["How to fill this in"])
    sheet = book.create_sheet("Assets")
    for row in (["name", "place"], ["Fan", "B"]):
        sheet.append(row)
    assert [row.sheet for row in _read("a.xlsx", _saved(book)).assets] == ["Assets"]


def test_a_row_with_more_cells_than_columns_is_set_aside() -> None:
    said = _read("a.csv", b"name,place\nFan,B\nFan, big,B\n")
    assert len(said.assets) == 1
    assert [(bad.row, bad.key) for bad in said.quarantined] == [(3, "import.too_many_cells")]


@pytest.mark.parametrize(
    ("data", "error", "told"),
    [
        (b"code,nmae,place\n", UnknownColumns, "nmae"),
        ("编号,名称,颜色\n".encode(), UnknownColumns, "颜色"),
        (b"code,name\nA,B\n", MissingColumns, "place"),
        (b"name,place,name\n", RepeatedColumns, "name"),
        ("name,名称,place\n".encode(), RepeatedColumns, "name"),
        (b"", EmptyTable, ""),
        (b"\n , \n", EmptyTable, ""),
        (b"\xff\x00\x81\xff", BrokenTable, ""),
        (b"PK\x03\x04 no archive", BrokenTable, ""),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OldExcel, ""),
        (b"name,place\n" + b'"' + b"x" * 200_000, BrokenTable, ""),
    ],
)
def test_what_is_no_such_table_is_refused_with_the_reason(data: bytes, error: type[GongdanError], told: str) -> None:
    with pytest.raises(error) as raised:
        _read("a.csv", data)
    assert all(told in i18n.explain(raised.value, locale) for locale in i18n.LOCALES)


def test_half_a_workbook_is_refused() -> None:
    data = _workbook([HEADER])
    with pytest.raises(BrokenTable):
        _read("a.xlsx", data[: len(data) // 2])


@pytest.mark.parametrize("part", ["[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_a_workbook_with_an_empty_part_is_refused(part: str) -> None:
    with pytest.raises(BrokenTable):
        _read("a.xlsx", _without(_workbook([HEADER]), part))


def test_a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_unpacked() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/workbook.xml", "w") as entry:
        for _ in range(310):
            entry.write(bytes(1024 * 1024))
    with pytest.raises(BrokenTable):
        _read("a.xlsx", bomb.getvalue())


def test_a_file_of_another_kind_is_refused() -> None:
    with pytest.raises(UnknownFormat):
        _read("a.pdf", b"%PDF-1.7")


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    with file.open("wb") as stream:
        stream.truncate(65 * 1024 * 1024)
    with pytest.raises(FileTooLarge):
        handover.read_file(file)


def test_a_file_is_read_from_its_path(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("name,place\nFan,B\n")
    assert len(handover.read_file(file).assets) == 1


def _read(name: str, data: bytes) -> Handover:
    return handover.read(Source(name, data))


def _workbook(rows: list[list[Any]]) -> bytes:
    book = Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    return _saved(book)


def _saved(book: Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _with_value(data: bytes, value: str) -> bytes:
    """The workbook as Excel saves it: with the value of its formula beside it."""
    return _rewritten(data, lambda _, xml: xml.replace(b"</f><v />", f"</f><v>{value}</v>".encode()))


def _without(data: bytes, part: str) -> bytes:
    return _rewritten(data, lambda name, content: b"" if name == part else content)


def _rewritten(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return stream.getvalue()
