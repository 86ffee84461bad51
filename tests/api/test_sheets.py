"""Tables open in Excel as what they say, and nothing in them runs."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from openpyxl import load_workbook

from api import sheets
from api.sheets import Sheet, UnknownSheetFormat

TRAPS = ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "  =1", "\x00=1", "＝1", '=HYPERLINK("//x")']


def cells(file: Path) -> list[list[object]]:
    if file.suffix == ".csv":
        with file.open(encoding="utf-8-sig", newline="") as stream:
            return [list(row) for row in csv.reader(stream)]
    [page] = load_workbook(file).worksheets
    return [list(row) for row in page.iter_rows(values_only=True)]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
@pytest.mark.parametrize("trap", TRAPS)
def test_no_cell_is_a_formula(tmp_path: Path, suffix: str, trap: str) -> None:
    file = tmp_path / f"table{suffix}"
    sheets.write(file, [Sheet("a", trap, [trap, "b"], [(trap, 1)])])
    title, header, row = cells(file)
    assert all(str(cell).startswith("'") for cell in (title[0], header[0], row[0]))


def test_numbers_stay_numbers_and_nothing_stays_empty(tmp_path: Path) -> None:
    sheets.write(tmp_path / "t.xlsx", [Sheet("a", "t", ["a", "b", "c"], [(4.5, -3, None)])])
    assert cells(tmp_path / "t.xlsx")[2] == [4.5, -3, None]


def test_a_csv_says_that_it_is_utf_8(tmp_path: Path) -> None:
    sheets.write(tmp_path / "t.csv", [Sheet("a", "工单报表", ["指标"], [("新增",)])])
    assert (tmp_path / "t.csv").read_bytes().startswith("\ufeff工单报表".encode())


def test_a_file_of_another_kind_is_refused_before_it_is_touched(tmp_path: Path) -> None:
    with pytest.raises(UnknownSheetFormat, match=r"table\.pdf"):
        sheets.write(tmp_path / "table.pdf", [])
    assert list(tmp_path.iterdir()) == []
