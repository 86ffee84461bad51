"""`gongdan report`: from an installation's rows to a file on a manager's desk."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from openpyxl import load_workbook

from core.errors import Missing, NotFound
from core.reports import BadPeriod, UnknownReport
from tests.api.commands.conftest import Gongdan


@pytest.fixture
def site(gongdan: Gongdan) -> str:
    assert gongdan("site", "add", "=Garden Court", "--locale", "en").exit_code == 0
    return "=Garden Court"


def test_a_workbook_holds_figures_and_their_tickets_and_no_formula(gongdan: Gongdan, site: str, tmp_path: Path) -> None:
    done = gongdan("report", "tickets", "--period", "2026-W47", "--out", tmp_path / "r.xlsx")
    assert done.exit_code == 0, done.output
    book = load_workbook(tmp_path / "r.xlsx")
    assert book.sheetnames == ["Figures", "Tickets"]
    assert [row[0] for row in book["Figures"].iter_rows(min_row=2, max_row=4, values_only=True)] == [
        "Figure", "Opened", "Signed off",
    ]  # fmt: skip
    assert {cell.data_type for row in book["Figures"].iter_rows() for cell in row} <= {"s", "n"}


def test_a_chinese_site_gets_a_chinese_table(gongdan: Gongdan, tmp_path: Path) -> None:
    gongdan("site", "add", "云庭花园")
    assert gongdan("report", "tickets", "--period", "2026", "--out", tmp_path / "r.csv").exit_code == 0
    with (tmp_path / "r.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[0] == ["工单报表：云庭花园，2026"]
    assert rows[2][:2] == ["新增", "0"]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["tickets", "--period", "2026-13"], BadPeriod),
        (["money"], UnknownReport),
        (["tickets", "--site", "Nowhere"], NotFound),
    ],
)
def test_a_mistake_is_told_and_leaves_no_file(
    gongdan: Gongdan, site: str, tmp_path: Path, words: list[str], error: type[Exception]
) -> None:
    done = gongdan("report", *words, "--out", tmp_path / "r.csv")
    assert isinstance(done.exception, error)
    assert not (tmp_path / "r.csv").exists()


def test_of_several_sites_one_has_to_be_named(gongdan: Gongdan, site: str, tmp_path: Path) -> None:
    gongdan("site", "add", "River Court")
    assert isinstance(gongdan("report", "tickets", "--out", tmp_path / "r.csv").exception, Missing)
    assert gongdan("report", "tickets", "--site", "River Court", "--out", tmp_path / "r.csv").exit_code == 0
