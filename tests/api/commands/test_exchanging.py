"""Tables from the command line: out of one site and into another, and again the same bytes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.cli import build

TABLES = {
    "places": "place,kind,use\nA,building,common\nA/1,floor,common\nA/1/101,unit,home\n'=B,area,common\n",
    "assets": "code,name,type,place,parent,warranty,maker,model,serial,note\n"
    'L-1,\'=1+1,Lift,A/1,,2027-03-31,Kone,MX,\'-7,"says ""hi"", twice"\nL-2,Motor,Motor,A/1,L-1,,,,,\n',
    "people": "name,phone,unit,role\nLi Na,'+86 138 0013 8000,A/1/101,resident\n",
}


def call(*words: str) -> Result:
    return CliRunner().invoke(build(), list(words))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GONGDAN_DATA_DIR", str(tmp_path / "data"))
    assert call("site", "add", "Garden Court", "--locale", "en").exit_code == 0
    return tmp_path


def test_what_goes_in_comes_out_the_same(folder: Path) -> None:
    for what, text in TABLES.items():
        file, out = folder / f"{what}.csv", folder / f"{what}-out.csv"
        file.write_text(text, encoding="utf-8")
        foreseen = json.loads(call("import", str(file), "--what", what, "--json", "--dry-run").stdout)
        told = json.loads(call("import", str(file), "--what", what, "--json").stdout)
        assert told == foreseen
        assert told["quarantined"] == []
        assert call("export", "--out", str(out), "--what", what).exit_code == 0
        assert sorted(out.read_text(encoding="utf-8-sig").splitlines()) == sorted(text.splitlines())
        again = json.loads(call("import", str(out), "--what", what, "--json").stdout)
        assert sum(again["added"].values()) + sum(again["changed"].values()) == 0


def test_what_there_is_not_is_refused(folder: Path) -> None:
    for words in (("export", "--out", str(folder / "x.csv"), "--what", "tickets"), ("export", "--out", "x.pdf")):
        assert call(*words).exit_code != 0
    assert list(folder.glob("x.*")) == []


def test_faults_are_named(folder: Path) -> None:
    file = folder / "people.csv"
    file.write_text("name,phone,unit\nLi,1,\n", encoding="utf-8")
    told = json.loads(call("import", str(file), "--site", "Garden Court", "--what", "people", "--json").stdout)
    assert told["quarantined"][0]["reason"] == "This is no telephone number."
