"""Importing a table: what was left out ends with a status of its own, and codes of others are counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assets import codes
from tests.api.commands.conftest import Gongdan

GOOD = f"LIFT-1,Lift 1,Lift,A/1,\n{codes.with_check('7KQ4M2XP9')},Lift 2,Lift,A/1,\n,Lift 3,Lift,A/1,\n"
BAD = "PUMP-1,,Pump,A/-1,\n"


@pytest.fixture
def gongdan_at_site(gongdan: Gongdan) -> Gongdan:
    assert gongdan("site", "add", "Garden Court").exit_code == 0
    return gongdan


def table(folder: Path, rows: str) -> Path:
    file = folder / "assets.csv"
    file.write_text(f"code,name,type,place,parent\n{rows}", encoding="utf-8")
    return file


@pytest.mark.parametrize("more", [["--dry-run"], []])
def test_codes_of_others_are_taken_and_counted(gongdan_at_site: Gongdan, tmp_path: Path, more: list[str]) -> None:
    done = gongdan_at_site("import", table(tmp_path, GOOD), *more)
    assert done.exit_code == 0, done.output
    assert "without our check character, taken as they are: 1" in done.stderr


def test_rows_that_were_left_out_end_with_two(gongdan_at_site: Gongdan, tmp_path: Path) -> None:
    done = gongdan_at_site("import", table(tmp_path, GOOD + BAD), "--json")
    assert done.exit_code == 2
    told = json.loads(done.stdout)
    assert (told["added"]["asset"], len(told["quarantined"])) == (3, 1)
    assert gongdan_at_site("import", table(tmp_path, GOOD + BAD)).exit_code == 2
